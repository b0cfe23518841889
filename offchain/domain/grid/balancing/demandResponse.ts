/** One day's consumption of a meter in the same window of the day, and in the hours before the event, Wh. */
export type BaselineDay = { windowWh: number; beforeEventWh: number };

/** How the day of the event may shift the baseline, either way: ±20 %, against gaming. */
const MOST_ADJUSTMENT_PPM = 200_000;
const DAYS = 10;
const HIGHEST = 5;
const LEAST_DAYS = 5;
const PPM = 1_000_000;

/**
 * What a meter would have consumed in the window without being called, Wh: the mean of the five highest of the last ten
 * like days without an event ("high 5 of 10", NAESB/NYISO), scaled by how the hours before today's event compare with
 * those days', within ±20 %. Null with fewer than five days: such a meter cannot be paid by baseline.
 */
export function demandBaselineWh(latestFirst: readonly BaselineDay[], todayBeforeEventWh: number): number | null {
	const days = latestFirst.slice(0, DAYS);
	const values = [todayBeforeEventWh, ...days.flatMap(({ windowWh, beforeEventWh }) => [windowWh, beforeEventWh])];
	if (!values.every((wh) => Number.isSafeInteger(wh) && wh >= 0)) throw new RangeError("consumption in whole Wh");
	if (days.length < LEAST_DAYS) return null;
	const highest = [...days].sort((a, b) => b.windowWh - a.windowWh).slice(0, HIGHEST);
	const mean = (of: (day: BaselineDay) => number) => highest.reduce((sum, day) => sum + of(day), 0) / highest.length;
	const before = mean(({ beforeEventWh }) => beforeEventWh);
	const ratio = before > 0 ? Math.round((todayBeforeEventWh * PPM) / before) : PPM;
	const adjustment = Math.max(PPM - MOST_ADJUSTMENT_PPM, Math.min(PPM + MOST_ADJUSTMENT_PPM, ratio));
	return Math.floor((mean(({ windowWh }) => windowWh) * adjustment) / PPM);
}

/** Energy counted as not consumed, at most what was called. */
export function demandReductionWh(baselineWh: number, meteredWh: number, calledWh: number): number {
	return Math.max(0, Math.min(calledWh, baselineWh - meteredWh));
}
