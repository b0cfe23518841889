import type { PriceAnchors } from "../../domain/pricing/PriceInputs.ts";
import { liquidityPartsPerMillion, priceImpact } from "../../domain/pricing/priceImpact.ts";
import { referencePrice } from "../../domain/pricing/referencePrice.ts";
import type { TimeOfUseCalendar } from "../../domain/pricing/TimeOfUseCalendar.ts";
import { type WindowId, windowEnd } from "../../domain/units/window.ts";
import type { DepthLevel, EngineQueries } from "../ports/EngineQueries.ts";
import type { GridSystemAdapter } from "../ports/GridSystemAdapter.ts";
import type { Candle, MarketDataRepository } from "../ports/MarketDataRepository.ts";
import type { PriceBands } from "../ports/PriceBands.ts";
import type { PricingData, PricingQueries } from "../ports/PricingQueries.ts";
import type { ZonePrices } from "../ports/ZonePrices.ts";

/** Orders of a window open the afternoon before: trades lie at most this far before its end. */
const TRADING_SECONDS = 2 * 86_400;
const DAY_SECONDS = 86_400;
const DEPTH_LEVELS = 50;
/** Energy of the typical order whose price impact is told, Wh. */
const TYPICAL_WH = 10_000;

export type PriceDiscoveryDependencies = {
	engineQueries: EngineQueries;
	marketData: MarketDataRepository;
	bands: PriceBands;
	calendar: TimeOfUseCalendar;
	anchors: PriceAnchors;
	/** Missing or stale knowledge is left out of the price, and the answer says so. */
	conditions?: Pick<GridSystemAdapter, "current">;
	zonePrices?: ZonePrices;
};

/** Prices as the market, the tariff, the grid and the authorities make them, each told apart (SPEC P1–P4, M7, G5). */
export class PriceDiscoveryService implements PricingQueries {
	readonly #deps: PriceDiscoveryDependencies;

	constructor(deps: PriceDiscoveryDependencies) {
		this.#deps = deps;
	}

	async pricing(windowId: WindowId, zoneId: number): Promise<PricingData> {
		const { engineQueries, marketData, bands, calendar, anchors, conditions, zonePrices } = this.#deps;
		const endSeconds = windowEnd(windowId);
		const [depth, candles, band, grid, network] = await Promise.all([
			engineQueries.depth(windowId, zoneId, DEPTH_LEVELS),
			marketData.candles({
				windowId,
				buyZoneId: zoneId,
				intervalSeconds: DAY_SECONDS,
				fromSeconds: endSeconds - TRADING_SECONDS,
				toSeconds: endSeconds,
			}),
			bands.band(windowId, zoneId),
			conditions?.current() ?? null,
			zonePrices?.latest(windowId) ?? null,
		]);
		const traded = volumeWeighted(candles);
		const zone = grid?.zones.find((each) => each.zoneId === zoneId && each.isFresh);
		const reference = referencePrice({
			anchors,
			isOnPeak: calendar.isOnPeak(windowId),
			isHotSeason: calendar.isHotSeason(windowId),
			demandWh: total(depth.bids) + traded.energyWh,
			supplyWh: total(depth.asks) + traded.energyWh,
			expectedDemandToSupplyPartsPerMillion: zone?.demandToSupplyPartsPerMillion ?? null,
			congestionSatPerKwh: network?.congestionSatPerKwh[zoneId - 1] ?? null,
			renewableSharePartsPerMillion: zone?.renewableSharePartsPerMillion ?? null,
			frequencyMillihertz: grid?.isFresh ? grid.frequencyMillihertz : null,
			floorSatPerKwh: band.floorSatPerKwh,
			ceilingSatPerKwh: band.ceilingSatPerKwh,
		});
		return {
			windowId,
			zoneId,
			...reference,
			...band,
			vwapSatPerKwh: traded.vwapSatPerKwh,
			tradedWh: traded.energyWh,
			zonePriceSatPerKwh: network?.zonePriceSatPerKwh[zoneId - 1] ?? null,
			impact: {
				wantedWh: TYPICAL_WH,
				buy: priceImpact(depth.asks, TYPICAL_WH),
				sell: priceImpact(depth.bids, TYPICAL_WH),
				liquidityPartsPerMillion: liquidityPartsPerMillion(depth.bids, depth.asks, TYPICAL_WH),
			},
		};
	}
}

function total(levels: readonly DepthLevel[]): number {
	return levels.reduce((sum, { energyWh }) => sum + energyWh, 0);
}

function volumeWeighted(candles: readonly Candle[]): { vwapSatPerKwh: number | null; energyWh: number } {
	const energyWh = candles.reduce((sum, candle) => sum + candle.energyWh, 0);
	if (energyWh === 0) return { vwapSatPerKwh: null, energyWh };
	const amount = candles.reduce((sum, candle) => sum + candle.vwapSatPerKwh * candle.energyWh, 0);
	return { vwapSatPerKwh: Math.round(amount / energyWh), energyWh };
}
