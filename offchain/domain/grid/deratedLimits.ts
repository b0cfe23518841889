import type { GridLimits } from "./GridLimits.ts";

/**
 * The same grid with a share of every transmission element's room, rounded down: what is offered while its state is not
 * known for sure (SPEC X6). Feeder limits are nameplate ratings and stay.
 */
export function deratedLimits(limits: GridLimits, sharePartsPerMillion: number): GridLimits {
	if (!(sharePartsPerMillion >= 0 && sharePartsPerMillion <= 1_000_000)) {
		throw new RangeError(`share ${sharePartsPerMillion} parts per million`);
	}
	const derated = (wh: number) => Math.floor((wh * sharePartsPerMillion) / 1_000_000);
	return {
		...limits,
		elements: limits.elements.map((element) => ({
			...element,
			upWh: derated(element.upWh),
			downWh: derated(element.downWh),
		})),
	};
}
