import { CompiledGridLimits } from "../CompiledGridLimits.ts";
import type { GridLimits } from "../GridLimits.ts";
import type { LinearProgramData, LinearProgramSolver, LinearRow } from "../opf/LinearProgram.ts";
import { ZONE_COUNT } from "../zones.ts";
import type { CongestionPoint, CongestionSolution, ZonalOffer } from "./ZonalMarket.ts";

const WH_PER_MWH = 1e6;
const KWH_PER_MWH = 1e3;
const SAT_TOLERANCE = 1e-6;

/**
 * Shadow prices of the grid's elements for what one window's participants want (SPEC G5): the exchange of most welfare
 * inside the limits, a DC optimal power flow over the zones. `max Σ worth − cost` with `Σ position = 0` and
 * `−down ≤ PTDF·position ≤ up` for every element; the price of a zone is the dual of its balance, and
 * `π_z = λ − Σ_l μ_l·PTDF[l,z]` (Schweppe et al., Spot Pricing of Electricity, 1988).
 *
 * `crossZoneSatPerKwh` is what an exchange between two zones costs above one within a zone, so that no line is priced
 * for a trade that would not pay its wheeling. Losses are not in the limits' flows; their marginal factors are told
 * beside. Null without offers. Throws when the solver fails: the program is always feasible and bounded.
 */
export function solveCongestion(
	solver: LinearProgramSolver,
	limits: GridLimits,
	offers: readonly ZonalOffer[],
	crossZoneSatPerKwh: number,
): CongestionSolution | null {
	const wanted = joined(offers);
	if (wanted.length === 0) return null;
	const program = solver.open(buildProgram(limits, wanted, crossZoneSatPerKwh));
	try {
		const solution = program.solve();
		if (solution.status !== "optimal") throw new Error(`congestion program is ${solution.status}`);
		return interpret(limits, wanted, solution.values, solution.rowDuals);
	} finally {
		program.close();
	}
}

/** One offer per side, zone and price: a busy window has thousands of trades at a few hundred prices. */
function joined(offers: readonly ZonalOffer[]): ZonalOffer[] {
	const byKey = new Map<string, ZonalOffer>();
	for (const offer of offers) {
		if (!(offer.energyWh > 0)) continue;
		const key = `${offer.side} ${offer.zoneId} ${offer.priceSatPerKwh}`;
		const known = byKey.get(key);
		if (known === undefined) byKey.set(key, { ...offer });
		else known.energyWh += offer.energyWh;
	}
	return [...byKey.values()];
}

/** Columns: offers, then exports, then imports by zone, MWh. Rows: zone balances, the sum of positions, elements. */
function buildProgram(
	limits: GridLimits,
	offers: readonly ZonalOffer[],
	crossZoneSatPerKwh: number,
): LinearProgramData {
	const columns = offers.length + 2 * ZONE_COUNT;
	const cost = new Float64Array(columns).fill((crossZoneSatPerKwh / 2) * KWH_PER_MWH, offers.length);
	const upper = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
	const balances: LinearRow[] = Array.from({ length: ZONE_COUNT }, (_, zone) => {
		const coefficients = new Float64Array(columns);
		coefficients[offers.length + zone] = -1;
		coefficients[offers.length + ZONE_COUNT + zone] = 1;
		return { coefficients, lower: 0, upper: 0 };
	});
	offers.forEach(({ side, zoneId, priceSatPerKwh, energyWh }, column) => {
		const sign = side === "sell" ? 1 : -1;
		cost[column] = sign * priceSatPerKwh * KWH_PER_MWH;
		upper[column] = energyWh / WH_PER_MWH;
		(balances[zoneId - 1] as LinearRow).coefficients[column] = sign;
	});
	const overZones = (factorOf: (zone: number) => number): Float64Array => {
		const coefficients = new Float64Array(columns);
		for (let zone = 0; zone < ZONE_COUNT; zone++) {
			coefficients[offers.length + zone] = factorOf(zone);
			coefficients[offers.length + ZONE_COUNT + zone] = -factorOf(zone);
		}
		return coefficients;
	};
	return {
		cost,
		lower: new Float64Array(columns),
		upper,
		rows: [
			...balances,
			{ coefficients: overZones(() => 1), lower: 0, upper: 0 },
			...limits.elements.map(({ ptdfPartsPerMillion, upWh, downWh }) => ({
				coefficients: overZones((zone) => (ptdfPartsPerMillion[zone] as number) / 1e6),
				lower: -downWh / WH_PER_MWH,
				upper: upWh / WH_PER_MWH,
			})),
		],
	};
}

