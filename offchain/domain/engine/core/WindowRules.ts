import { EVERY_ZONE, ZONE_COUNT } from "../../grid/zones.ts";
import type { WindowId } from "../../units/window.ts";
import type { Directive, SetMarketRules } from "../EngineInput.ts";

/** Market rules and directives of one window, by zone (`[zoneId]`): derived once, read for every order. */
export type WindowRules = {
	market: SetMarketRules | null;
	floorSatPerKwh: number[];
	ceilingSatPerKwh: number[];
	isVoided: boolean[];
	isHalted: boolean[];
	/** Most Wh traded out of or into the zone. */
	capWh: number[];
	/** Bit `zoneId - 1` of every zone that may trade. */
	tradingZones: number;
};

export function windowRules(
	windowId: WindowId,
	rules: readonly SetMarketRules[],
	directives: readonly Directive[],
): WindowRules {
	const market = rulesAt(rules, windowId);
	const here = directives.filter(({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow);
	const result: WindowRules = {
		market,
		floorSatPerKwh: [],
		ceilingSatPerKwh: [],
		isVoided: [],
		isHalted: [],
		capWh: [],
		tradingZones: 0,
	};
	for (let zoneId = 0; zoneId <= ZONE_COUNT; zoneId++) {
		const inZone = here.filter((directive) => directive.zoneId === EVERY_ZONE || directive.zoneId === zoneId);
		const values = (kind: Directive["kind"]) =>
			inZone.filter((directive) => directive.kind === kind).map(({ value }) => value);
		const bands = values("PRICE_BAND");
		const floor = Math.max(market?.floorSatPerKwh ?? 0, ...bands.map((value) => Math.floor(value / 65_536)));
		const ceiling = Math.min(market?.ceilingSatPerKwh ?? 0, ...bands.map((value) => value % 65_536));
		result.floorSatPerKwh.push(floor);
		result.ceilingSatPerKwh.push(ceiling);
		result.isVoided.push(values("VOID_WINDOW").length > 0);
		// An empty band leaves no price to trade at.
		const isHalted = values("HALT").length > 0 || (market !== null && floor > ceiling);
		result.isHalted.push(isHalted);
		result.capWh.push(Math.min(Number.MAX_SAFE_INTEGER, ...values("CAP")));
		if (zoneId > 0 && !isHalted) result.tradingZones |= 1 << (zoneId - 1);
	}
	return result;
}

export function rulesAt(rules: readonly SetMarketRules[], windowId: WindowId): SetMarketRules | null {
	return rules.findLast(({ fromWindow }) => fromWindow <= windowId) ?? null;
}
