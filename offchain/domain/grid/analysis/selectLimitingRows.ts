import { ZONE_COUNT } from "../zones.ts";

/** A row with the room it leaves in each direction. */
export type RoomyRow = { zoneFactors: Float64Array; upMw: number; downMw: number };

/** Below this a zone pair does not load a row. */
const LEAST_FACTOR = 1e-3;
const SAMPLES = 60;
const TRADES_PER_SAMPLE = 400;
const TOLERANCE_MW = 1e-6;

/**
 * The few rows that limit trade, out of thousands of branch and outage pairs: first those that limit an exchange
 * between any two zones, then those that sampled many-sided exchanges, filled to the brim against the rows so far, still
 * overload, until a whole round finds none. Returns indexes, rising. The sample is fixed: the same rows for the same network.
 * What sampling cannot prove the full power flow at gate closure checks.
 */
export function selectLimitingRows(rows: readonly RoomyRow[], tradableZoneIds: readonly number[]): number[] {
	const selected = new Set<number>();
	for (const sell of tradableZoneIds) {
		for (const buy of tradableZoneIds) {
			const limiting = sell === buy ? -1 : limitingRow(rows, sell - 1, buy - 1);
			if (limiting >= 0) selected.add(limiting);
		}
	}
	for (let isClean = false; !isClean; ) {
		isClean = true;
		const next = pseudoRandom(1);
		for (let sample = 0; sample < SAMPLES; sample++) {
			const positions = fill(rows, [...selected], tradableZoneIds, next, sample % 2 === 0);
			const worst = mostOverloaded(rows, positions);
			if (worst < 0) continue;
			selected.add(worst);
			isClean = false;
		}
	}
	return [...selected].sort((a, b) => a - b);
}

function limitingRow(rows: readonly RoomyRow[], sell: number, buy: number): number {
	let limiting = -1;
	let least = Number.POSITIVE_INFINITY;
	rows.forEach((row, index) => {
		const factor = (row.zoneFactors[sell] as number) - (row.zoneFactors[buy] as number);
		if (Math.abs(factor) < LEAST_FACTOR) return;
		const transfer = factor > 0 ? row.upMw / factor : row.downMw / -factor;
		if (transfer < least) {
			least = transfer;
			limiting = index;
		}
	});
	return limiting;
}

/** Net positions after many trades, each as large as the selected rows allow; one-way keeps sellers and buyers apart. */
function fill(
	rows: readonly RoomyRow[],
	selected: readonly number[],
	zoneIds: readonly number[],
	next: () => number,
	isOneWay: boolean,
): Float64Array {
	const positions = new Float64Array(ZONE_COUNT);
	const sells = zoneIds.map(() => next() < 0.5);
	for (let trade = 0; trade < TRADES_PER_SAMPLE; trade++) {
		const sellAt = Math.floor(next() * zoneIds.length);
		const buyAt = Math.floor(next() * zoneIds.length);
		let energy = next() * 500;
		if (sellAt === buyAt || (isOneWay && (!sells[sellAt] || sells[buyAt]))) continue;
		const sell = (zoneIds[sellAt] as number) - 1;
		const buy = (zoneIds[buyAt] as number) - 1;
		for (const index of selected) {
			const row = rows[index] as RoomyRow;
			const factor = (row.zoneFactors[sell] as number) - (row.zoneFactors[buy] as number);
			const flow = flowOf(row, positions);
			if (factor > 0) energy = Math.min(energy, Math.max(0, row.upMw - flow) / factor);
			else if (factor < 0) energy = Math.min(energy, Math.max(0, row.downMw + flow) / -factor);
		}
		positions[sell] = (positions[sell] as number) + energy;
		positions[buy] = (positions[buy] as number) - energy;
	}
	return positions;
}

function mostOverloaded(rows: readonly RoomyRow[], positions: Float64Array): number {
	let worst = -1;
	let most = TOLERANCE_MW;
	rows.forEach((row, index) => {
		const flow = flowOf(row, positions);
		const over = Math.max(flow - row.upMw, -flow - row.downMw);
		if (over > most) {
			most = over;
			worst = index;
		}
	});
	return worst;
}

function flowOf(row: RoomyRow, positions: Float64Array): number {
	let flow = 0;
	for (let zone = 0; zone < ZONE_COUNT; zone++) {
		flow += (row.zoneFactors[zone] as number) * (positions[zone] as number);
	}
	return flow;
}

/** Park and Miller's generator: all products below 2^53. */
function pseudoRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}
