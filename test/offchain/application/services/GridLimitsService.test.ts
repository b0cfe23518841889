import { expect } from "chai";
import { GridLimitsService } from "../../../../offchain/application/services/GridLimitsService.ts";
import { TightestLossCap } from "../../../../offchain/application/services/TightestLossCap.ts";
import type { SetGridLimits } from "../../../../offchain/domain/engine/EngineInput.ts";
import { deratedLimits } from "../../../../offchain/domain/grid/deratedLimits.ts";
import type { GridLimits } from "../../../../offchain/domain/grid/GridLimits.ts";
import type { GridConditions } from "../../../../offchain/domain/grid/telemetry/GridConditions.ts";
import { ZONE_COUNT } from "../../../../offchain/domain/grid/zones.ts";
import type { MarketRulesVersion } from "../../../../offchain/domain/settlement/SettlementRules.ts";

const limits = (name: string): GridLimits => ({
	elements: [
		{
			name,
			ptdfPartsPerMillion: new Array(ZONE_COUNT).fill(0),
			upWh: 1_001,
			downWh: 2_000,
			lossCoefficientPerWh: 0,
			referenceFlowWh: 0,
		},
	],
	nodes: [],
	distributionLossPartsPerMillion: new Array(ZONE_COUNT).fill(0),
});

describe("X6 limits follow telemetry", () => {
	let conditions: Partial<GridConditions> | null;
	let inputs: SetGridLimits[];
	let built: string[];
	let told: string[];
	let service: GridLimitsService;
	let lossCap: () => Promise<MarketRulesVersion>;

	beforeEach(() => {
		conditions = null;
		inputs = [];
		built = [];
		told = [];
		lossCap = async () => ({ lossCapPermille: 150 }) as MarketRulesVersion;
		service = new GridLimitsService({
			telemetry: { current: () => conditions as GridConditions | null },
			engine: {
				submit: async (input) => {
					inputs.push(input as SetGridLimits);
					return { status: "applied", sequence: 1, events: [] };
				},
			},
			clock: { nowMillis: () => 900_000 * 50, sleepUntil: async () => undefined },
			limitsFor: (outages) => {
				built.push(outages.join());
				return limits(`without ${outages.join()}`);
			},
			initial: limits("whole"),
			onChange: (message) => told.push(message),
		});
	});

	it("default: each process tells once what holds, whatever one before it told; before the first report the whole grid", async () => {
		await service.refresh();
		expect(inputs.map((input) => input.limits)).to.deep.equal([limits("whole")]);
		conditions = { isFresh: true, outages: [], ageSeconds: 1 };
		await service.refresh();
		await service.refresh();
		expect(inputs.map((input) => input.limits)).to.deep.equal([limits("whole")]);
		expect(service.limits().elements[0]?.name).to.equal("whole");
	});

	it("O4 behavior: the loss cap is the tighter of the rules in force and to come; a silent chain leaves the last one", async () => {
		const clock = { nowMillis: () => 900_000 * 50, sleepUntil: async () => undefined };
		const cap = new TightestLossCap(
			(windowId) => lossCap().then((rules) => ({ ...rules, ...(windowId > 50 ? {} : { lossCapPermille: 200 }) })),
			clock,
		);
		service = new GridLimitsService({
			telemetry: { current: () => conditions as GridConditions | null },
			engine: {
				submit: async (input) => {
					inputs.push(input as SetGridLimits);
					return { status: "applied", sequence: 1, events: [] };
				},
			},
			clock,
			limitsFor: () => limits("less"),
			lossCapPartsPerMillion: () => cap.partsPerMillion(),
			initial: limits("whole"),
			onChange: (message) => told.push(message),
		});
		const silent = async (): Promise<never> => {
			throw new Error("no chain");
		};
		const known = lossCap;
		lossCap = silent;
		expect(await service.refresh().catch((error: Error) => error.message)).to.equal("no chain");
		expect(inputs).to.deep.equal([]);
		lossCap = known;
		await service.refresh();
		lossCap = silent;
		conditions = { isFresh: true, outages: ["A–B"], ageSeconds: 1 };
		await service.refresh();
		lossCap = async () => ({ lossCapPermille: 100 }) as MarketRulesVersion;
		await service.refresh();
		await service.refresh();
		expect(inputs.map((input) => [input.limits.elements[0]?.name, input.limits.lossCapPartsPerMillion])).to.deep.equal([
			["whole", 150_000],
			["less", 150_000],
			["less", 100_000],
		]);
	});

	it("behavior: an outage changes the limits once, and its end changes them back", async () => {
		conditions = { isFresh: true, outages: ["A–B"], ageSeconds: 1 };
		await service.refresh();
		await service.refresh();
		conditions = { isFresh: true, outages: [], ageSeconds: 1 };
		await service.refresh();
		expect(inputs.map((input) => input.limits.elements[0]?.name)).to.deep.equal(["without A–B", "whole"]);
		expect(inputs[0]?.fromWindow).to.equal(50);
		expect(built).to.deep.equal(["A–B"]);
	});

	it("behavior: what is proven replaces what held until then; a proof that fails is told, tried again, and given up", async () => {
		const proofs: PromiseWithResolvers<GridLimits>[] = [];
		service = new GridLimitsService({
			telemetry: { current: () => conditions as GridConditions | null },
			engine: {
				submit: async (input) => {
					inputs.push(input as SetGridLimits);
					return { status: "applied", sequence: 1, events: [] };
				},
			},
			clock: { nowMillis: () => 900_000 * 50, sleepUntil: async () => undefined },
			limitsFor: (outages) => limits(`until proven without ${outages.join()}`),
			prover: {
				prove: () => {
					const proof = Promise.withResolvers<GridLimits>();
					proofs.push(proof);
					return proof.promise;
				},
			},
			initial: limits("whole"),
			onChange: (message) => told.push(message),
		});
		const settle = () => new Promise((resolve) => setImmediate(resolve));
		conditions = { isFresh: true, outages: ["A–B"], ageSeconds: 1 };
		for (let failure = 0; failure < 3; failure++) {
			await service.refresh();
			await service.refresh();
			expect(proofs).to.have.length(failure + 1);
			proofs[failure]?.reject(new Error("no memory"));
			await settle();
		}
		await service.refresh();
		expect(proofs).to.have.length(3);
		expect(told.filter((line) => line.includes("no memory"))).to.have.length(3);
		conditions = { isFresh: true, outages: ["C–D"], ageSeconds: 1 };
		await service.refresh();
		proofs[3]?.resolve(limits("proven without C–D"));
		await settle();
		await service.refresh();
		await service.refresh();
		expect(inputs.map((input) => input.limits.elements[0]?.name)).to.deep.equal([
			"until proven without A–B",
			"until proven without C–D",
			"proven without C–D",
		]);
	});

	it("behavior: stale telemetry halves the room, rounded down; its return restores it", async () => {
		conditions = { isFresh: false, outages: [], ageSeconds: 300 };
		await service.refresh();
		expect(inputs[0]?.limits.elements[0]).to.deep.include({ upWh: 500, downWh: 1_000 });
		expect(told[0]).to.match(/300 s old/);
		conditions = { isFresh: true, outages: [], ageSeconds: 1 };
		await service.refresh();
		expect(inputs[1]?.limits).to.deep.equal(limits("whole"));
	});

	it("error: a share that is none", () => {
		expect(() => deratedLimits(limits("x"), 1_000_001)).to.throw(RangeError);
		expect(() => deratedLimits(limits("x"), Number.NaN)).to.throw(RangeError);
	});
});
