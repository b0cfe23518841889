import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";

/** A version is published a week ahead: two days ahead of trade is early enough, and no window opens earlier. */
const WINDOWS_AHEAD = 192;

export type MarketRulesOptions = {
	/** The regulator's version in force for a window, from the chain. */
	rulesAt: (windowId: WindowId) => Promise<MarketRulesVersion>;
	engine: Pick<EngineGateway, "submit">;
	clock: Clock;
	/** For people: what changed, or why it could not. */
	onChange: (message: string) => void;
};

/**
 * Keeps the engine on the rules the regulator has published on chain, so that nothing is traded that settlement would
 * refuse. Each process tells the versions in force and to come once, in their order; the engine takes the latest of a window.
 */
export class MarketRulesService {
	readonly #options: MarketRulesOptions;
	#toldFromWindow: WindowId = -1;
	#problem: string | null = null;

	constructor(options: MarketRulesOptions) {
		this.#options = options;
	}

	/** Looks once; rejects while the chain does not answer. */
	async refresh(): Promise<void> {
		const { rulesAt, clock } = this.#options;
		const current = windowAt(clock.nowMillis() / 1000);
		for (const windowId of [current, current + WINDOWS_AHEAD]) {
			const rules = await rulesAt(windowId);
			if (rules.fromWindow > this.#toldFromWindow && !(await this.#tell(rules))) return;
		}
	}

	async #tell(rules: MarketRulesVersion): Promise<boolean> {
		const { engine, onChange } = this.#options;
		const { fromWindow, floorSatPerKwh, ceilingSatPerKwh, tickSatPerKwh, shortfallSatPerKwh } = rules;
		const reply = await engine.submit({
			type: "SetMarketRules",
			fromWindow,
			floorSatPerKwh,
			ceilingSatPerKwh,
			tickSatPerKwh,
			shortfallMarginSatPerKwh: Math.max(0, shortfallSatPerKwh - floorSatPerKwh),
		});
		if (reply.status !== "applied") return false;
		const refusal = reply.events.find((event) => event.type === "InputRefused");
		const problem = refusal === undefined ? null : `market rules from window ${fromWindow} refused: ${refusal.detail}`;
		if (problem !== null) {
			if (problem !== this.#problem) onChange(problem);
			this.#problem = problem;
			return false;
		}
		this.#toldFromWindow = fromWindow;
		onChange(`market rules from window ${fromWindow}: ${floorSatPerKwh} to ${ceilingSatPerKwh} sat/kWh`);
		return true;
	}
}
