import { z } from "zod";
import { AUTHORITIES, DIRECTIVE_KINDS } from "../../../domain/engine/EngineInput.ts";
import { RESERVE_PRODUCTS } from "../../../domain/grid/balancing/reserves.ts";
import { ZONE_COUNT } from "../../../domain/grid/zones.ts";
import {
	hash32,
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
import { gridConditions } from "./telemetryMessages.ts";

/** The grid as trading sees it, and what authorities have ordered. */
export const gridStatusQuery = z.strictObject({ windowId: queryWindowId });

export const gridStatus = z
	.strictObject({
		windowId,
		sequence: safeUint,
		elements: z.array(
			z
				.strictObject({
					name: z.string(),
					flowWh: safeInt.describe("Positive in the element's own direction"),
					upWh: safeInt,
					downWh: safeInt,
				})
				.meta({ id: "GridElement" }),
		),
		haltedZoneIds: z.array(zoneId),
	})
	.meta({ id: "GridStatus" });

export const zonePricesQuery = z.strictObject({ windowId: queryWindowId });

export const zonePrices = z
	.strictObject({
		windowId,
		zonePriceSatPerKwh: z.array(safeInt).length(ZONE_COUNT).describe("Worth of one more kWh, by zone id less one"),
		congestionSatPerKwh: z.array(safeInt).length(ZONE_COUNT).describe("Congestion's part, against the average zone"),
		congestionPoints: z.array(
			z
				.strictObject({
					name: z.string(),
					flowWh: safeInt,
					limitWh: safeInt,
					shadowPriceSatPerKwh: safeUint.describe("Worth of one more kWh of limit"),
				})
				.meta({ id: "CongestionPoint" }),
		),
		solvedAtMillis: safeUint,
	})
	.meta({ id: "ZonePrices", description: "The last network solution of a window." });

export const gridImpactQuery = z.strictObject({
	windowId: queryWindowId,
	sellZoneId: queryZoneId,
	sellNodeId: queryUnsigned(0xff_ffff).default(0),
	buyZoneId: queryZoneId,
	buyNodeId: queryUnsigned(0xff_ffff).default(0),
	energyWh: queryUnsigned(0xffff_ffff).pipe(z.int().min(1)),
});

export const gridImpact = z
	.strictObject({
		windowId,
		sellZoneId: zoneId,
		sellNodeId: uint32,
		buyZoneId: zoneId,
		buyNodeId: uint32,
		energyWh: uint32,
		admittedWh: safeUint,
		limitingElement: z.string().nullable(),
		maxAdmissibleWh: safeUint.describe("Largest trade on this path, whatever was asked for"),
		maxLimitingElement: z.string().nullable(),
		lossWh: safeUint,
		congestionSatPerKwh: safeUint,
		affected: z.array(
			z.strictObject({ name: z.string(), beforeWh: safeInt, afterWh: safeInt, upWh: safeInt, downWh: safeInt }),
		),
	})
	.meta({ id: "GridImpact", description: "What a trade would do to the grid, were it made now." });

const direction = z.enum(["up", "down"]);

export const balancingQuery = z.strictObject({ windowId: queryWindowId });

export const balancing = z
	.strictObject({
		windowId,
		procurement: z.array(
			z
				.strictObject({
					product: z.enum(RESERVE_PRODUCTS),
					direction,
					requiredW: safeUint,
					procuredW: safeUint,
					missingW: safeUint.describe("Offered by nobody"),
					marginalSatPerMwHour: safeUint.describe("Uniform price of holding"),
					accepted: z.array(z.strictObject({ offerId: z.string(), capacityW: safeUint })),
				})
				.meta({ id: "ReserveProcurement" }),
		),
		activation: z
			.strictObject({
				atSeconds: safeUint,
				meanCorrectionW: safeInt.describe("What automatic control had to give; positive: generation was short"),
				neededWh: safeInt.describe("Positive to inject, negative to take up"),
				called: z.array(
					z.strictObject({
						offerId: z.string(),
						zoneId,
						meterId: uint32.nullable().describe("null: demand response, which injects nothing"),
						direction,
						calledWh: safeUint,
						energySatPerKwh: safeInt,
					}),
				),
				reducedWh: safeUint,
				missingWh: safeUint,
				orders: z.array(
					z.strictObject({
						orderHash: hash32,
						zoneId,
						energyWh: uint32,
						priceSatPerKwh: safeUint,
						filledWh: safeUint,
					}),
				),
				refusals: z.array(z.string()),
			})
			.nullable()
			.describe("null until the need is known, shortly before gate closure"),
	})
	.meta({ id: "Balancing", description: "Reserve and balancing energy of one window." });

const directive = z
	.strictObject({
		directiveId: uint32,
		authority: z.enum(AUTHORITIES),
		kind: z.enum(DIRECTIVE_KINDS),
		zoneId: z.int().min(0).max(ZONE_COUNT).describe("0 covers every zone"),
		fromWindow: windowId,
		toWindow: windowId,
		value: safeUint,
		reasonHash: hash32,
	})
	.meta({ id: "Directive" });

export const directiveListQuery = z.strictObject({ windowId: queryWindowId.optional(), limit: queryLimit });

export const directiveList = z
	.strictObject({
		directives: z.array(
			z
				.strictObject({ directive, lifted: z.boolean(), blockNumber: safeUint, transactionHash: hash32 })
				.meta({ id: "DirectiveRecord" }),
		),
	})
	.meta({ id: "DirectiveList", description: "Newest first." });

export const gridOverviewQuery = z.strictObject({ windowId: queryWindowId });

export const gridOverview = z
	.strictObject({
		conditions: gridConditions.nullable().describe("null before the first report of a control room"),
		balancing: balancing.nullable().describe("null before reserve was bought for the window"),
		prices: zonePrices.nullable().describe("null before the window's first network solution"),
	})
	.meta({ id: "GridOverview" });
