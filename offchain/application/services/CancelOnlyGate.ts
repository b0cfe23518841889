import { type WindowId, windowStart } from "../../domain/units/window.ts";
import type { OrderGate } from "../ports/OrderGate.ts";

/**
 * An engine that has committed nothing for so long has stopped: it tells itself the time several times a second, and a
 * standby takes over within ten seconds, which is no stop.
 */
export const ENGINE_SILENT_MILLIS = 15_000;
/** After a stop traders may first take back what the world has overtaken; then orders are taken again. */
export const CANCEL_ONLY_MILLIS = 10_000;
/** A chain whose indexed head has not moved for so long is silent. */
export const CHAIN_SILENT_MILLIS = 60_000;
/** Windows that start this soon could not be committed with a silent chain: their trades would be void. */
const COMMITTABLE_SECONDS = 1_800;

/** How long ago engine and chain were last seen to move; null when nobody could look. */
export type Pulse = { engineSilentMillis: number; chainSilentMillis: number } | null;

export type CancelOnlyGateOptions = {
	/** Market time. */
	marketNowSeconds: () => number;
	/** Wall-clock time that only rises. */
	nowMillis: () => number;
};

/**
 * The order gate of the degraded modes. After a stop of the engine or the database: cancel-only, for as long as it
 * lasts and a fixed while after. With a silent chain: cancel-only for the windows that could not be committed any more.
 */
export class CancelOnlyGate implements OrderGate {
	private readonly options: CancelOnlyGateOptions;
	private engineSilentUntil = Number.NEGATIVE_INFINITY;
	private isEngineSilent = false;
	private isChainSilent = false;
	private hasHeard = false;

	constructor(options: CancelOnlyGateOptions) {
		this.options = options;
	}

	hear(pulse: Pulse): void {
		const wasSilent = this.isEngineSilent;
		this.isEngineSilent = pulse === null || pulse.engineSilentMillis > ENGINE_SILENT_MILLIS;
		// A market that has just been started was not stopped: nobody rests in its book unawares.
		if (wasSilent && !this.isEngineSilent && this.hasHeard) {
			this.engineSilentUntil = this.options.nowMillis() + CANCEL_ONLY_MILLIS;
		}
		if (!this.isEngineSilent) this.hasHeard = true;
		if (pulse !== null) this.isChainSilent = pulse.chainSilentMillis > CHAIN_SILENT_MILLIS;
	}

	refusal({ windowId }: { windowId: WindowId }): string | null {
		if (this.isEngineSilent && this.hasHeard) return "The engine or its database does not answer.";
		const leftMillis = this.engineSilentUntil - this.options.nowMillis();
		if (leftMillis > 0) {
			return `Trading resumes after a stop; for ${Math.ceil(leftMillis / 1000)} s more only cancellations are taken.`;
		}
		if (this.isChainSilent && windowStart(windowId) - this.options.marketNowSeconds() < COMMITTABLE_SECONDS) {
			return "The chain is silent and this window could not be committed to it in time.";
		}
		return null;
	}

	health(): { status: "ok" | "degraded"; detail: string } {
		const far = this.refusal({ windowId: Number.MAX_SAFE_INTEGER });
		if (far !== null) return { status: "degraded", detail: `cancel-only: ${far}` };
		if (this.isChainSilent)
			return { status: "degraded", detail: "the chain is silent: the next windows are cancel-only" };
		return { status: "ok", detail: "orders are taken" };
	}
}
