import { expect } from "chai";
import type { MarketDataRepository } from "../../../../offchain/application/ports/MarketDataRepository.ts";
import { DirectivePriceBands } from "../../../../offchain/application/services/DirectivePriceBands.ts";
import {
	type PriceDiscoveryDependencies,
	PriceDiscoveryService,
} from "../../../../offchain/application/services/PriceDiscoveryService.ts";
import type { Directive } from "../../../../offchain/domain/engine/EngineInput.ts";
import type { GridConditions } from "../../../../offchain/domain/grid/telemetry/GridConditions.ts";
import type { MarketRulesVersion } from "../../../../offchain/domain/settlement/SettlementRules.ts";
import { windowAt } from "../../../../offchain/domain/units/window.ts";
import { pricingData } from "../../../../offchain/infrastructure/http/messages/marketMessages.ts";
import { loadPriceAnchors } from "../../../../offchain/infrastructure/pricing/loadPriceAnchors.ts";
import { loadTimeOfUseCalendar } from "../../../../offchain/infrastructure/pricing/loadTimeOfUseCalendar.ts";

const WINDOW = windowAt(Date.parse("2026-11-24T12:00:00+07:00") / 1000);
const RULES = {
	floorSatPerKwh: 30,
	ceilingSatPerKwh: 330,
	shortfallSatPerKwh: 400,
	shortfallMinSatPerKwh: 0,
	shortfallMaxSatPerKwh: 330,
} as MarketRulesVersion;

function service(change: Partial<PriceDiscoveryDependencies> = {}) {
	const candle = { startSeconds: 0, openSatPerKwh: 1, highSatPerKwh: 1, lowSatPerKwh: 1, closeSatPerKwh: 1, trades: 1 };
	return new PriceDiscoveryService({
		engineQueries: {
			depth: async (windowId: number, zoneId: number) => ({
				windowId,
				zoneId,
				sequence: 9,
				bids: [{ priceSatPerKwh: 110, energyWh: 6_000, orders: 1 }],
				asks: [{ priceSatPerKwh: 130, energyWh: 1_000, orders: 2 }],
			}),
		} as never,
		marketData: {
			candles: async () => [
				{ ...candle, vwapSatPerKwh: 100, energyWh: 1_000 },
				{ ...candle, vwapSatPerKwh: 130, energyWh: 2_000 },
			],
		} as Partial<MarketDataRepository> as MarketDataRepository,
		bands: new DirectivePriceBands(async () => RULES, null),
		calendar: loadTimeOfUseCalendar(),
		anchors: loadPriceAnchors(33),
		...change,
	});
}

describe("P1 P4 PriceDiscoveryService", () => {
	it("default: every part of the answer, in the shape the API promises", async () => {
		const answer = await service().pricing(WINDOW, 3);
		expect(answer).to.deep.include({
			vwapSatPerKwh: 120,
			tradedWh: 3_000,
			shortfallSatPerKwh: 330,
			zonePriceSatPerKwh: null,
			benchmarkSatPerKwh: 135,
		});
		// (6,000 + 3,000) wanted over (1,000 + 3,000) offered: 1.5 times.
		expect(answer.factors[0]).to.deep.include({ name: "supplyDemand", partsPerMillion: 1_500_000 });
		expect(answer.referenceSatPerKwh).to.be.closeTo(202, 1);
		expect(pricingData.parse(answer)).to.deep.equal(answer);
	});

	it("behavior: stale telemetry is left out", async () => {
		const conditions = (isFresh: boolean): GridConditions => ({
			sources: [],
			measuredAtMillis: 0,
			ageSeconds: 0,
			isFresh,
			frequencyMillihertz: 49_500,
			zones: [],
			voltages: [],
			flows: [],
			congestionPoints: [],
			outages: [],
		});
		const factor = async (isFresh: boolean) =>
			(await service({ conditions: { current: () => conditions(isFresh) } }).pricing(WINDOW, 3)).factors.find(
				({ name }) => name === "gridStability",
			)?.partsPerMillion;
		expect(await factor(true)).to.equal(1_200_000);
		expect(await factor(false)).to.equal(1_000_000);
	});

	it("behavior: P3 authorities' bands intersect; a lifted one and another zone's do not count", async () => {
		const band = (zoneId: number, floor: number, ceiling: number, lifted = false) => ({
			directive: { kind: "PRICE_BAND", zoneId, value: floor * 65_536 + ceiling } as Directive,
			lifted,
			blockNumber: 1,
			transactionHash: "0x" as const,
		});
		const records = [band(3, 50, 150), band(0, 0, 140), band(3, 120, 130, true), band(4, 125, 126)];
		const bands = new DirectivePriceBands(async () => RULES, { find: async () => records });
		expect(await bands.band(WINDOW, 3)).to.deep.include({ floorSatPerKwh: 50, ceilingSatPerKwh: 140 });
		expect((await service({ bands }).pricing(WINDOW, 3)).referenceSatPerKwh).to.equal(140);
	});
});
