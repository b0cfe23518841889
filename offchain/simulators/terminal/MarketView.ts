import type { ZoneCode } from "../../domain/grid/zones.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** One line of the window timeline. */
export type WindowView = {
	windowId: WindowId;
	/** Trading session or settlement state, as the API names it. */
	state: string;
	orders: number;
	rejected: number;
	trades: number;
	energyWh: number;
	vwapSatPerKwh: number | null;
	haltedZones: ZoneCode[];
};

/** All the terminal shows. */
export type MarketView = {
	nowMillis: number;
	participants: number;
	/** Newest last. */
	windows: WindowView[];
	settledWindows: number;
	frequencyMillihertz: number | null;
	/** Address of the web page. */
	url: string;
	/** The latest remarkable events, newest last, e.g. an authority's halt. */
	notices: string[];
	/** Something does not work as it should; null where all is well. */
	problem: string | null;
};
