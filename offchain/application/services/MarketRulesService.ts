import { marketRulesInput } from "../../domain/engine/marketRulesInput.ts";
import type { ZonePairCharges } from "../../domain/settlement/chargeSatPerKwh.ts";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";

/** A version is published a week ahead: two days ahead of trade is early enough, and no window opens earlier. */
const WINDOWS_AHEAD = 192;
const FOR_EVER_WINDOWS = 1_000_000;

export type MarketRulesOptions = {
	/** The regulator's version in force for a window, from the chain. */
	rulesAt: (windowId: WindowId) => Promise<MarketRulesVersion>;
	/** What zone pairs charge under a version, without congestion. */
	chargesOf: (rules: MarketRulesVersion) => ZonePairCharges[][];
	engine: Pick<EngineGateway, "submitMany">;
	clock: Clock;
	/** For people: what changed, or why it could not. */
	onChange: (message: string) => void;
};

/**
 * Keeps the engine on the rules and charges the regulator has published on chain, so that nothing is traded that settlement
 * would refuse. Each process tells the versions in force and to come once, in their order; the engine takes the latest of a window.
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

	/** Whether the engine has what the regulator has published; before, nothing that builds on it should be told. */
	get isTold(): boolean {
		return this.#toldFromWindow >= 0;
	}

	async #tell(rules: MarketRulesVersion): Promise<boolean> {
		const { engine, chargesOf, onChange } = this.#options;
		const { fromWindow, floorSatPerKwh, ceilingSatPerKwh } = rules;
		// What holds now holds until something else does, whatever another process told of single windows before.
		const range = this.isTold ? { fromWindow, toWindow: fromWindow + FOR_EVER_WINDOWS } : undefined;
		const replies = await engine.submitMany([
			marketRulesInput(rules),
			{ type: "SetZoneCharges", charges: chargesOf(rules), range },
		]);
		const events = replies.flatMap((reply) => (reply.status === "applied" ? reply.events : []));
		if (replies.some(({ status }) => status !== "applied")) return false;
		const refusal = events.find((event) => event.type === "InputRefused");
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
