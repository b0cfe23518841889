import { ENERGY_SOURCES } from "../../../domain/grid/energySource.ts";
import { licenseeOf, ZONE_CODES } from "../../../domain/grid/zones.ts";
import { orderDomain } from "../../../domain/orders/orderTypedData.ts";
import { WINDOW_SECONDS, windowAt } from "../../../domain/units/window.ts";
import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import { MAX_ORDERS_PER_BATCH } from "../messages/orderMessages.ts";
import { MAX_READINGS_PER_BATCH } from "../messages/readingMessages.ts";
import { healthReport, venueConfig } from "../messages/venueMessages.ts";

export const venueEndpoints: Endpoint[] = [
	endpoint({
		method: "get",
		path: "/v1/config",
		operationId: "GetVenueConfig",
		summary: "Chain, contracts, zones, signing domain and market time: what a client needs before its first order.",
		tag: "venue",
		success: [{ status: 200, schema: venueConfig, description: "Configuration" }],
		problems: [],
		async handle(_request, { venue, clock }) {
			const { settlement, ...identity } = venue;
			const marketTimeMillis = Math.floor(clock.nowMillis());
			return ok({
				...identity,
				orderDomain: orderDomain(venue.chainId, settlement),
				zones: ZONE_CODES.map((code, index) => ({ zoneId: index + 1, code, licensee: licenseeOf(index + 1) })),
				energySources: ENERGY_SOURCES,
				windowSeconds: WINDOW_SECONDS,
				marketTimeMillis,
				currentWindowId: windowAt(marketTimeMillis / 1000),
				maxOrdersPerBatch: MAX_ORDERS_PER_BATCH,
				maxReadingsPerBatch: MAX_READINGS_PER_BATCH,
			});
		},
	}),
	endpoint({
		method: "get",
		path: "/health",
		operationId: "GetHealth",
		summary: "Named state of every part; 503 when one is down.",
		tag: "venue",
		success: [
			{ status: 200, schema: healthReport, description: "Working, perhaps degraded" },
			{ status: 503, schema: healthReport, description: "A part is down" },
		],
		problems: [],
		async handle(_request, deps) {
			const report = await deps.health.report();
			return ok(report, report.status === "down" ? 503 : 200);
		},
	}),
];
