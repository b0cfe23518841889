import { EVERY_ZONE } from "../../domain/grid/zones.ts";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { DirectiveRepository } from "../ports/DirectiveRepository.ts";
import type { PriceBand, PriceBands } from "../ports/PriceBands.ts";

const MAX_DIRECTIVES = 1000;

/**
 * The regulator's band and shortfall price, narrowed by every authority's band in force: the intersection (SPEC A3, P3).
 * An empty band (floor above ceiling) is a halt, and is told as it is.
 */
export class DirectivePriceBands implements PriceBands {
	readonly #rules: (windowId: WindowId) => Promise<MarketRulesVersion>;
	readonly #directives: DirectiveRepository | null;

	constructor(rules: (windowId: WindowId) => Promise<MarketRulesVersion>, directives: DirectiveRepository | null) {
		this.#rules = rules;
		this.#directives = directives;
	}

	async band(windowId: WindowId, zoneId: number): Promise<PriceBand> {
		const [rules, records] = await Promise.all([
			this.#rules(windowId),
			this.#directives?.find({ windowId, limit: MAX_DIRECTIVES }) ?? [],
		]);
		let { floorSatPerKwh, ceilingSatPerKwh } = rules;
		for (const { directive, lifted } of records) {
			if (lifted || directive.kind !== "PRICE_BAND") continue;
			if (directive.zoneId !== EVERY_ZONE && directive.zoneId !== zoneId) continue;
			floorSatPerKwh = Math.max(floorSatPerKwh, Math.floor(directive.value / 65_536));
			ceilingSatPerKwh = Math.min(ceilingSatPerKwh, directive.value % 65_536);
		}
		const { shortfallSatPerKwh, shortfallMinSatPerKwh, shortfallMaxSatPerKwh } = rules;
		return {
			floorSatPerKwh,
			ceilingSatPerKwh,
			shortfallSatPerKwh: Math.min(shortfallMaxSatPerKwh, Math.max(shortfallMinSatPerKwh, shortfallSatPerKwh)),
		};
	}
}
