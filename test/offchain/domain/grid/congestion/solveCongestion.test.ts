import { expect } from "chai";
import { congestionCharges } from "../../../../../offchain/domain/grid/congestion/congestionCharges.ts";
import { solveCongestion } from "../../../../../offchain/domain/grid/congestion/solveCongestion.ts";
import type { CongestionSolution, ZonalOffer } from "../../../../../offchain/domain/grid/congestion/ZonalMarket.ts";
import type { GridLimits, TransmissionElement } from "../../../../../offchain/domain/grid/GridLimits.ts";
import { thaiGridLimits } from "../../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { ZONE_COUNT } from "../../../../../offchain/domain/grid/zones.ts";
import { HighsLinearProgramSolver } from "../../../../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { deterministicInteger } from "../../../../../offchain/simulators/random/deterministicUnit.ts";

function limits(elements: Partial<TransmissionElement>[]): GridLimits {
	return {
		elements: elements.map((element, index) => ({
			name: `line ${index + 1}`,
			ptdfPartsPerMillion: new Array(ZONE_COUNT).fill(0),
			upWh: 1_000_000,
			downWh: 1_000_000,
			lossCoefficientPerWh: 0,
			referenceFlowWh: 0,
			...element,
		})),
		nodes: [],
		distributionLossPartsPerMillion: new Array(ZONE_COUNT).fill(0),
	};
}
const factors = (...first: number[]) => Array.from({ length: ZONE_COUNT }, (_, zone) => first[zone] ?? 0);
const offer = (side: "sell" | "buy", zoneId: number, priceSatPerKwh: number, energyWh: number): ZonalOffer => ({
	side,
	zoneId,
	priceSatPerKwh,
	energyWh,
});

