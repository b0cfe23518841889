import type { BalancingQueries } from "../../application/ports/Balancing.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { BalancingFigures } from "./DemoReport.ts";

/** What was held, called and traded for balancing in these windows, and in all. */
export async function balancingFigures(
	balancing: BalancingQueries,
	windowIds: readonly WindowId[],
): Promise<BalancingFigures> {
	const figures: BalancingFigures = {
		procuredW: 0,
		missingW: 0,
		activatedWh: 0,
		upWh: 0,
		downWh: 0,
		reducedWh: 0,
		tradedWh: 0,
		missingWh: 0,
		refusals: [],
		windows: [],
	};
	for (const windowId of windowIds) {
		const window = await balancing.window(windowId);
		if (window === null) continue;
		const { procurement, activation } = window;
		const called = activation?.called ?? [];
		const calledWh = (direction: "up" | "down") =>
			sum(called.filter((each) => each.direction === direction).map((each) => each.calledWh));
		const procuredW = sum(procurement.map((each) => each.procuredW));
		const activatedWh = calledWh("up") + calledWh("down");
		const tradedWh = sum((activation?.orders ?? []).map(({ filledWh }) => filledWh));
		figures.procuredW = figures.windows.length === 0 ? procuredW : Math.min(figures.procuredW, procuredW);
		figures.missingW += sum(procurement.map((each) => each.missingW));
		figures.activatedWh += activatedWh;
		figures.upWh += calledWh("up");
		figures.downWh += calledWh("down");
		figures.reducedWh += activation?.reducedWh ?? 0;
		figures.tradedWh += tradedWh;
		figures.missingWh += activation?.missingWh ?? 0;
		figures.refusals.push(...(activation?.refusals ?? []));
		figures.windows.push({
			windowId,
			procuredW,
			meanCorrectionW: activation?.meanCorrectionW ?? 0,
			neededWh: activation?.neededWh ?? 0,
			activatedWh,
			tradedWh,
		});
	}
	return figures;
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
