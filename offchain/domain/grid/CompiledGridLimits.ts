import type { GridLimits } from "./GridLimits.ts";
import { validateGridLimits } from "./validateGridLimits.ts";
import { ZONE_COUNT } from "./zones.ts";

/** Flows are exact integers in parts per million of a Wh; 2^32 Wh × 10^6 and one trade on top stay below 2^53. */
export const FLOW_SCALE = 1_000_000;
const MAX_LIMIT_WH = 0xffff_ffff;

/**
 * `GridLimits` laid out for the trading path: immutable, shared by every window with the same limits. Row `l` of the
 * zone pair (s, b), both counted from 0, is `pairFactors[(s × ZONE_COUNT + b) × rowCount + l]` = PTDF[l,s] − PTDF[l,b].
 */
export class CompiledGridLimits {
	readonly limits: GridLimits;
	readonly rowCount: number;
	readonly pairFactors: Int32Array;
	/** Limits in parts per million of a Wh. */
	readonly up: Float64Array;
	readonly down: Float64Array;
	readonly lossLinear: Float64Array;
	/** Symmetric, `[y × ZONE_COUNT + z]`. */
	readonly lossQuadratic: Float64Array;
	readonly nodeIndex: ReadonlyMap<number, number>;
	/** −1 at the top of a tree. */
	readonly nodeParent: Int32Array;
	readonly nodeDepth: Int32Array;
	readonly nodeExport: Float64Array;
	readonly nodeImport: Float64Array;

	/** Throws a `RangeError` naming every fault. */
	constructor(limits: GridLimits) {
		const faults = validateGridLimits(limits);
		if (faults.length > 0) throw new RangeError(`grid limits refused: ${faults.join("; ")}`);
		this.limits = limits;
		this.rowCount = limits.elements.length;
		// A larger limit than a window's largest order would need wider arithmetic; lowering it is the safe side.
		const scaled = (wh: number) => Math.min(wh, MAX_LIMIT_WH) * FLOW_SCALE;
		this.up = Float64Array.from(limits.elements, (element) => scaled(element.upWh));
		this.down = Float64Array.from(limits.elements, (element) => scaled(element.downWh));
		this.pairFactors = pairFactors(limits);
		({ linear: this.lossLinear, quadratic: this.lossQuadratic } = zonalLoss(limits));
		this.nodeIndex = new Map(limits.nodes.map((node, index) => [node.nodeId, index]));
		this.nodeParent = Int32Array.from(limits.nodes, (node) => this.nodeIndex.get(node.parentNodeId) ?? -1);
		this.nodeDepth = Int32Array.from(limits.nodes, (_, index) => depth(this.nodeParent, index));
		this.nodeExport = Float64Array.from(limits.nodes, (node) => node.exportWh);
		this.nodeImport = Float64Array.from(limits.nodes, (node) => node.importWh);
	}
}

function pairFactors(limits: GridLimits): Int32Array {
	const rows = limits.elements.length;
	const factors = new Int32Array(ZONE_COUNT * ZONE_COUNT * rows);
	for (let sell = 0; sell < ZONE_COUNT; sell++) {
		for (let buy = 0; buy < ZONE_COUNT; buy++) {
			limits.elements.forEach(({ ptdfPartsPerMillion: ptdf }, row) => {
				factors[(sell * ZONE_COUNT + buy) * rows + row] = (ptdf[sell] as number) - (ptdf[buy] as number);
			});
		}
	}
	return factors;
}

/**
 * Every element's `c (f₀ + h·p)²` less its value at p = 0 is a quadratic form in the sixteen net positions; the sum of
 * all of them is one form, exactly. Only + − × on doubles in a fixed order: the same bits on every machine.
 */
function zonalLoss(limits: GridLimits): { linear: Float64Array; quadratic: Float64Array } {
	const linear = new Float64Array(ZONE_COUNT);
	const quadratic = new Float64Array(ZONE_COUNT * ZONE_COUNT);
	for (const element of limits.elements) {
		const c = element.lossCoefficientPerWh;
		if (c === 0) continue;
		const h = element.ptdfPartsPerMillion.map((ppm) => ppm * 1e-6);
		for (let y = 0; y < ZONE_COUNT; y++) {
			linear[y] = (linear[y] as number) + 2 * c * element.referenceFlowWh * (h[y] as number);
			for (let z = 0; z < ZONE_COUNT; z++) {
				const at = y * ZONE_COUNT + z;
				quadratic[at] = (quadratic[at] as number) + c * (h[y] as number) * (h[z] as number);
			}
		}
	}
	const rest = limits.unmonitoredLoss;
	for (let y = 0; rest && y < ZONE_COUNT; y++) {
		linear[y] = (linear[y] as number) + (rest.linear[y] as number);
		for (let z = 0; z < ZONE_COUNT; z++) {
			const both = (rest.quadraticPerWh[y]?.[z] as number) + (rest.quadraticPerWh[z]?.[y] as number);
			quadratic[y * ZONE_COUNT + z] = (quadratic[y * ZONE_COUNT + z] as number) + 0.5 * both;
		}
	}
	return { linear, quadratic };
}

function depth(parent: Int32Array, node: number): number {
	let steps = 0;
	for (let at = parent[node] as number; at >= 0; at = parent[at] as number) steps++;
	return steps;
}
