import type { DispatchColumn } from "./DispatchColumn.ts";

/** Where each column stands and which branches are full: with these known the optimum is one linear system. */
export type DispatchState = {
	/** −1 at its lower limit, 1 at its upper, 0 in between. */
	columnAt: Int8Array;
	/** Full branches with the direction: 1 at the upper limit, −1 at the lower. */
	activeRows: Map<number, 1 | -1>;
};

/** Distance to a limit, MW, at which a column counts as at it. */
const AT_LIMIT_MW = 1e-7;

export function columnState(column: DispatchColumn, valueMw: number): -1 | 0 | 1 {
	if (valueMw - column.lowMw <= AT_LIMIT_MW) return -1;
	return column.highMw - valueMw <= AT_LIMIT_MW ? 1 : 0;
}
