import { CompiledGridLimits, FLOW_SCALE } from "./CompiledGridLimits.ts";
import type { GridLimits } from "./GridLimits.ts";
import type { Admission, LimitReach, TradePath, WindowHeadroom } from "./WindowHeadroom.ts";
import { ZONE_COUNT } from "./zones.ts";

/** What is reserved, independent of the limits it is held against. */
export type HeadroomSnapshot = {
	/** Net injection of the reserved trades by zone, Wh. */
	netPositionWh: number[];
	/** `[nodeId, out, in]` of every loaded node, see `#nodeOut` and `#nodeIn`. */
	nodes: [number, number, number][];
	transmissionLossWh: number;
	allocatedTransmissionLossWh: number;
};

const NOTHING = -1;
/** Named as the limiting element where a trade would lose more than the regulator allows. */
export const LOSS_CAP_ELEMENT = "loss cap";

/**
 * Headroom of one window over transmission rows and feeder trees.
 *
 * Promises: after any sequence of calls no element carries more than its limit because of a `reserve`; flows are
 * exact integers (factor in parts per million × Wh, below 2^53), so `release` undoes `reserve` to the last unit;
 * admission is the largest whole Wh that fits. Transmission losses are the exact increments of the network's quadratic
 * loss: allocated in whole Wh, rounded up, so that they add up to the network's loss; a trade that lowers it is charged
 * nothing and what it saved is credited to the trades after it. Distribution loss is linear, rounded up, per trade.
 *
 * A feeder is loaded with the energy and its whole loss where that is the unsafe direction, because where on the way
 * it is lost is not known.
 */
export class ZonalWindowHeadroom implements WindowHeadroom {
	#grid: CompiledGridLimits;
	/** Parts per million of a Wh, positive direction. */
	#flow: Float64Array;
	readonly #netPosition = new Float64Array(ZONE_COUNT);
	/** Flow towards the zone at its worst: sells with loss less buys without. */
	#nodeOut: Float64Array;
	/** Flow from the zone at its worst: buys with loss less sells with loss. */
	#nodeIn: Float64Array;
	/** Loss of all reserved trades together on top of the reference. */
	#transmissionLoss = 0;
	#allocatedTransmissionLoss = 0;
	#limiting = NOTHING;
	#limitingNode = NOTHING;
	#limitingEnd: "seller" | "buyer" | "ends" = "ends";
	/** The last admission, while nothing has moved since: `reserve` need not check the same again. */
	readonly #grant = { sellZoneId: 0, sellNodeId: 0, buyZoneId: 0, buyNodeId: 0, energyWh: NOTHING };

	constructor(limits: GridLimits | CompiledGridLimits) {
		this.#grid = limits instanceof CompiledGridLimits ? limits : new CompiledGridLimits(limits);
		this.#flow = new Float64Array(this.#grid.rowCount);
		this.#nodeOut = new Float64Array(this.#grid.nodeParent.length);
		this.#nodeIn = new Float64Array(this.#grid.nodeParent.length);
	}

	static restore(limits: GridLimits | CompiledGridLimits, snapshot: unknown): ZonalWindowHeadroom {
		const headroom = new ZonalWindowHeadroom(limits);
		const { netPositionWh, nodes, transmissionLossWh, allocatedTransmissionLossWh } = snapshot as HeadroomSnapshot;
		if (netPositionWh.length !== ZONE_COUNT) throw new RangeError("headroom snapshot of another zone model");
		headroom.#netPosition.set(netPositionWh);
		headroom.#loadNodes(nodes);
		headroom.#transmissionLoss = transmissionLossWh;
		headroom.#allocatedTransmissionLoss = allocatedTransmissionLossWh;
		headroom.#rebuildFlows();
		return headroom;
	}

