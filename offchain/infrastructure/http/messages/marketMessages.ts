import { z } from "zod";
import { SESSION_STATES } from "../../../domain/engine/EngineEvent.ts";
import {
	address,
	amountMsat,
	energyWh,
	hash32,
	priceSatPerKwh,
	queryLimit,
	queryUnsigned,
	queryWindowId,
	queryZoneId,
	safeInt,
	safeUint,
	uint32,
	windowId,
	zoneId,
} from "./primitives.ts";

/** What the market looks like, now and in the past. */
const depthLevel = z
	.strictObject({ priceSatPerKwh, energyWh: safeUint, orders: safeUint })
	.meta({ id: "DepthLevel", description: "Energy resting at one price." });

export const MAX_DEPTH_LEVELS = 100;
export const marketDepthQuery = z.strictObject({
	windowId: queryWindowId,
	zoneId: queryZoneId,
	levels: queryUnsigned(MAX_DEPTH_LEVELS).pipe(z.int().min(1)).default(20),
});

export const marketDepth = z
	.strictObject({
		windowId,
		zoneId,
		sequence: safeUint.describe("Last engine input contained"),
		bids: z.array(depthLevel).describe("All-in prices, highest first"),
		asks: z.array(depthLevel).describe("Net prices, lowest first"),
		auction: z
			.strictObject({
				uncrossesAt: safeUint.describe("Market time, unix seconds"),
				priceSatPerKwh: priceSatPerKwh.nullable().describe("Sellers' net price if it ended now"),
				volumeWh: safeUint,
			})
			.optional()
			.describe("Present while the zone collects orders for an auction; before the grid's limits"),
	})
	.meta({ id: "MarketDepth" });

export const sessionMessage = z
	.strictObject({
		windowId,
		state: z.enum(SESSION_STATES),
		opensAt: safeUint,
		crossZoneClosesAt: safeUint,
		closesAt: safeUint,
		haltedZoneIds: z.array(zoneId),
		pausedZoneIds: z.array(zoneId).optional().describe("Stopped for a while by the circuit breaker; absent where none"),
	})
	.meta({ id: "TradingSession", description: "Session of one delivery window; times in unix seconds." });

export const tradeMessage = z
	.strictObject({
		tradeId: z.string(),
		windowId,
		sellOrderHash: hash32,
		buyOrderHash: hash32,
		seller: address,
		buyer: address,
		sellMeterId: uint32,
		buyMeterId: uint32,
		sellZoneId: zoneId,
		buyZoneId: zoneId,
		energyWh: energyWh.describe("Delivered to the buyer, Wh"),
		lossWh: uint32.describe("Injected by the seller on top, Wh"),
		sellerPriceSatPerKwh: priceSatPerKwh,
		buyerPriceSatPerKwh: priceSatPerKwh,
		takerSide: z.enum(["buy", "sell"]),
	})
	.meta({ id: "Trade" });

export const tradeRecord = z
	.strictObject({ trade: tradeMessage, sequence: safeUint, executedAtMillis: safeUint, isUnwound: z.boolean() })
	.meta({ id: "TradeRecord" });

export const tradeListQuery = z.strictObject({
	account: address.optional(),
	windowId: queryWindowId.optional(),
	orderHash: hash32.optional(),
	beforeSequence: queryUnsigned(Number.MAX_SAFE_INTEGER).optional(),
	limit: queryLimit,
});

export const tradeList = z
	.strictObject({ trades: z.array(tradeRecord), nextBeforeSequence: safeUint.nullable() })
	.meta({ id: "TradeList", description: "Newest first." });

export const windowSummary = z
	.strictObject({
		windowId,
		sessionState: z.enum(SESSION_STATES),
		trades: safeUint,
		energyWh: safeUint,
		lossWh: safeUint,
		buyerMsat: amountMsat,
		sellerMsat: amountMsat,
		vwapSatPerKwh: priceSatPerKwh.nullable(),
		stage: z.string().nullable().describe("Where its settlement stands"),
		chunkCount: safeUint.nullable(),
		nextChunk: safeUint.nullable(),
		problem: z.string().nullable().describe("What keeps the settlement from going on"),
	})
	.meta({ id: "WindowSummary" });