function interpret(
	limits: GridLimits,
	offers: readonly ZonalOffer[],
	values: Float64Array,
	rowDuals: Float64Array,
): CongestionSolution {
	const netPositionWh = Array.from(
		{ length: ZONE_COUNT },
		(_, zone) =>
			((values[offers.length + zone] as number) - (values[offers.length + ZONE_COUNT + zone] as number)) * WH_PER_MWH,
	);
	const zonePriceSatPerKwh = Array.from({ length: ZONE_COUNT }, (_, zone) => (rowDuals[zone] as number) / KWH_PER_MWH);
	const congestion = new Array<number>(ZONE_COUNT).fill(0);
	const congestionPoints: CongestionPoint[] = [];
	let congestionRentSat = 0;
	limits.elements.forEach(({ name, ptdfPartsPerMillion, upWh, downWh }, row) => {
		// Relaxing a limit lowers the cost: the dual is negative at the upper and positive at the lower limit.
		const shadow = -(rowDuals[ZONE_COUNT + 1 + row] as number) / KWH_PER_MWH;
		if (Math.abs(shadow) < SAT_TOLERANCE) return;
		ptdfPartsPerMillion.forEach((factor, zone) => {
			congestion[zone] = (congestion[zone] as number) - (shadow * factor) / 1e6;
		});
		const limitWh = shadow > 0 ? upWh : -downWh;
		const flowWh = ptdfPartsPerMillion.reduce(
			(sum, factor, zone) => sum + (factor / 1e6) * (netPositionWh[zone] as number),
			0,
		);
		congestionRentSat += (shadow * limitWh) / 1e3;
		congestionPoints.push({ name, flowWh: Math.round(flowWh), limitWh, shadowPriceSatPerKwh: Math.abs(shadow) });
	});
	const trading = [...new Set(offers.map(({ zoneId }) => zoneId - 1))];
	const average = trading.reduce((sum, zone) => sum + (congestion[zone] as number), 0) / trading.length;
	const cost = offers.reduce((sum, { side, priceSatPerKwh }, column) => {
		return sum + (side === "sell" ? 1 : -1) * priceSatPerKwh * (values[column] as number) * KWH_PER_MWH;
	}, 0);
	return {
		zonePriceSatPerKwh,
		congestionSatPerKwh: congestion.map((value) => value - average),
		marginalLoss: marginalLoss(limits, netPositionWh),
		welfareSat: -cost,
		congestionRentSat,
		congestionPoints: congestionPoints.sort((a, b) => b.shadowPriceSatPerKwh - a.shadowPriceSatPerKwh),
		netPositionWh: netPositionWh.map(Math.round),
	};
}

/** Gradient of the zonal quadratic loss at these positions. */
function marginalLoss(limits: GridLimits, netPositionWh: readonly number[]): number[] {
	const { lossLinear, lossQuadratic } = new CompiledGridLimits(limits);
	return Array.from({ length: ZONE_COUNT }, (_, zone) => {
		let slope = lossLinear[zone] as number;
		for (let other = 0; other < ZONE_COUNT; other++) {
			slope += 2 * (lossQuadratic[zone * ZONE_COUNT + other] as number) * (netPositionWh[other] as number);
		}
		return slope;
	});
}
