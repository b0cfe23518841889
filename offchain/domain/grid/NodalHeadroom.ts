import type { NodalLimits } from "./NodalLimits.ts";

/** Below this, MW per MW, a row is not touched by a trade. */
const LEAST_FACTOR = 1e-10;
const NOTHING = -1;

export type NodalAdmission = {
	/** Largest amount ≤ the wanted one that no row refuses, MW; `Infinity` where nothing limits. */
	admittedMw: number;
	/** Index of the limiting row, −1 where none limits. */
	limitingRow: number;
};

/**
 * Headroom between buses of a network, on top of a base flow.
 *
 * Promises: a reserved trade leaves no row further over its limit than it was; a trade that relieves an overloaded row
 * is welcome; loss increments are exact and add up to the network's quadratic loss. One pass over the rows per check
 * and one per reservation. Releasing (an unwound trade) is always carried out, since it undoes what is no longer
 * delivered, and names the rows that are over their limit after it: what counter-flow had made room for.
 */
export class NodalHeadroom {
	readonly limits: NodalLimits;
	readonly #flowMw: Float64Array;
	/** What `admit` last found the flows to be with the whole amount. */
	readonly #afterMw: Float64Array;
	#lossMw: number;

	constructor(limits: NodalLimits, baseBranchFlowsMw: ArrayLike<number>) {
		this.limits = limits;
		this.#flowMw = limits.rowFlowsMw(baseBranchFlowsMw);
		this.#afterMw = new Float64Array(this.#flowMw.length);
		this.#lossMw = 0;
		for (let row = 0; row < limits.branchCount; row++) {
			this.#lossMw += (limits.lossPerMw[row] as number) * (this.#flowMw[row] as number) ** 2;
		}
	}

	/** Bus indexes, counted from 0 in file order. */
	admit(sellBus: number, buyBus: number, wantedMw: number): NodalAdmission {
		if (!(wantedMw >= 0)) throw new RangeError(`a trade of ${wantedMw} MW`);
		const { factors, upMw, downMw } = this.limits;
		const flowMw = this.#flowMw;
		const afterMw = this.#afterMw;
		const rowCount = flowMw.length;
		const sell = sellBus * rowCount;
		const buy = buyBus * rowCount;
		let admittedMw = wantedMw;
		let limitingRow = NOTHING;
		for (let row = 0; row < rowCount; row++) {
			const factor = (factors[sell + row] as number) - (factors[buy + row] as number);
			const flow = flowMw[row] as number;
			const after = flow + factor * wantedMw;
			afterMw[row] = after;
			// The whole amount fits nearly always, and a sum and two comparisons tell.
			if (!(after > (upMw[row] as number) || -after > (downMw[row] as number))) continue;
			const slope = factor < 0 ? -factor : factor;
			if (slope < LEAST_FACTOR) continue;
			const room = factor > 0 ? (upMw[row] as number) - flow : (downMw[row] as number) + flow;
			if (slope * admittedMw <= room) continue;
			admittedMw = room > 0 ? room / slope : 0;
			limitingRow = row;
		}
		return { admittedMw, limitingRow };
	}

	/** Takes what `admit` granted; throws where it does not fit any more. Returns the change of the network's loss. */
	reserve(sellBus: number, buyBus: number, mw: number): { lossMw: number } {
		const { admittedMw } = this.admit(sellBus, buyBus, mw);
		if (admittedMw < mw) throw new Error(`reserve ${mw} MW: only ${admittedMw} MW fit`);
		return { lossMw: this.#move(sellBus, buyBus, mw) };
	}

	/** Check and commit in one: reserves as much as fits, or all or nothing. */
	take(sellBus: number, buyBus: number, wantedMw: number, isPartialAllowed: boolean): NodalAdmission {
		const admission = this.admit(sellBus, buyBus, wantedMw);
		if (admission.admittedMw < wantedMw && !isPartialAllowed) admission.admittedMw = 0;
		if (admission.limitingRow === NOTHING) this.#moveToAfter();
		else if (admission.admittedMw > 0) this.#move(sellBus, buyBus, admission.admittedMw);
		return admission;
	}

	release(sellBus: number, buyBus: number, mw: number): { lossMw: number; overloadedRows: number[] } {
		const lossMw = this.#move(buyBus, sellBus, mw);
		return { lossMw, overloadedRows: this.overloadedRows(1e-9) };
	}

	/** The network's quadratic loss with everything reserved. */
	get lossMw(): number {
		return this.#lossMw;
	}

	/** Loss a trade would add, MW; negative where it relieves more than it burdens. */
	lossOf(sellBus: number, buyBus: number, mw: number): number {
		const { factors, lossPerMw, branchCount } = this.limits;
		const rowCount = this.#flowMw.length;
		let lossMw = 0;
		for (let row = 0; row < branchCount; row++) {
			const change =
				((factors[sellBus * rowCount + row] as number) - (factors[buyBus * rowCount + row] as number)) * mw;
			lossMw += (lossPerMw[row] as number) * change * (2 * (this.#flowMw[row] as number) + change);
		}
		return lossMw;
	}

	/** Flow by row: branches in file order, then outage rows. */
	flowsMw(): Float64Array {
		return this.#flowMw.slice();
	}

	overloadedRows(toleranceMw: number): number[] {
		const { upMw, downMw } = this.limits;
		const over: number[] = [];
		this.#flowMw.forEach((flow, row) => {
			if (flow > (upMw[row] as number) + toleranceMw || -flow > (downMw[row] as number) + toleranceMw) over.push(row);
		});
		return over;
	}

	/** Commits the whole amount that `admit` has just tried. */
	#moveToAfter(): void {
		const { lossPerMw, branchCount } = this.limits;
		const flowMw = this.#flowMw;
		const afterMw = this.#afterMw;
		let lossMw = 0;
		for (let row = 0; row < branchCount; row++) {
			const flow = flowMw[row] as number;
			const after = afterMw[row] as number;
			lossMw += (lossPerMw[row] as number) * (after - flow) * (after + flow);
		}
		flowMw.set(afterMw);
		this.#lossMw += lossMw;
	}

	#move(sellBus: number, buyBus: number, mw: number): number {
		const { factors, lossPerMw, branchCount } = this.limits;
		const flowMw = this.#flowMw;
		const rowCount = flowMw.length;
		const sell = sellBus * rowCount;
		const buy = buyBus * rowCount;
		let lossMw = 0;
		for (let row = 0; row < branchCount; row++) {
			const change = ((factors[sell + row] as number) - (factors[buy + row] as number)) * mw;
			const flow = flowMw[row] as number;
			lossMw += (lossPerMw[row] as number) * change * (2 * flow + change);
			flowMw[row] = flow + change;
		}
		for (let row = branchCount; row < rowCount; row++) {
			const change = ((factors[sell + row] as number) - (factors[buy + row] as number)) * mw;
			flowMw[row] = (flowMw[row] as number) + change;
		}
		this.#lossMw += lossMw;
		return lossMw;
	}
}
