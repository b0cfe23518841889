import { expect } from "chai";
import { compareEngines } from "./compareEngines.ts";

const COMMANDS = Number(process.env.ENGINE_COMMANDS ?? 20_000);
const SEED = Number(process.env.ENGINE_SEED ?? Date.now() % 1_000_000);

describe("M6 the trading engine", function () {
	this.timeout(3_600_000);

	it(`invariant: the same events, state and depth as the plain model (${COMMANDS} inputs, seed ${SEED})`, () => {
		const coverage = compareEngines(SEED, COMMANDS);
		if (process.env.ENGINE_COVERAGE !== undefined) console.table(coverage);
		for (const reached of EXPECTED) expect(coverage[reached], reached).to.be.greaterThan(0);
	});
});

/** What a stream of this length always reaches. */
const EXPECTED = [
	"OrderPlaced",
	"OrderRested",
	"TradeExecuted",
	"GridConstraintViolation",
	"OrderCancelled SELF_TRADE",
	"OrderCancelled CANCELLED_BY_TRADER",
	"OrderCancelled IMMEDIATE_REMAINDER",
	"OrderRejected FILL_OR_KILL",
	"OrderRejected POST_ONLY_WOULD_TRADE",
	"OrderRejected METER_CAPACITY",
	"OrderRejected FUNDS_INSUFFICIENT",
	"OrderRejected PRICE_BAND",
	"OrderRejected ZONE_HALTED",
	"TradeUnwound WINDOW_VOIDED",
	"TradeTrimmed TRIMMED_BY_GRID",
	"InputRefused MALFORMED",
	"OrderRejected TRADING_PAUSED",
	"TradingPaused",
	"TradingResumed",
	"OrderExpired",
	"SessionStateChanged",
	"AuctionCalled",
	"AuctionUncrossed with trades",
	"OrderRejected AUCTION_CALL",
];