	admit(path: TradePath, wantedWh: number): Admission {
		if (!isEnergy(wantedWh)) return { admittedWh: 0, limitingElement: `energy ${wantedWh}`, limitReach: "amount" };
		const refusal = this.#refusal(path);
		if (refusal !== null) return { admittedWh: 0, ...refusal };
		this.#limiting = NOTHING;
		this.#limitingNode = NOTHING;
		const throughTransmission = this.#admitTransmission(path, wantedWh);
		const throughFeeders = this.#admitFeeders(path, throughTransmission);
		const admittedWh = this.#admitLoss(path, throughFeeders);
		this.#remember(path, admittedWh);
		const limitingElement = admittedWh < throughFeeders ? LOSS_CAP_ELEMENT : this.#limitingName();
		let limitReach: LimitReach | null = null;
		if (throughTransmission < wantedWh && throughTransmission <= throughFeeders) limitReach = "zones";
		else if (throughFeeders < throughTransmission) limitReach = this.#limitingEnd;
		if (admittedWh < throughFeeders) limitReach = "amount";
		return { admittedWh, limitingElement, limitReach };
	}

	reserve(path: TradePath, energyWh: number): { lossWh: number } {
		if (!this.#isGranted(path, energyWh)) {
			const { admittedWh, limitingElement } = this.admit(path, energyWh);
			if (admittedWh !== energyWh) throw new Error(`reserve ${energyWh} Wh: ${limitingElement} admits ${admittedWh}`);
		}
		const increment = this.#lossIncrement(path, energyWh);
		const transmission = this.#allocation(increment);
		const lossWh = transmission + this.#distributionLoss(path, energyWh);
		this.#transmissionLoss += increment;
		this.#allocatedTransmissionLoss += transmission;
		this.#move(path, energyWh, lossWh, 1);
		return { lossWh };
	}

	/** What a trade would be charged now, whether it is admitted or not. */
	lossOf(path: TradePath, energyWh: number): number {
		return this.#loss(path, energyWh);
	}

	release(path: TradePath, energyWh: number, lossWh: number): { overloaded: string[] } {
		this.#move(path, energyWh, lossWh, -1);
		this.#transmissionLoss -= this.#lossIncrement(path, energyWh);
		this.#allocatedTransmissionLoss -= lossWh - this.#distributionLoss(path, energyWh);
		return { overloaded: this.#overloaded() };
	}

	trim(path: TradePath, energyWh: number, lossWh: number, keptWh: number): { lossWh: number } {
		const keptLossWh = Number((BigInt(lossWh) * BigInt(keptWh)) / BigInt(energyWh));
		this.release(path, energyWh, lossWh);
		this.#transmissionLoss += this.#lossIncrement(path, keptWh);
		this.#allocatedTransmissionLoss += keptLossWh - this.#distributionLoss(path, keptWh);
		this.#move(path, keptWh, keptLossWh, 1);
		return { lossWh: keptLossWh };
	}

	replaceLimits(limits: GridLimits | CompiledGridLimits): { overloaded: string[] } {
		const next = limits instanceof CompiledGridLimits ? limits : new CompiledGridLimits(limits);
		const loaded = this.snapshot().nodes;
		for (const [nodeId] of loaded) requireSamePlace(this.#grid.limits, next.limits, nodeId);
		this.#grid = next;
		this.#grant.energyWh = NOTHING;
		this.#loadNodes(loaded);
		this.#rebuildFlows();
		return { overloaded: this.#overloaded() };
	}

	elements(): { name: string; flowWh: number; upWh: number; downWh: number }[] {
		const rows = this.#grid.limits.elements.map((element, row) => ({
			name: element.name,
			flowWh: awayFromZero((this.#flow[row] as number) / FLOW_SCALE),
			upWh: element.upWh,
			downWh: element.downWh,
		}));
		const nodes = this.#grid.limits.nodes.map((node, index) => {
			const out = this.#nodeOut[index] as number;
			return {
				name: node.name,
				flowWh: out > 0 ? out : Math.min(0, -(this.#nodeIn[index] as number)),
				upWh: node.exportWh,
				downWh: node.importWh,
			};
		});
		return [...rows, ...nodes];
	}

	/** Net injection by zone (`[zoneId - 1]`), Wh. */
	netPositionWh(): number[] {
		return [...this.#netPosition];
	}

	/** The network's loss for all reserved trades and what of it the trades were charged, Wh. */
	transmissionLoss(): { networkWh: number; allocatedWh: number } {
		return { networkWh: this.#transmissionLoss, allocatedWh: this.#allocatedTransmissionLoss };
	}

	copy(): ZonalWindowHeadroom {
		return ZonalWindowHeadroom.restore(this.#grid, this.snapshot());
	}

	snapshot(): HeadroomSnapshot {
		const nodes = this.#grid.limits.nodes.map(({ nodeId }, index): [number, number, number] => [
			nodeId,
			this.#nodeOut[index] as number,
			this.#nodeIn[index] as number,
		]);
		return {
			netPositionWh: this.netPositionWh(),
			nodes: nodes.filter(([, out, into]) => out !== 0 || into !== 0).sort(([a], [b]) => a - b),
			transmissionLossWh: this.#transmissionLoss,
			allocatedTransmissionLossWh: this.#allocatedTransmissionLoss,
		};
	}

	#remember(path: TradePath, energyWh: number): void {
		this.#grant.sellZoneId = path.sellZoneId;
		this.#grant.sellNodeId = path.sellNodeId;
		this.#grant.buyZoneId = path.buyZoneId;
		this.#grant.buyNodeId = path.buyNodeId;
		this.#grant.energyWh = energyWh;
	}

	/** What admits an amount admits any smaller one. */
	#isGranted(path: TradePath, energyWh: number): boolean {
		const grant = this.#grant;
		const samePath = grant.sellZoneId === path.sellZoneId && grant.buyZoneId === path.buyZoneId;
		const sameNodes = grant.sellNodeId === path.sellNodeId && grant.buyNodeId === path.buyNodeId;
		return samePath && sameNodes && energyWh >= 0 && energyWh <= grant.energyWh && Number.isInteger(energyWh);
	}

	/** A place the model does not know admits nothing: a wrong meter must not stop the engine. */
	#refusal(path: TradePath): { limitingElement: string; limitReach: LimitReach } | null {
		const ofSeller = this.#placeRefusal(path.sellZoneId, path.sellNodeId);
		if (ofSeller !== null) return { limitingElement: ofSeller, limitReach: "seller" };
		const ofBuyer = this.#placeRefusal(path.buyZoneId, path.buyNodeId);
		return ofBuyer === null ? null : { limitingElement: ofBuyer, limitReach: "buyer" };
	}