describe("G5 shadow prices and zone prices", () => {
	let solver: HighsLinearProgramSolver;
	const solve = (grid: GridLimits, offers: ZonalOffer[], cross = 0) =>
		solveCongestion(solver, grid, offers, cross) as CongestionSolution;

	before(async () => {
		solver = await HighsLinearProgramSolver.load();
	});

	it("default: a full line between two zones costs the difference of their prices", () => {
		// Zone 1 sells at 50, zone 2 has its own at 90; 4 kWh fit through the line.
		const grid = limits([{ ptdfPartsPerMillion: factors(1_000_000), upWh: 4_000 }]);
		const offers = [offer("sell", 1, 50, 10_000), offer("sell", 2, 90, 10_000), offer("buy", 2, 120, 8_000)];
		const solution = solve(grid, offers);
		expect(solution.zonePriceSatPerKwh[0]).to.be.closeTo(50, 1e-9);
		expect(solution.zonePriceSatPerKwh[1]).to.be.closeTo(90, 1e-9);
		expect(solution.congestionPoints).to.deep.equal([
			{ name: "line 1", flowWh: 4_000, limitWh: 4_000, shadowPriceSatPerKwh: 40 },
		]);
		expect(solution.netPositionWh.slice(0, 2)).to.deep.equal([4_000, -4_000]);
		// 8 × 120 − 4 × 50 − 4 × 90 sat, of which congestion takes 4 × 40.
		expect(solution.welfareSat).to.be.closeTo(400, 1e-9);
		expect(solution.congestionRentSat).to.be.closeTo(160, 1e-9);
	});

	it("behavior: with room left every zone has one price", () => {
		const grid = limits([{ ptdfPartsPerMillion: factors(1_000_000), upWh: 9_000 }]);
		const solution = solve(grid, [offer("sell", 1, 50, 10_000), offer("buy", 2, 120, 8_000)]);
		expect(solution.congestionPoints).to.deep.equal([]);
		expect(solution.zonePriceSatPerKwh[0]).to.be.closeTo(solution.zonePriceSatPerKwh[1] as number, 1e-9);
	});

	it("behavior: a trade that would not pay its wheeling prices no line", () => {
		const grid = limits([{ ptdfPartsPerMillion: factors(1_000_000), upWh: 4_000 }]);
		const offers = [offer("sell", 1, 80, 10_000), offer("sell", 2, 90, 10_000), offer("buy", 2, 120, 8_000)];
		expect(solve(grid, offers).congestionPoints).to.have.length(1);
		expect(solve(grid, offers, 12).congestionPoints).to.deep.equal([]);
	});

	it("behavior: the negative direction, and a loop's three prices (textbook triangle)", () => {
		// Equal reactances: 2/3 of a transfer 1→3 flows direct, 1/3 by way of 2. Slack is zone 3; line 1–2 is watched.
		const grid = limits([{ name: "1–2", ptdfPartsPerMillion: factors(333_333, -333_333), downWh: 1_000 }]);
		const offers = [offer("sell", 2, 40, 50_000), offer("sell", 1, 70, 50_000), offer("buy", 3, 200, 9_000)];
		const solution = solve(grid, offers);
		expect(solution.congestionPoints[0]).to.deep.include({ name: "1–2", limitWh: -1_000, flowWh: -1_000 });
		const [one, two, three] = solution.zonePriceSatPerKwh as [number, number, number];
		expect([one, two]).to.deep.equal([70, 40]);
		// The buyer's zone lies half-way: h₃ = 0 is the mean of h₁ and h₂.
		expect(three).to.be.closeTo(55, 1e-6);
	});

	it("behavior: charges are the differences, rounded up, never negative, never above the cap", () => {
		const part = { lossSatPerKwh: 2, wheelingSatPerKwh: 19, congestionSatPerKwh: 99, platformSatPerKwh: 1 };
		const base = Array.from({ length: 3 }, () => Array.from({ length: 3 }, () => part));
		const congestion = congestionCharges(base, [0, 12.2, 90], 60).map((row) => row.map((c) => c.congestionSatPerKwh));
		expect(congestion).to.deep.equal([
			[0, 13, 60],
			[0, 0, 60],
			[0, 0, 0],
		]);
		expect(congestionCharges(base, [0, 1e-9, 0], 60)[0]?.[1]).to.deep.equal({ ...part, congestionSatPerKwh: 0 });
	});

	it("invariant: a thousand small offers at one price are one large one", () => {
		const grid = limits([{ ptdfPartsPerMillion: factors(1_000_000), upWh: 4_000 }]);
		const others = [offer("sell", 2, 90, 10_000), offer("buy", 2, 120, 8_000)];
		const small = Array.from({ length: 1_000 }, () => offer("sell", 1, 50, 10));
		expect(solve(grid, [...small, ...others])).to.deep.equal(solve(grid, [offer("sell", 1, 50, 10_000), ...others]));
	});

	it("default: nothing wanted, nothing priced", () => {
		expect(solveCongestion(solver, limits([]), [], 0)).to.equal(null);
		expect(solveCongestion(solver, limits([]), [offer("sell", 1, 50, 0)], 0)).to.equal(null);
	});

	it("invariant: on the Thai grid, for random markets: inside every limit, prices explain every offer, money closes", () => {
		const grid = thaiGridLimits(loadThaiNetwork());
		for (let seed = 1; seed <= 25; seed++) {
			const offers = Array.from({ length: 80 }, (_, index) =>
				offer(
					index % 2 === 0 ? "sell" : "buy",
					deterministicInteger(1, 13, seed, index, 1),
					deterministicInteger(40, 200, seed, index, 2),
					deterministicInteger(1, 40_000_000, seed, index, 3),
				),
			);
			const solution = solve(grid, offers);
			const sum = solution.netPositionWh.reduce((total, wh) => total + wh, 0);
			expect(Math.abs(sum), `seed ${seed}`).to.be.lessThan(ZONE_COUNT);
			for (const { name, ptdfPartsPerMillion, upWh, downWh } of grid.elements) {
				const flow = ptdfPartsPerMillion.reduce(
					(f, h, zone) => f + (h / 1e6) * (solution.netPositionWh[zone] as number),
					0,
				);
				expect(flow, `seed ${seed}, ${name}`).to.be.within(-downWh - 50, upWh + 50);
			}
			// Merchandising surplus: what buyers pay less what sellers get at zone prices is the congestion rent.
			const surplus = solution.netPositionWh.reduce(
				(total, wh, zone) => total - (wh / 1e3) * (solution.zonePriceSatPerKwh[zone] as number),
				0,
			);
			const scale = Math.max(1, Math.abs(solution.congestionRentSat));
			expect(Math.abs(surplus - solution.congestionRentSat) / scale, `seed ${seed}`).to.be.lessThan(1e-3);
			// The congestion part carries the whole difference between zones when wheeling is free.
			const difference = (values: number[], a: number, b: number) => (values[a] as number) - (values[b] as number);
			expect(difference(solution.congestionSatPerKwh, 0, 9)).to.be.closeTo(
				difference(solution.zonePriceSatPerKwh, 0, 9),
				1e-6,
			);
		}
	});
});
