import { expect } from "chai";
import { MarketRulesService } from "../../../../offchain/application/services/MarketRulesService.ts";
import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import type { MarketRulesVersion } from "../../../../offchain/domain/settlement/SettlementRules.ts";

const NOW_WINDOW = 1_000;
const CHARGES = [[{ lossSatPerKwh: 1, wheelingSatPerKwh: 7, congestionSatPerKwh: 0, platformSatPerKwh: 1 }]];

function version(fromWindow: number, ceilingSatPerKwh: number): MarketRulesVersion {
	return {
		fromWindow,
		floorSatPerKwh: 30,
		ceilingSatPerKwh,
		tickSatPerKwh: 1,
		distributionSatPerKwh: new Array(16).fill(7),
		transmissionSatPerKwh: 5,
		platformSatPerKwh: 1,
		congestionCapSatPerKwh: 60,
		lossCapPermille: 150,
		shortfallSatPerKwh: 200,
		shortfallMinSatPerKwh: 0,
		shortfallMaxSatPerKwh: 330,
	};
}

describe("P1 the regulator's rules reach the engine", () => {
	let versions: MarketRulesVersion[];
	let inputs: EngineInput[];
	let answer: "applied" | "busy" | "refused";
	let told: string[];
	let service: MarketRulesService;

	beforeEach(() => {
		versions = [version(0, 330)];
		inputs = [];
		answer = "applied";
		told = [];
		service = new MarketRulesService({
			rulesAt: async (windowId) => versions.findLast(({ fromWindow }) => fromWindow <= windowId) as MarketRulesVersion,
			chargesOf: () => CHARGES,
			engine: {
				submitMany: async (told) => {
					if (answer === "busy") return told.map(() => ({ status: "busy" }));
					inputs.push(...told);
					const refused: EngineEvent = {
						type: "InputRefused",
						inputType: "SetMarketRules",
						reason: "INPUT_NOT_ALLOWED",
						detail: "the margin is in use",
					};
					const events = answer === "refused" ? [refused] : [];
					return told.map(() => ({ status: "applied", sequence: inputs.length, events }));
				},
			},
			clock: { nowMillis: () => NOW_WINDOW * 900_000, sleepUntil: async () => undefined },
			onChange: (message) => told.push(message),
		});
	});

	const ceilings = () => inputs.flatMap((input) => (input.type === "SetMarketRules" ? [input.ceilingSatPerKwh] : []));
	const ranges = () =>
		inputs.flatMap((input) => (input.type === "SetZoneCharges" ? [input.range?.fromWindow ?? null] : []));

	it("default: what holds is told once, and a new version before its first window opens", async () => {
		await service.refresh();
		await service.refresh();
		expect(inputs).to.deep.equal([
			{
				type: "SetMarketRules",
				fromWindow: 0,
				floorSatPerKwh: 30,
				ceilingSatPerKwh: 330,
				tickSatPerKwh: 1,
				shortfallMarginSatPerKwh: 170,
				callSeconds: 60,
			},
			{ type: "SetZoneCharges", charges: CHARGES, range: undefined },
		]);
		versions.push(version(NOW_WINDOW + 192, 200));
		await service.refresh();
		expect(ceilings()).to.deep.equal([330, 200]);
		expect(ranges(), "of every window, then of those the new version holds for").to.deep.equal([
			null,
			NOW_WINDOW + 192,
		]);
	});

	it("behavior: a new process tells them in their order, as the engine takes the latest of a window", async () => {
		versions.push(version(NOW_WINDOW + 10, 200));
		await service.refresh();
		expect(ceilings()).to.deep.equal([330, 200]);
	});

	it("behavior: what a busy engine did not take is told again, the older first", async () => {
		versions.push(version(NOW_WINDOW + 10, 200));
		answer = "busy";
		await service.refresh();
		answer = "applied";
		await service.refresh();
		expect(ceilings()).to.deep.equal([330, 200]);
	});

	it("error: a refusal is told once and tried again", async () => {
		answer = "refused";
		await service.refresh();
		await service.refresh();
		expect(told).to.deep.equal(["market rules from window 0 refused: the margin is in use"]);
		answer = "applied";
		await service.refresh();
		expect(told).to.have.length(2);
	});
});