	#placeRefusal(zoneId: number, nodeId: number): string | null {
		if (!(zoneId >= 1 && zoneId <= ZONE_COUNT)) return `unknown zone ${zoneId}`;
		if (nodeId === 0) return null;
		const index = this.#grid.nodeIndex.get(nodeId);
		if (index === undefined) return `unknown node ${nodeId}`;
		return this.#grid.limits.nodes[index]?.zoneId === zoneId ? null : `node ${nodeId} is not in zone ${zoneId}`;
	}

	#admitTransmission(path: TradePath, wantedWh: number): number {
		if (path.sellZoneId === path.buyZoneId) return wantedWh;
		const { rowCount, pairFactors, up, down } = this.#grid;
		const base = ((path.sellZoneId - 1) * ZONE_COUNT + path.buyZoneId - 1) * rowCount;
		const flow = this.#flow;
		let energy = wantedWh;
		for (let row = 0; row < rowCount; row++) {
			const factor = pairFactors[base + row] as number;
			if (factor === 0) continue;
			const room =
				factor > 0 ? (up[row] as number) - (flow[row] as number) : (down[row] as number) + (flow[row] as number);
			const slope = factor > 0 ? factor : -factor;
			if (slope * energy <= room) continue;
			energy = room <= 0 ? 0 : Math.floor(room / slope);
			this.#limiting = row;
		}
		return energy;
	}

	/** Largest q ≤ wanted with q + loss(q) inside every feeder on the two ways up to the common ancestor. */
	#admitFeeders(path: TradePath, wantedWh: number): number {
		const room = this.#feederRoom(path);
		if (room === Number.POSITIVE_INFINITY) return wantedWh;
		const fits = (energyWh: number) => energyWh + this.#loss(path, energyWh) <= room;
		if (fits(wantedWh)) {
			this.#limitingNode = NOTHING;
			return wantedWh;
		}
		this.#limiting = NOTHING;
		let low = 0;
		let high = Math.min(wantedWh, Math.max(0, room) + 1);
		while (high - low > 1) {
			const middle = Math.floor((low + high) / 2);
			if (fits(middle)) low = middle;
			else high = middle;
		}
		return low;
	}

	/** Largest q ≤ wanted that halving and bisection find within the loss cap: the share lost grows with q. */
	#admitLoss(path: TradePath, wantedWh: number): number {
		const cap = this.#grid.limits.lossCapPartsPerMillion;
		if (cap === undefined) return wantedWh;
		const fits = (energyWh: number) => this.#loss(path, energyWh) * 1_000_000 <= cap * energyWh;
		if (fits(wantedWh)) return wantedWh;
		let high = wantedWh;
		let low = wantedWh;
		while (low > 0 && !fits(low)) {
			high = low;
			low = Math.floor(low / 2);
		}
		while (high - low > 1) {
			const middle = Math.floor((low + high) / 2);
			if (fits(middle)) low = middle;
			else high = middle;
		}
		return low;
	}

	/** Smallest room of the feeders on the way; remembers which and whose. */
	#feederRoom(path: TradePath): number {
		const { nodeParent, nodeDepth, nodeExport, nodeImport } = this.#grid;
		let sell = this.#nodeAt(path.sellNodeId);
		let buy = this.#nodeAt(path.buyNodeId);
		let least = Number.POSITIVE_INFINITY;
		while (sell !== buy) {
			const sellTurn = buy < 0 || (sell >= 0 && (nodeDepth[sell] as number) >= (nodeDepth[buy] as number));
			const node = sellTurn ? sell : buy;
			const room = sellTurn
				? (nodeExport[node] as number) - (this.#nodeOut[node] as number)
				: (nodeImport[node] as number) - (this.#nodeIn[node] as number);
			const end = sellTurn ? "seller" : "buyer";
			if (room < least) {
				least = room;
				this.#limitingNode = node;
				this.#limitingEnd = end;
			} else if (room === least && this.#limitingEnd !== end) this.#limitingEnd = "ends";
			if (sellTurn) sell = nodeParent[node] as number;
			else buy = nodeParent[node] as number;
		}
		return least;
	}

	#move(path: TradePath, energyWh: number, lossWh: number, sign: 1 | -1): void {
		this.#grant.energyWh = NOTHING;
		const { sellZoneId, buyZoneId, sellNodeId, buyNodeId } = path;
		if (sellZoneId !== buyZoneId) {
			const { rowCount, pairFactors } = this.#grid;
			const base = ((sellZoneId - 1) * ZONE_COUNT + buyZoneId - 1) * rowCount;
			const flow = this.#flow;
			const signed = sign * energyWh;
			for (let row = 0; row < rowCount; row++) {
				flow[row] = (flow[row] as number) + (pairFactors[base + row] as number) * signed;
			}
			this.#netPosition[sellZoneId - 1] = (this.#netPosition[sellZoneId - 1] as number) + signed;
			this.#netPosition[buyZoneId - 1] = (this.#netPosition[buyZoneId - 1] as number) - signed;
		}
		if (sellNodeId !== buyNodeId) this.#moveFeeders(path, sign * energyWh, sign * (energyWh + lossWh));
	}

	#moveFeeders(path: TradePath, energyWh: number, withLossWh: number): void {
		const { nodeParent, nodeDepth } = this.#grid;
		let sell = this.#nodeAt(path.sellNodeId);
		let buy = this.#nodeAt(path.buyNodeId);
		while (sell !== buy) {
			if (buy < 0 || (sell >= 0 && (nodeDepth[sell] as number) >= (nodeDepth[buy] as number))) {
				this.#loadNode(sell, withLossWh, -withLossWh);
				sell = nodeParent[sell] as number;
			} else {
				this.#loadNode(buy, -energyWh, withLossWh);
				buy = nodeParent[buy] as number;
			}
		}
	}

	#loadNode(node: number, out: number, into: number): void {
		this.#nodeOut[node] = (this.#nodeOut[node] as number) + out;
		this.#nodeIn[node] = (this.#nodeIn[node] as number) + into;
	}

	#rebuildFlows(): void {
		const { limits, rowCount } = this.#grid;
		this.#flow = Float64Array.from({ length: rowCount }, (_, row) => {
			const factors = limits.elements[row]?.ptdfPartsPerMillion as number[];
			const flow = factors.reduce((sum, factor, zone) => sum + factor * (this.#netPosition[zone] as number), 0);
			if (!Number.isSafeInteger(flow))
				throw new RangeError(`flow of ${limits.elements[row]?.name} exceeds exact integers`);
			return flow;
		});
	}

	#loadNodes(loaded: readonly [number, number, number][]): void {
		const { nodeIndex } = this.#grid;
		this.#nodeOut = new Float64Array(nodeIndex.size);
		this.#nodeIn = new Float64Array(nodeIndex.size);
		for (const [nodeId, out, into] of loaded) {
			const index = nodeIndex.get(nodeId);
			if (index === undefined) throw new RangeError(`node ${nodeId} holds reservations and cannot be left out`);
			this.#loadNode(index, out, into);
		}
	}

	#overloaded(): string[] {
		const { limits, up, down, nodeExport, nodeImport } = this.#grid;
		const rows = limits.elements.filter((_, row) => {
			const flow = this.#flow[row] as number;
			return flow > (up[row] as number) || -flow > (down[row] as number);
		});
		const nodes = limits.nodes.filter((_, node) => {
			const out = (this.#nodeOut[node] as number) > (nodeExport[node] as number);
			return out || (this.#nodeIn[node] as number) > (nodeImport[node] as number);
		});
		return [...rows, ...nodes].map((element) => element.name);
	}

	/** Change of the network's quadratic loss if the trade came on top of what is reserved, Wh; negative where it relieves. */
	#lossIncrement(path: TradePath, energyWh: number): number {
		if (path.sellZoneId === path.buyZoneId) return 0;
		const { lossLinear, lossQuadratic: q } = this.#grid;
		const sell = path.sellZoneId - 1;
		const buy = path.buyZoneId - 1;
		const sellRow = sell * ZONE_COUNT;
		const buyRow = buy * ZONE_COUNT;
		let gradient = 0;
		for (let zone = 0; zone < ZONE_COUNT; zone++) {
			gradient += ((q[sellRow + zone] as number) - (q[buyRow + zone] as number)) * (this.#netPosition[zone] as number);
		}
		const slope = (lossLinear[sell] as number) - (lossLinear[buy] as number) + 2 * gradient;
		const curve = (q[sellRow + sell] as number) - 2 * (q[sellRow + buy] as number) + (q[buyRow + buy] as number);
		return energyWh * (slope + curve * energyWh);
	}

	/**
	 * Whole Wh a trade is charged of the transmission loss: the network's total, rounded up, less what is allocated.
	 * What earlier releases left uncollected is caught up with at most the trade's own increment.
	 */
	#allocation(increment: number): number {
		const due = Math.ceil(this.#transmissionLoss + increment) - this.#allocatedTransmissionLoss;
		return due <= 0 ? 0 : Math.min(due, 2 * Math.max(0, Math.ceil(increment)));
	}

	#distributionLoss(path: TradePath, energyWh: number): number {
		const partsPerMillion = this.#grid.limits.distributionLossPartsPerMillion[path.buyZoneId - 1] as number;
		return Math.ceil((energyWh * partsPerMillion) / 1_000_000);
	}

	#loss(path: TradePath, energyWh: number): number {
		return this.#allocation(this.#lossIncrement(path, energyWh)) + this.#distributionLoss(path, energyWh);
	}

	#nodeAt(nodeId: number): number {
		return nodeId === 0 ? NOTHING : (this.#grid.nodeIndex.get(nodeId) as number);
	}

	#limitingName(): string | null {
		if (this.#limitingNode >= 0) return this.#grid.limits.nodes[this.#limitingNode]?.name ?? null;
		return this.#limiting >= 0 ? (this.#grid.limits.elements[this.#limiting]?.name ?? null) : null;
	}
}

function isEnergy(wh: number): boolean {
	return wh >= 0 && wh <= 0xffff_ffff && Number.isInteger(wh);
}

function awayFromZero(value: number): number {
	return value < 0 ? Math.floor(value) : Math.ceil(value);
}

/** A tree may get other ratings while it is loaded, not another shape: what was reserved on the way would be lost. */
function requireSamePlace(from: GridLimits, to: GridLimits, nodeId: number): void {
	const before = from.nodes.find((node) => node.nodeId === nodeId);
	const after = to.nodes.find((node) => node.nodeId === nodeId);
	if (before?.parentNodeId !== after?.parentNodeId || before?.zoneId !== after?.zoneId) {
		throw new RangeError(`node ${nodeId} holds reservations and cannot move`);
	}
}
