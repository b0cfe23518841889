import { expect } from "chai";
import type { Directive, EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import { ENERGY_SOURCES } from "../../../../offchain/domain/grid/energySource.ts";
import { thaiGridLimits } from "../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { zonePairCharges, zonePairLosses } from "../../../../offchain/domain/grid/zonePairCharges.ts";
import { ZONE_CODES, zoneId } from "../../../../offchain/domain/grid/zones.ts";
import { buildWindowPlan } from "../../../../offchain/domain/settlement/buildWindowPlan.ts";
import { chargeCapSatPerKwh } from "../../../../offchain/domain/settlement/chargeParts.ts";
import type { MarketRulesVersion, SettlementState } from "../../../../offchain/domain/settlement/SettlementRules.ts";
import { SETTLEMENT_CODES } from "../../../../offchain/domain/settlement/settlementCode.ts";
import { settleWindow } from "../../../../offchain/domain/settlement/settleWindow.ts";
import { windowStart } from "../../../../offchain/domain/units/window.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { explainRejection } from "../../../../offchain/simulators/market/explainRejection.ts";
import { SimulatedMarket } from "../../../../offchain/simulators/market/SimulatedMarket.ts";
import type { RecordedRejection, WindowTally } from "../../../../offchain/simulators/market/WindowTally.ts";
import { meterForecasts } from "../../../../offchain/simulators/meters/meterForecasts.ts";
import { createScenario } from "../../../../offchain/simulators/scenario/createScenario.ts";
import { TEST_DOMAIN, windowOf } from "../testScenario.ts";
import { VirtualClock } from "../VirtualClock.ts";
import { EngineVenue } from "./EngineVenue.ts";

const RULES: MarketRulesVersion = {
	fromWindow: 0,
	floorSatPerKwh: 30,
	ceilingSatPerKwh: 330,
	tickSatPerKwh: 1,
	distributionSatPerKwh: ZONE_CODES.map(() => 10),
	transmissionSatPerKwh: 16,
	platformSatPerKwh: 1,
	congestionCapSatPerKwh: 60,
	lossCapPermille: 150,
	shortfallSatPerKwh: 200,
	shortfallMinSatPerKwh: 0,
	shortfallMaxSatPerKwh: 330,
};
const CHARGE_ACCOUNTS = { EGAT: "0xe1", MEA: "0xe2", PEA: "0xe3", congestion: "0xe4", platform: "0xe5" } as const;

const limits = thaiGridLimits(loadThaiNetwork(), { lossCapPartsPerMillion: RULES.lossCapPermille * 1000 });
const scenario = createScenario({ seed: "thai day", participants: 250, feederNodes: limits.nodes });

function genesis(): EngineInput[] {
	const charges = zonePairCharges({
		satPerThb: 33,
		wheeling: { sameZoneThbPerKwh: 0.3, sameLicenseeThbPerKwh: 0.75, otherThbPerKwh: 1.07 },
		platformSatPerKwh: 1,
		lossPriceSatPerKwh: 90,
		lossPartsPerMillion: zonePairLosses(limits),
	});
	const { floorSatPerKwh, ceilingSatPerKwh, tickSatPerKwh, shortfallSatPerKwh } = RULES;
	const shortfallMarginSatPerKwh = shortfallSatPerKwh - floorSatPerKwh;
	return [
		{
			type: "SetMarketRules",
			fromWindow: 0,
			floorSatPerKwh,
			ceilingSatPerKwh,
			tickSatPerKwh,
			shortfallMarginSatPerKwh,
		},
		{ type: "SetZoneCharges", charges },
		{ type: "SetGridLimits", fromWindow: 0, toWindow: 10_000_000, limits },
	];
}

type Replay = { venue: EngineVenue; tallies: WindowTally[] };

async function replay(first: number, windows: number, halt?: Directive): Promise<Replay> {
	const clock = new VirtualClock((windowStart(first) - 3_600) * 1000);
	const venue = new EngineVenue(clock, genesis(), scenario.registration);
	venue.apply({ type: "AdvanceClock", nowSeconds: Math.floor(clock.nowMillis() / 1000) });
	const windowIds = Array.from({ length: windows }, (_, index) => first + index);
	for (const windowId of windowIds) {
		for (const forecast of meterForecasts(scenario.population, scenario.model, windowId)) venue.apply(forecast);
	}
	const market = new SimulatedMarket({
		clock,
		entry: venue,
		domain: TEST_DOMAIN,
		context: scenario.context,
		firstWindow: first,
		lastWindow: first + windows - 1,
	});
	if (halt !== undefined) {
		const at = (windowStart(halt.fromWindow) - 34 * 60) * 1000;
		void clock.sleepUntil(at).then(() => venue.fact({ kind: "DirectiveSet", directive: halt }));
	}
	await market.run(new AbortController().signal);
	return { venue, tallies: windowIds.map((windowId) => market.tally(windowId) as WindowTally) };
}

function surprises({ tallies }: Replay, directives: Directive[] = []): string[] {
	return tallies
		.flatMap(({ rejections }) => rejections)
		.filter((rejection) => explainRejection(rejection, directives) === null)
		.map(({ participant, reason, detail }: RecordedRejection) => `${participant} ${reason} ${detail}`);
}

/** Settles a window as the contract would, with the fleet's own readings. */
function settle({ venue }: Replay, windowId: number) {
	const trades = venue.trades().filter((trade) => trade.windowId === windowId);
	const named = new Set(trades.flatMap(({ sellOrderHash, buyOrderHash }) => [sellOrderHash, buyOrderHash]));
	const orders = [...venue.sent.values()].filter(({ orderHash }) => named.has(orderHash));
	const plan = buildWindowPlan({ windowId, orders, trades, maxTradesPerChunk: 250 });
	const readings = scenario.population.flatMap(({ kind, meters }) =>
		meters
			.filter(({ source }) => source !== "none")
			.map((meter) => ({
				meterId: meter.meterId,
				exportedWh: scenario.model.actualExportWh(kind, meter, windowId),
			})),
	);
	const account = { epoch: 0, exitFromWindow: 0, licensedUntilWindow: 1e7, tier: 0 };
	const cursor = { cursorWindow: 0, cursorSequence: 0, cursorFillWh: 0 };
	const state: SettlementState = {
		rules: RULES,
		shortfallSatPerKwhByZone: [],
		zoneRules: [],
		chargeAccounts: CHARGE_ACCOUNTS,
		meters: new Map(
			scenario.registration.meters.map((meter) => [
				meter.meterId,
				{ ...meter, source: ENERGY_SOURCES.indexOf(meter.source), activeUntilWindow: 1e7 },
			]),
		),
		accounts: new Map(
			scenario.registration.deposits.map((deposit) => [
				deposit.account,
				{ ...account, ...cursor, balanceMsat: deposit.amountSat * 1000 },
			]),
		),
	};
	return { trades, readings, outcome: settleWindow(plan, readings, state) };
}

describe("T3 Thai profiles replayed against the engine and the Thai grid", () => {
	const moments = {
		"working morning": windowOf("2026-11-24T10:00"),
		"hot-season evening peak": windowOf("2026-04-21T19:30"),
		night: windowOf("2026-11-24T02:00"),
		"Sunday noon": windowOf("2026-11-22T12:00"),
	};
	for (const [name, first] of Object.entries(moments)) {
		describe(name, () => {
			let result: Replay;
			before(async () => {
				result = await replay(first, 2);
			});

			it("default: at least 300 orders a window, trades in at least 8 zones, every rejection explained", () => {
				expect(surprises(result)).to.deep.equal([]);
				for (const { windowId, placed } of result.tallies) {
					expect(placed).to.be.greaterThan(300);
					const trades = result.venue.trades().filter((trade) => trade.windowId === windowId);
					const zones = new Set(trades.flatMap(({ sellZoneId, buyZoneId }) => [sellZoneId, buyZoneId]));
					expect(zones.size, `zones of ${trades.length} trades`).to.be.at.least(8);
				}
			});

			it("invariant: no trade costs more than the regulator's cap, no account trades with itself", () => {
				for (const trade of result.venue.trades()) {
					const charge = trade.buyerPriceSatPerKwh - trade.sellerPriceSatPerKwh;
					expect(charge).to.be.at.most(chargeCapSatPerKwh(RULES, trade.sellZoneId, trade.buyZoneId));
					expect(trade.seller).not.to.equal(trade.buyer);
				}
			});

			it("invariant: settles with the meters' readings; energy and money close, no trade is skipped", () => {
				const { outcome, trades, readings } = settle(result, first);
				const reading = new Map(readings.map(({ meterId, exportedWh }) => [meterId, exportedWh]));
				const skipped = outcome.trades.filter(({ code }) => code !== SETTLEMENT_CODES.SETTLED);
				expect(skipped).to.deep.equal([]);
				const sum = (pick: (trade: (typeof outcome.trades)[number]) => number) =>
					outcome.trades.reduce((total, trade) => total + pick(trade), 0);
				const soldWh = trades.reduce((total, { energyWh }) => total + energyWh, 0);
				expect(sum(({ deliveredWh }) => deliveredWh) + sum(({ shortWh }) => shortWh)).to.equal(soldWh);
				expect(sum(({ shortWh }) => shortWh)).to.be.within(0, soldWh * 0.1);
				expect([...outcome.deltasMsat.values()].reduce((total, delta) => total + delta, 0)).to.equal(0);
				// No meter is paid for more than it injected.
				const meterOf = new Map(trades.map(({ tradeId, sellMeterId }) => [tradeId, sellMeterId]));
				const injected = new Map<number, number>();
				for (const { tradeId, deliveredWh, lostWh } of outcome.trades) {
					const meterId = meterOf.get(tradeId) as number;
					injected.set(meterId, (injected.get(meterId) ?? 0) + deliveredWh + lostWh);
				}
				for (const [meterId, wh] of injected) expect(wh).to.be.at.most(reading.get(meterId) ?? 0);
			});
		});
	}

	it("behavior: a halt in the middle of trading leaves no trade in its zone, and explains what it refuses", async () => {
		const first = moments["working morning"];
		const halt: Directive = {
			directiveId: 1,
			authority: "EGAT",
			kind: "HALT",
			zoneId: zoneId("NE3"),
			fromWindow: first + 1,
			toWindow: first + 1,
			value: 0,
			reasonHash: `0x${"01".repeat(32)}`,
		};
		const result = await replay(first, 2, halt);
		expect(surprises(result, [halt])).to.deep.equal([]);
		expect(result.tallies[1]?.rejectedByReason.ZONE_HALTED).to.be.greaterThan(5);
		const inZone = (windowId: number) =>
			result.venue
				.trades()
				.filter((trade) => trade.windowId === windowId)
				.filter(({ sellZoneId, buyZoneId }) => sellZoneId === halt.zoneId || buyZoneId === halt.zoneId).length;
		expect(inZone(first)).to.be.greaterThan(0);
		expect(inZone(first + 1)).to.equal(0);
	});

	it("behavior: the same seed gives the same trades", async () => {
		const first = moments.night;
		const [one, two] = [await replay(first, 1), await replay(first, 1)];
		expect(two.venue.trades()).to.deep.equal(one.venue.trades());
		expect(two.venue.engine.stateHash()).to.equal(one.venue.engine.stateHash());
	});
});
