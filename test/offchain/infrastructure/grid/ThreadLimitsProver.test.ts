import { expect } from "chai";
import { GridLimitsService } from "../../../../offchain/application/services/GridLimitsService.ts";
import type { SetGridLimits } from "../../../../offchain/domain/engine/EngineInput.ts";
import { ClosingChecks } from "../../../../offchain/domain/grid/closing/ClosingChecks.ts";
import type { GridLimits } from "../../../../offchain/domain/grid/GridLimits.ts";
import type { GridConditions } from "../../../../offchain/domain/grid/telemetry/GridConditions.ts";
import { thaiInterimLimits } from "../../../../offchain/domain/grid/thai/thaiInterimLimits.ts";
import { ZonalWindowHeadroom } from "../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { ThreadLimitsProver } from "../../../../offchain/infrastructure/grid/ThreadLimitsProver.ts";

const SEED = Number(process.env.GRID_SEED ?? Date.now() % 1_000_000);
const MOST_STALL_MILLIS = 200;
const network = loadThaiNetwork();

/** Random trades between zones, each as large as the limits admit, some undone again; what stands at the end. */
function tradesInside(limits: GridLimits, seed: number): Trade[] {
	let state = (seed % 2_147_483_646) + 1;
	const random = (below: number) => {
		state = (state * 48_271) % 2_147_483_647;
		return state % below;
	};
	const headroom = new ZonalWindowHeadroom(limits);
	const trades: Trade[] = [];
	for (let n = 0; n < 200; n++) {
		const path = { sellZoneId: 1 + random(13), sellNodeId: 0, buyZoneId: 1 + random(13), buyNodeId: 0 };
		const { admittedWh } = headroom.admit(path, 1 + random(20_000_000));
		if (admittedWh === 0) continue;
		const { lossWh } = headroom.reserve(path, admittedWh);
		const { sellZoneId, buyZoneId } = path;
		trades.push({ tradeId: `${n}-0`, sellZoneId, buyZoneId, energyWh: admittedWh, lossWh } as Trade);
	}
	return trades;
}

/** Longest time this thread computed without a pause, ms: what other processes take does not count. */
function watchStalls(): () => number {
	let longest = 0;
	let last = process.threadCpuUsage();
	const timer = setInterval(() => {
		const now = process.threadCpuUsage();
		longest = Math.max(longest, (now.user + now.system - last.user - last.system) / 1000);
		last = now;
	}, 5);
	return () => {
		clearInterval(timer);
		return longest;
	};
}

describe(`G2 G3 limits after an outage, proven beside trading (seed ${SEED})`, function () {
	this.timeout(240_000);
	const line = "BangSaphan–Chumphon";
	const outages = [line];
	let whole: GridLimits;
	let proven: GridLimits;
	let interim: GridLimits;
	let longestStallMillis: number;
	const told: string[] = [];

	before(async () => {
		const prover = new ThreadLimitsProver({});
		whole = await prover.prove([]);
		const conditions = { isFresh: true, outages, ageSeconds: 1 } as unknown as GridConditions;
		const inputs: SetGridLimits[] = [];
		const service = new GridLimitsService({
			telemetry: { current: () => conditions },
			engine: {
				submit: async (input) => {
					inputs.push(input as SetGridLimits);
					return { status: "applied", sequence: 1, events: [] };
				},
			},
			clock: { nowMillis: () => 900_000 * 50, sleepUntil: async () => undefined },
			limitsFor: (lines) => thaiInterimLimits(network, lines, whole),
			prover,
			initial: whole,
			onChange: (message) => told.push(message),
		});
		const stalls = watchStalls();
		while (inputs.length < 2) {
			await service.refresh();
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		longestStallMillis = stalls();
		interim = inputs[0]?.limits as GridLimits;
		proven = inputs[1]?.limits as GridLimits;
	});

	it("behavior: half the room at once, the proven limits when they are done, and the loop never stands still", () => {
		expect(told[0]).to.include("less until the rest of the network is proven");
		expect(told[1]).to.match(/full room$/);
		expect(interim.elements).to.have.length(whole.elements.length);
		expect(interim.elements[0]?.upWh).to.equal(Math.floor((whole.elements[0]?.upWh as number) / 2));
		expect(proven.elements.length).to.be.greaterThan(60);
		expect(proven.elements.some(({ name }) => name.startsWith(`${line} `))).to.equal(false);
		expect(longestStallMillis).to.be.lessThan(MOST_STALL_MILLIS);
	});

	it("invariant: what either admits a full power flow of the network without the line never refuses", () => {
		const check = new ClosingChecks(network).for(outages);
		let volumeWh = 0;
		for (let round = 0; round < 20; round++) {
			const trades = tradesInside(proven, SEED + round);
			volumeWh += trades.reduce((sum, { energyWh }) => sum + energyWh, 0);
			expect(check.check(trades).violations, `seed ${SEED + round}`).to.deep.equal([]);
		}
		// The limits were really reached: more would not have fitted.
		expect(volumeWh).to.be.greaterThan(20 * 1_000_000);
		// And the whole network's limits would not do without the line.
		const tooMuch = Array.from({ length: 20 }, (_, round) => check.check(tradesInside(whole, SEED + round)).violations);
		expect(tooMuch.flat()).not.to.deep.equal([]);
	});

	it("invariant: until then nothing is overloaded in the network that is left", () => {
		const check = new ClosingChecks(network).for(outages);
		for (let round = 0; round < 20; round++) {
			const violations = check.check(tradesInside(interim, SEED + round)).violations;
			const inBase = violations.filter(({ element }) => !element.includes(" out)"));
			expect(inBase, `seed ${SEED + round}`).to.deep.equal([]);
		}
	});

	it("behavior: lines that cut off an island let nothing in or out at once", () => {
		const limits = thaiInterimLimits(network, ["BangSaphan–Chumphon", "BangSaphan–LangSuan"], whole);
		const [island] = limits.elements;
		expect(island?.name).to.match(/^island S2/);
		expect([island?.upWh, island?.downWh]).to.deep.equal([0, 0]);
		expect(limits.elements).to.have.length(whole.elements.length + 1);
	});

	it("error: an unknown line is named, and the thread ends", async () => {
		const failure = await new ThreadLimitsProver({})
			.prove(["Nowhere–Elsewhere"])
			.catch((error: Error) => error.message);
		expect(failure).to.include("unknown line Nowhere–Elsewhere");
	});
});
