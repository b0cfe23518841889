import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import {
	balancing,
	balancingQuery,
	directiveList,
	directiveListQuery,
	gridImpact,
	gridImpactQuery,
	gridOverview,
	gridOverviewQuery,
	gridStatus,
	gridStatusQuery,
	zonePrices,
	zonePricesQuery,
} from "../messages/gridMessages.ts";
import { problem } from "../Problem.ts";

const NO_GRID = "This venue has no grid model attached.";

export const gridEndpoints: Endpoint[] = [
	endpoint({
		method: "get",
		path: "/v1/grid/status",
		operationId: "GetGridStatus",
		summary: "Flow and headroom of every element in one window, as trading sees them.",
		tag: "grid",
		query: gridStatusQuery,
		success: [{ status: 200, schema: gridStatus, description: "Elements" }],
		problems: ["MALFORMED", "UNAVAILABLE"],
		async handle({ query }, deps) {
			if (deps.grid === undefined) return problem("UNAVAILABLE", NO_GRID);
			return ok(await deps.grid.status(query.windowId));
		},
	}),
	endpoint({
		method: "get",
		path: "/v1/grid/impact",
		operationId: "GetGridImpact",
		summary: "What a trade would do to the grid: elements before and after, largest admissible size, loss.",
		tag: "grid",
		query: gridImpactQuery,
		success: [{ status: 200, schema: gridImpact, description: "Impact" }],
		problems: ["MALFORMED", "UNAVAILABLE"],
		async handle({ query }, deps) {
			if (deps.grid === undefined) return problem("UNAVAILABLE", NO_GRID);
			return ok(await deps.grid.impact(query));
		},
	}),
	endpoint({
		method: "get",
		path: "/v1/grid/prices",
		operationId: "GetZonePrices",
		summary: "Zone prices, congestion and the elements at their limit, from the window's last network solution.",
		tag: "grid",
		query: zonePricesQuery,
		success: [{ status: 200, schema: zonePrices, description: "Prices" }],
		problems: ["MALFORMED", "NOT_FOUND", "UNAVAILABLE"],
		async handle({ query: { windowId } }, deps) {
			if (deps.zonePrices === undefined) return problem("UNAVAILABLE", NO_GRID);
			const prices = await deps.zonePrices.latest(windowId);
			return prices === null ? problem("NOT_FOUND", `Window ${windowId} has no network solution yet.`) : ok(prices);
		},
	}),
	endpoint({
		method: "get",
		path: "/v1/grid/overview",
		operationId: "GetGridOverview",
		summary: "Conditions, balancing and prices of one window together, each null while it is not known.",
		tag: "grid",
		query: gridOverviewQuery,
		success: [{ status: 200, schema: gridOverview, description: "What is known" }],
		problems: ["MALFORMED"],
		async handle({ query: { windowId } }, deps) {
			const [balancingOfWindow, prices] = await Promise.all([
				deps.balancing?.window(windowId) ?? null,
				deps.zonePrices?.latest(windowId) ?? null,
			]);
			return ok({ conditions: deps.telemetry?.current() ?? null, balancing: balancingOfWindow, prices });
		},
	}),
	endpoint({
		method: "get",
		path: "/v1/grid/balancing",
		operationId: "GetBalancing",
		summary: "Reserve bought for a window, what was called of it, and the operator's orders.",
		tag: "grid",
		query: balancingQuery,
		success: [{ status: 200, schema: balancing, description: "Reserve and calls" }],
		problems: ["MALFORMED", "NOT_FOUND", "UNAVAILABLE"],
		async handle({ query: { windowId } }, deps) {
			if (deps.balancing === undefined) return problem("UNAVAILABLE", "This venue balances no area.");
			const window = await deps.balancing.window(windowId);
			return window === null ? problem("NOT_FOUND", `No reserve was bought for window ${windowId}.`) : ok(window);
		},
	}),
	endpoint({
		method: "get",
		path: "/v1/directives",
		operationId: "GetDirectives",
		summary: "What authorities have ordered through their multisigs, newest first.",
		tag: "grid",
		query: directiveListQuery,
		success: [{ status: 200, schema: directiveList, description: "Directives" }],
		problems: ["MALFORMED", "UNAVAILABLE"],
		async handle({ query }, deps) {
			if (deps.directives === undefined) return problem("UNAVAILABLE", "This venue does not index the chain.");
			return ok({ directives: await deps.directives.find(query) });
		},
	}),
];
