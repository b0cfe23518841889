import { MAX_ENERGY_WH } from "../../units/units.ts";
import { CompiledGridLimits } from "../CompiledGridLimits.ts";
import type { GridLimits } from "../GridLimits.ts";
import type { TradePath } from "../WindowHeadroom.ts";
import { ZonalWindowHeadroom } from "../ZonalWindowHeadroom.ts";

/** A trade made before, in the order they were made. */
export type StandingTrade = TradePath & { tradeId: string; energyWh: number };

export type EmergencyPlan = {
	/** What of the emergency order can be carried within emergency ratings. */
	admittedWh: number;
	lossWh: number;
	/** Element that keeps the rest out even with every displaceable trade gone; null where all is carried. */
	limitingElement: string | null;
	/** Trades that have to go, newest first, with the element they were in the way of. */
	displaced: { tradeId: string; energyWh: number; element: string }[];
	/** Elements above their normal rating once it is done: allowed in an emergency, and to be relieved. */
	aboveNormal: { name: string; flowWh: number; normalWh: number }[];
};

/**
 * How an emergency order is carried (SPEC G8): it goes before every market trade and up to the emergency ratings (rate B),
 * but never past them, and energy stays conserved: what it delivers, somebody injects with the loss on top. Only trades
 * that load the element in the way are displaced, the newest first, and only as long as that helps.
 */
export function planEmergencyOrder(input: {
	normal: GridLimits;
	emergency: GridLimits;
	/** In the order they were made. Trades of earlier emergency orders are marked and stay. */
	trades: readonly (StandingTrade & { isEmergency?: boolean })[];
	path: TradePath;
	energyWh: number;
}): EmergencyPlan {
	const { normal, path, energyWh } = input;
	// The cap on a trade's loss is a market rule; an emergency's loss is borne.
	const { lossCapPartsPerMillion: _, ...emergency } = input.emergency;
	const grid = new CompiledGridLimits(emergency);
	let headroom = new ZonalWindowHeadroom(unlimited(emergency));
	const kept = input.trades.map((trade) => ({ ...trade, lossWh: headroom.reserve(trade, trade.energyWh).lossWh }));
	const displaced: EmergencyPlan["displaced"] = [];
	const displace = (index: number, element: string) => {
		const { tradeId, energyWh: displacedWh } = kept[index] as StandingTrade;
		kept.splice(index, 1);
		displaced.push({ tradeId, energyWh: displacedWh, element });
	};
	/** The newest market trade for which `helps` holds once it is gone. */
	const newest = (helps: (without: ZonalWindowHeadroom) => boolean): number => {
		const before = headroom.snapshot();
		return kept.findLastIndex((trade) => {
			if (trade.isEmergency === true) return false;
			headroom.release(trade, trade.energyWh, trade.lossWh);
			if (helps(headroom)) return true;
			headroom = ZonalWindowHeadroom.restore(grid, before);
			return false;
		});
	};
	let { overloaded } = headroom.replaceLimits(grid);
	while (overloaded.length > 0) {
		const element = overloaded[0] as string;
		const overBy = (state: ZonalWindowHeadroom) => excessWh(state, element);
		const before = overBy(headroom);
		const index = newest((without) => overBy(without) < before);
		if (index < 0) throw new Error(`invariant: ${element} is overloaded by trades`);
		displace(index, element);
		overloaded = headroom.replaceLimits(grid).overloaded;
	}
	let { admittedWh, limitingElement } = headroom.admit(path, energyWh);
	while (admittedWh < energyWh) {
		const sofar = admittedWh;
		const index = newest((without) => {
			const isSecure = without.replaceLimits(grid).overloaded.length === 0;
			return isSecure && without.admit(path, energyWh).admittedWh > sofar;
		});
		if (index < 0) break;
		displace(index, limitingElement ?? "");
		({ admittedWh, limitingElement } = headroom.admit(path, energyWh));
	}
	const lossWh = admittedWh > 0 ? headroom.reserve(path, admittedWh).lossWh : 0;
	return { admittedWh, lossWh, limitingElement, displaced, aboveNormal: aboveNormal(headroom, normal) };
}

function excessWh(headroom: ZonalWindowHeadroom, name: string): number {
	const element = headroom.elements().find((each) => each.name === name);
	if (element === undefined) return 0;
	return Math.max(0, element.flowWh - element.upWh, -element.flowWh - element.downWh);
}

/** Room for everything that stands, so that the order in which trades were made and unmade does not matter. */
function unlimited(limits: GridLimits): GridLimits {
	return {
		...limits,
		elements: limits.elements.map((element) => ({ ...element, upWh: MAX_ENERGY_WH, downWh: MAX_ENERGY_WH })),
		nodes: limits.nodes.map((node) => ({ ...node, exportWh: MAX_ENERGY_WH, importWh: MAX_ENERGY_WH })),
	};
}

function aboveNormal(headroom: ZonalWindowHeadroom, normal: GridLimits): EmergencyPlan["aboveNormal"] {
	const normalOf = new Map(normal.elements.map((element) => [element.name, element]));
	return headroom.elements().flatMap(({ name, flowWh }) => {
		const element = normalOf.get(name);
		if (element === undefined) return [];
		const normalWh = flowWh >= 0 ? element.upWh : element.downWh;
		return Math.abs(flowWh) > normalWh ? [{ name, flowWh, normalWh }] : [];
	});
}
