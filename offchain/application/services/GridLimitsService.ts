import { deratedLimits } from "../../domain/grid/deratedLimits.ts";
import type { GridLimits } from "../../domain/grid/GridLimits.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";
import type { GridSystemAdapter } from "../ports/GridSystemAdapter.ts";
import type { LimitsProver } from "../ports/LimitsProver.ts";

/** Limits hold until the next change; windows are not traded farther ahead than this. */
const WINDOWS_AHEAD = 1_000_000;
/** Before the first report of all there is nothing that could have been lost. */
const NEVER_REPORTED = { isFresh: true, outages: [], ageSeconds: 0 };
/** Room offered while the grid's state is not known: below the reliability margin's ordinary 90 %. */
const STALE_SHARE_PARTS_PER_MILLION = 500_000;

const MOST_REMEMBERED = 50;
const MOST_PROOFS = 3;

export type GridLimitsOptions = {
	telemetry: Pick<GridSystemAdapter, "current">;
	engine: Pick<EngineGateway, "submit">;
	clock: Clock;
	/** The limits with these lines out of service, at once; with a prover only what holds until it has answered. */
	limitsFor: (outages: readonly string[]) => GridLimits;
	/** Proves limits off this thread; without one `limitsFor` has the last word. */
	prover?: LimitsProver;
	/** The regulator's cap on the loss of one trade, as last known; rejects while it was never known. */
	lossCapPartsPerMillion?: () => Promise<number>;
	/** The limits with every line in service. */
	initial: GridLimits;
	/** For people: what changed and why. */
	onChange: (message: string) => void;
};

/**
 * Keeps the limits trading holds in step with what control rooms report: lines out of service leave the model, and
 * while telemetry is silent trading goes on with half of the room (SPEC X6) instead of trusting what is no longer known.
 * A venue that never had telemetry has its initial limits. Each process tells what holds once, as its network may be newer
 * than what the engine was told before. Where a prover is at hand, its limits replace the first ones when they are done.
 */
export class GridLimitsService {
	readonly #options: GridLimitsOptions;
	#limits: GridLimits;
	/** What the engine was last told by this process; null before: a process before it may have told something else. */
	#state: string | null = null;
	readonly #byOutage = new Map<string, GridLimits>();
	/** Lines whose limits are being proven; one proof at a time. */
	#proving: string | null = null;
	readonly #failedProofs = new Map<string, number>();

	constructor(options: GridLimitsOptions) {
		this.#options = options;
		this.#limits = options.initial;
		this.#byOutage.set("", options.initial);
	}

	/** What trading holds for windows from now on. */
	limits(): GridLimits {
		return this.#limits;
	}

	/** Looks once; resolves when a change is in the engine's log. */
	async refresh(): Promise<void> {
		const { telemetry, engine, clock, onChange } = this.#options;
		const conditions = telemetry.current() ?? NEVER_REPORTED;
		const key = conditions.outages.join("; ");
		this.#startProof(key, conditions.outages);
		const isFinal = this.#byOutage.has(key) || this.#options.prover === undefined;
		const lossCapPartsPerMillion = await this.#options.lossCapPartsPerMillion?.();
		const grid = `${conditions.isFresh ? "fresh" : "stale"} ${isFinal ? "final" : "interim"} ${key}`;
		const state = `${grid}; loss cap ${lossCapPartsPerMillion}`;
		if (state === this.#state) return;
		const full = this.#limitsFor(key, conditions.outages);
		const rated = conditions.isFresh ? full : deratedLimits(full, STALE_SHARE_PARTS_PER_MILLION);
		const limits = lossCapPartsPerMillion === undefined ? rated : { ...rated, lossCapPartsPerMillion };
		const fromWindow: WindowId = windowAt(clock.nowMillis() / 1000);
		const toWindow = fromWindow + WINDOWS_AHEAD;
		const reply = await engine.submit({ type: "SetGridLimits", fromWindow, toWindow, limits });
		if (reply.status !== "applied") return;
		this.#state = state;
		this.#limits = limits;
		const room = conditions.isFresh
			? "full room"
			: `telemetry is ${conditions.ageSeconds} s old: half of the room is offered`;
		const lines = key === "" ? "all lines in service" : `out of service: ${key}`;
		onChange(`grid limits: ${lines}; ${room}${isFinal ? "" : ", less until the rest of the network is proven"}`);
	}

	#limitsFor(key: string, outages: readonly string[]): GridLimits {
		const known = this.#byOutage.get(key);
		if (known !== undefined) return known;
		const limits = this.#options.limitsFor(outages);
		if (this.#options.prover === undefined) this.#remember(key, limits);
		return limits;
	}

	#remember(key: string, limits: GridLimits): void {
		if (this.#byOutage.size > MOST_REMEMBERED) this.#byOutage.clear();
		this.#byOutage.set(key, limits);
	}

	/** What is proven is told at the next look. A proof that fails leaves what was told, and is tried again a few times. */
	#startProof(key: string, outages: readonly string[]): void {
		const { prover, onChange } = this.#options;
		const failed = this.#failedProofs.get(key) ?? 0;
		if (prover === undefined || this.#proving !== null || this.#byOutage.has(key) || failed >= MOST_PROOFS) return;
		this.#proving = key;
		prover
			.prove(outages)
			.then(
				(limits) => {
					this.#failedProofs.delete(key);
					this.#remember(key, limits);
				},
				(error: unknown) => {
					this.#failedProofs.set(key, failed + 1);
					onChange(`grid limits: not proven without ${key}: ${(error as Error).message}`);
				},
			)
			.finally(() => {
				this.#proving = null;
			});
	}
}
