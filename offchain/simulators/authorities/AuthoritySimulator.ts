import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Clock } from "../../application/ports/Clock.ts";
import { type ZoneCode, zoneCode } from "../../domain/grid/zones.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import { formatWindow, type WindowId, windowStart } from "../../domain/units/window.ts";
import type { DirectiveOrder } from "../../infrastructure/chain/contractCalls.ts";
import type { StandingDirective } from "../market/explainRejection.ts";

/** An authority's desk: its multisig on the chain, with the keys of the owners who are on duty. */
export interface DirectiveDesk {
	/** Executes the directive as a typed multisig transaction; resolves when it is mined. */
	execute(request: DirectiveOrder): Promise<{ transactionHash: Hash32 }>;
	/** Directives on the chain that cover the window. */
	directivesFor(windowId: WindowId): Promise<readonly StandingDirective[]>;
}

export type ZoneHalt = { zone: ZoneCode; zoneId: number; windowId: WindowId };

export type AuthoritySimulatorOptions = {
	clock: Clock;
	desk: DirectiveDesk;
	halt: ZoneHalt;
	/** Called with the executed transaction; not called when the chain already held the directive. */
	onHalted?: (halt: ZoneHalt, transactionHash: Hash32) => void;
};

/** The halt falls into the middle of the window's trading, so that resting orders are hit as well as new ones. */
const HALT_LEAD_SECONDS = 34 * 60;
const RETRY_MARKET_MILLIS = 60_000;

/**
 * EGAT's control centre: once in a run it halts one zone for one coming window. After a restart it looks at the chain
 * first, so that the halt is executed once however often the process is killed.
 */
export class AuthoritySimulator {
	readonly #options: AuthoritySimulatorOptions;
	#problem: string | null = null;

	constructor(options: AuthoritySimulatorOptions) {
		this.#options = options;
	}

	/** Why the directive has not been executed yet; null where nothing is in the way. */
	get problem(): string | null {
		return this.#problem;
	}

	/** Tries again while the chain does not answer and the window has not begun. */
	async run(signal: AbortSignal): Promise<void> {
		const { clock, halt } = this.#options;
		await clock.sleepUntil((windowStart(halt.windowId) - HALT_LEAD_SECONDS) * 1000, signal);
		while (!signal.aborted && clock.nowMillis() < windowStart(halt.windowId) * 1000) {
			try {
				await this.#haltOnce();
				this.#problem = null;
				return;
			} catch (error) {
				this.#problem = `EGAT's halt of ${halt.zone} was not executed: ${(error as Error).message.split("\n")[0]}`;
				await clock.sleepUntil(clock.nowMillis() + RETRY_MARKET_MILLIS, signal);
			}
		}
	}

	async #haltOnce(): Promise<void> {
		const { desk, halt, onHalted } = this.#options;
		const standing = await desk.directivesFor(halt.windowId);
		if (standing.some(({ kind, zoneId }) => kind === "HALT" && zoneId === halt.zoneId)) return;
		const { transactionHash } = await desk.execute(haltRequest(halt));
		onHalted?.(halt, transactionHash);
	}
}

export function zoneHalt(zoneId: number, windowId: WindowId): ZoneHalt {
	return { zone: zoneCode(zoneId), zoneId, windowId };
}

function haltRequest({ zone, zoneId, windowId }: ZoneHalt): DirectiveOrder {
	const order = `EGAT National Control Center: maintenance outage, no trading in ${zone} for ${formatWindow(windowId)}`;
	return {
		authority: "EGAT",
		kind: "HALT",
		zoneId,
		fromWindow: windowId,
		toWindow: windowId,
		value: 0,
		reasonHash: `0x${bytesToHex(keccak_256(utf8ToBytes(order)))}`,
	};
}
