import type { ClosingReport, ClosingTrade, ClosingTrim } from "../../offchain/domain/grid/closing/ClosingCheck.ts";

const ELEMENT = "the only line";
/** Less than some of the simulated windows trade, more than most. */
export const LIMIT_WH = 150_000;

/** A grid of one line that carries so much of a window; the newest trades go first, as the real check has it. */
export function simulatedClosingCheck(trades: readonly ClosingTrade[]): ClosingReport {
	const flowWh = trades.reduce((sum, { energyWh }) => sum + energyWh, 0);
	let excess = Math.max(0, flowWh - LIMIT_WH);
	const violation = { element: ELEMENT, flowWh, limitWh: LIMIT_WH };
	const isSecure = excess === 0;
	const trims: ClosingTrim[] = [];
	for (const { tradeId, energyWh } of trades.toReversed()) {
		const trimmedWh = Math.min(excess, energyWh);
		if (trimmedWh > 0) trims.push({ ...violation, tradeId, keptWh: energyWh - trimmedWh, trimmedWh });
		excess -= trimmedWh;
	}
	return {
		isSecure,
		violations: isSecure ? [] : [violation],
		trims,
		linesChecked: 1,
		outagesChecked: 0,
		heaviestLoadingPartsPerMillion: Math.round((flowWh * 1e6) / LIMIT_WH),
		heaviestElement: ELEMENT,
	};
}
