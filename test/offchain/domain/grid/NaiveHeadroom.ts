import type { GridLimits } from "../../../../offchain/domain/grid/GridLimits.ts";
import type { TradePath } from "../../../../offchain/domain/grid/WindowHeadroom.ts";

export type NaiveTrade = { path: TradePath; energyWh: number; lossWh: number };

/** The readable model: keeps the list of trades and recomputes everything from it, in big integers. */
export class NaiveHeadroom {
	limits: GridLimits;
	readonly trades: NaiveTrade[] = [];

	constructor(limits: GridLimits) {
		this.limits = limits;
	}

	flowPartsPerMillion(row: number): bigint {
		const factors = this.limits.elements[row]?.ptdfPartsPerMillion as number[];
		return this.trades.reduce((sum, { path, energyWh }) => {
			const factor = (factors[path.sellZoneId - 1] as number) - (factors[path.buyZoneId - 1] as number);
			return sum + BigInt(factor) * BigInt(energyWh);
		}, 0n);
	}

	/** Worst flow out of and into the node's subtree by trades that cross its upper end. */
	nodeFlow(nodeId: number): { out: number; into: number } {
		let out = 0;
		let into = 0;
		for (const { path, energyWh, lossWh } of this.trades) {
			const sells = this.#isBelow(path.sellNodeId, nodeId);
			const buys = this.#isBelow(path.buyNodeId, nodeId);
			if (sells === buys) continue;
			out += sells ? energyWh + lossWh : -energyWh;
			into += buys ? energyWh + lossWh : -(energyWh + lossWh);
		}
		return { out, into };
	}

	overloaded(): string[] {
		const rows = this.limits.elements.filter((element, row) => {
			const flow = this.flowPartsPerMillion(row);
			return flow > BigInt(element.upWh) * 1_000_000n || -flow > BigInt(element.downWh) * 1_000_000n;
		});
		const nodes = this.limits.nodes.filter((node) => {
			const { out, into } = this.nodeFlow(node.nodeId);
			return out > node.exportWh || into > node.importWh;
		});
		return [...rows, ...nodes].map((element) => element.name);
	}

	/** Whether the trade would push an element over its limit or, where it is over already, further. */
	worsens(trade: NaiveTrade): boolean {
		const rows = this.limits.elements.map((_, row) => this.flowPartsPerMillion(row));
		const nodes = this.limits.nodes.map((node) => this.nodeFlow(node.nodeId));
		this.trades.push(trade);
		const rowWorse = this.limits.elements.some((element, row) => {
			const flow = this.flowPartsPerMillion(row);
			const before = rows[row] as bigint;
			const up = flow > BigInt(element.upWh) * 1_000_000n && flow > before;
			return up || (-flow > BigInt(element.downWh) * 1_000_000n && flow < before);
		});
		const nodeWorse = this.limits.nodes.some((node, index) => {
			const { out, into } = this.nodeFlow(node.nodeId);
			const before = nodes[index] as { out: number; into: number };
			return (out > node.exportWh && out > before.out) || (into > node.importWh && into > before.into);
		});
		this.trades.pop();
		return rowWorse || nodeWorse;
	}

	/** Loss of all trades on top of the reference, in plain floating point. */
	networkLossWh(): number {
		return this.limits.elements.reduce((sum, element, row) => {
			const flow = Number(this.flowPartsPerMillion(row)) / 1e6;
			return sum + element.lossCoefficientPerWh * flow * (2 * element.referenceFlowWh + flow);
		}, 0);
	}

	#isBelow(nodeId: number, ancestorId: number): boolean {
		for (let at = nodeId; at !== 0; ) {
			if (at === ancestorId) return true;
			at = this.limits.nodes.find((node) => node.nodeId === at)?.parentNodeId ?? 0;
		}
		return false;
	}
}
