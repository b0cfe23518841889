import { z } from "zod";
import { currentWindows } from "../../../application/queries/currentWindows.ts";
import { windowAt } from "../../../domain/units/window.ts";
import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import {
	candleList,
	candleQuery,
	makerList,
	marketDepth,
	marketDepthQuery,
	marketSummary,
	pricingData,
	pricingQuery,
	tradeList,
	tradeListQuery,
	windowDetail,
	windowList,
	windowListQuery,
} from "../messages/marketMessages.ts";
import { queryWindowId } from "../messages/primitives.ts";
import { problem } from "../Problem.ts";

const SUMMARY_TRADES = 50;

const getMarketDepth = endpoint({
	method: "get",
	path: "/v1/market-depth",
	operationId: "GetMarketDepth",
	summary: "The live book of one zone in one window.",
	tag: "market",
	query: marketDepthQuery,
	success: [{ status: 200, schema: marketDepth, description: "Depth" }],
	problems: ["MALFORMED"],
	handle: async ({ query: { windowId, zoneId, levels } }, deps) =>
		ok(await deps.engineQueries.depth(windowId, zoneId, levels)),
});

const getTrades = endpoint({
	method: "get",
	path: "/v1/trades",
	operationId: "GetTrades",
	summary: "Trades as committed, newest first.",
	tag: "market",
	query: tradeListQuery,
	success: [{ status: 200, schema: tradeList, description: "A page of trades" }],
	problems: ["MALFORMED"],
	async handle({ query }, deps) {
		const trades = await deps.trades.find(query);
		const last = trades.length === query.limit ? trades.at(-1) : undefined;
		return ok({ trades, nextBeforeSequence: last?.sequence ?? null });
	},
});

const getWindows = endpoint({
	method: "get",
	path: "/v1/windows",
	operationId: "GetWindows",
	summary: "Delivery windows with their totals and the state of their settlement, newest first.",
	tag: "market",
	query: windowListQuery,
	success: [{ status: 200, schema: windowList, description: "Windows" }],
	problems: ["MALFORMED"],
	handle: async ({ query }, deps) => ok({ windows: await deps.marketData.windows(query) }),
});

const getWindow = endpoint({
	method: "get",
	path: "/v1/windows/{windowId}",
	operationId: "GetWindow",
	summary: "One window: totals, session and flows between zones.",
	tag: "market",
	params: z.strictObject({ windowId: queryWindowId }),
	success: [{ status: 200, schema: windowDetail, description: "The window" }],
	problems: ["MALFORMED", "NOT_FOUND"],
	async handle({ params: { windowId } }, deps) {
		const [[window], session, zoneFlows] = await Promise.all([
			deps.marketData.windows({ fromWindow: windowId, toWindow: windowId, limit: 1 }),
			deps.engineQueries.session(windowId),
			deps.marketData.zoneFlows(windowId),
		]);
		if (window === undefined && session === null) {
			return problem("NOT_FOUND", `Window ${windowId} has no session and no trades.`);
		}
		return ok({ window: window ?? null, session, zoneFlows });
	},
});

const getMakers = endpoint({
	method: "get",
	path: "/v1/windows/{windowId}/makers",
	operationId: "GetMakers",
	summary: "Who makes a window's market, by the quoting scores its rebates are shared by.",
	tag: "market",
	params: z.strictObject({ windowId: queryWindowId }),
	success: [{ status: 200, schema: makerList, description: "Market makers, best first" }],
	problems: ["MALFORMED", "UNAVAILABLE"],
	async handle({ params: { windowId } }, deps) {
		if (deps.makers === undefined) return problem("UNAVAILABLE", "This venue rewards no market makers.");
		const scores = await deps.makers.ofWindow(windowId);
		const total = scores.reduce((sum, { score }) => sum + score, 0);
		const makers = scores.map((each) => ({ ...each, sharePartsPerMillion: Math.floor((each.score / total) * 1e6) }));
		return ok({ windowId, makers });
	},
});

const getCandles = endpoint({
	method: "get",
	path: "/v1/candles",
	operationId: "GetCandles",
	summary: "Open, high, low, close and volume-weighted price of what buyers paid.",
	tag: "market",
	query: candleQuery,
	success: [{ status: 200, schema: candleList, description: "Candles" }],
	problems: ["MALFORMED"],
	handle: async ({ query }, deps) => ok({ candles: await deps.marketData.candles(query) }),
});

const getPricingData = endpoint({
	method: "get",
	path: "/v1/pricing",
	operationId: "GetPricingData",
	summary: "Reference price of a zone and window with every factor that made it.",
	tag: "market",
	query: pricingQuery,
	success: [{ status: 200, schema: pricingData, description: "Prices" }],
	problems: ["MALFORMED", "UNAVAILABLE"],
	async handle({ query: { windowId, zoneId } }, deps) {
		if (deps.pricing === undefined) return problem("UNAVAILABLE", "This venue has no price discovery attached.");
		return ok(await deps.pricing.pricing(windowId, zoneId));
	},
});

const getMarketSummary = endpoint({
	method: "get",
	path: "/v1/summary",
	operationId: "GetMarketSummary",
	summary: "Sessions, latest windows and latest trades at one glance.",
	tag: "market",
	success: [{ status: 200, schema: marketSummary, description: "Summary" }],
	problems: [],
	async handle(_request, deps) {
		const marketTimeMillis = Math.floor(deps.clock.nowMillis());
		const [sessions, windows, trades] = await Promise.all([
			deps.engineQueries.sessions(),
			currentWindows(deps.marketData, marketTimeMillis),
			deps.trades.find({ limit: SUMMARY_TRADES }),
		]);
		return ok({ marketTimeMillis, currentWindowId: windowAt(marketTimeMillis / 1000), sessions, windows, trades });
	},
});

export const marketEndpoints: Endpoint[] = [
	getMarketDepth,
	getTrades,
	getWindows,
	getWindow,
	getMakers,
	getCandles,
	getPricingData,
	getMarketSummary,
];
