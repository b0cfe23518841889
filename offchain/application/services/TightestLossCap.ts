import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { Clock } from "../ports/Clock.ts";

/** Two days: no window opens for trade earlier, and a version of the rules is published a week ahead. */
const WINDOWS_AHEAD = 192;
const PARTS_PER_MILLION_OF_PERMILLE = 1_000;

/**
 * The regulator's cap on the loss of one trade, the tighter of the versions in force and to come. A chain that does not
 * answer leaves the last one known: limits go on following the grid.
 */
export class TightestLossCap {
	readonly #rulesAt: (windowId: WindowId) => Promise<MarketRulesVersion>;
	readonly #clock: Clock;
	#known: number | null = null;

	constructor(rulesAt: (windowId: WindowId) => Promise<MarketRulesVersion>, clock: Clock) {
		this.#rulesAt = rulesAt;
		this.#clock = clock;
	}

	/** Rejects while it was never known. */
	async partsPerMillion(): Promise<number> {
		const current = windowAt(this.#clock.nowMillis() / 1000);
		try {
			const versions = await Promise.all([this.#rulesAt(current), this.#rulesAt(current + WINDOWS_AHEAD)]);
			const permille = Math.min(...versions.map(({ lossCapPermille }) => lossCapPermille));
			this.#known = permille * PARTS_PER_MILLION_OF_PERMILLE;
		} catch (error) {
			if (this.#known === null) throw error;
		}
		return this.#known as number;
	}
}