export const windowListQuery = z.strictObject({
	fromWindow: queryWindowId.optional(),
	toWindow: queryWindowId.optional(),
	limit: queryLimit,
});

export const windowList = z.strictObject({ windows: z.array(windowSummary) }).meta({ id: "WindowList" });

export const zoneFlow = z
	.strictObject({ windowId, sellZoneId: zoneId, buyZoneId: zoneId, energyWh: safeUint })
	.meta({ id: "ZoneFlow", description: "Energy traded between two zones." });

export const windowDetail = z
	.strictObject({
		window: windowSummary.nullable(),
		session: sessionMessage.nullable(),
		zoneFlows: z.array(zoneFlow),
	})
	.meta({ id: "WindowDetail" });

export const candleQuery = z.strictObject({
	buyZoneId: queryZoneId.optional(),
	windowId: queryWindowId.optional(),
	intervalSeconds: queryUnsigned(86_400).pipe(z.int().min(60)).default(900),
	fromSeconds: queryUnsigned(2 ** 40 - 1),
	toSeconds: queryUnsigned(2 ** 40 - 1),
});

export const candleList = z
	.strictObject({
		candles: z.array(
			z
				.strictObject({
					startSeconds: safeUint,
					openSatPerKwh: priceSatPerKwh,
					highSatPerKwh: priceSatPerKwh,
					lowSatPerKwh: priceSatPerKwh,
					closeSatPerKwh: priceSatPerKwh,
					vwapSatPerKwh: priceSatPerKwh,
					energyWh: safeUint,
					trades: safeUint,
				})
				.meta({ id: "Candle" }),
		),
	})
	.meta({ id: "CandleList", description: "What buyers paid." });

export const pricingQuery = z.strictObject({ windowId: queryWindowId, zoneId: queryZoneId });

const priceImpact = z
	.strictObject({
		availableWh: safeUint,
		averageSatPerKwh: priceSatPerKwh.nullable(),
		worstSatPerKwh: priceSatPerKwh.nullable(),
		impactSatPerKwh: priceSatPerKwh,
	})
	.meta({ id: "PriceImpact" });

export const pricingData = z
	.strictObject({
		windowId,
		zoneId,
		referenceSatPerKwh: priceSatPerKwh,
		floorSatPerKwh: priceSatPerKwh,
		ceilingSatPerKwh: priceSatPerKwh,
		factors: z.array(z.strictObject({ name: z.string(), partsPerMillion: safeUint, reason: z.string() })),
		anchorSatPerKwh: priceSatPerKwh.describe("What the factors multiply"),
		benchmarkSatPerKwh: priceSatPerKwh.describe("The time-of-use tariff's answer without a market"),
		vwapSatPerKwh: priceSatPerKwh.nullable().describe("Volume-weighted price paid in this zone and window"),
		tradedWh: safeUint,
		zonePriceSatPerKwh: safeInt.nullable().describe("Locational marginal price of the last network solution"),
		shortfallSatPerKwh: priceSatPerKwh.describe("What a seller owes per kWh not delivered, at least"),
		impact: z
			.strictObject({
				wantedWh: safeUint,
				buy: priceImpact,
				sell: priceImpact,
				liquidityPartsPerMillion: safeUint,
			})
			.describe("Taking a typical amount from each side of the book"),
	})
	.meta({ id: "PricingData", description: "Reference price with every factor that made it." });

export const marketSummary = z
	.strictObject({
		marketTimeMillis: safeUint,
		currentWindowId: windowId,
		sessions: z.array(sessionMessage),
		windows: z.array(windowSummary).describe("Newest first"),
		trades: z.array(tradeRecord).describe("Newest first"),
	})
	.meta({ id: "MarketSummary" });

export const makerList = z
	.strictObject({
		windowId,
		makers: z.array(
			z
				.strictObject({
					account: address,
					score: safeUint.describe("Wh on the weaker side, weighted by nearness to the middle, over random samples"),
					samples: safeUint.describe("Samples in which the account scored"),
					sharePartsPerMillion: safeUint.describe("Of the window's rebate"),
				})
				.meta({ id: "Maker" }),
		),
	})
	.meta({ id: "MakerList" });
