import { expect } from "chai";
import type { Order } from "../../../../offchain/domain/orders/Order.ts";
import { MAX_ENERGY_WH } from "../../../../offchain/domain/units/units.ts";
import { windowStart } from "../../../../offchain/domain/units/window.ts";
import { type PlannedAction, planWindow } from "../../../../offchain/simulators/market/planWindow.ts";
import { GATE_CLOSURE_SECONDS } from "../../../../offchain/simulators/market/tradingTimes.ts";
import { testScenario, windowOf } from "../testScenario.ts";

type Place = Extract<PlannedAction, { type: "place" }>;

const WINDOWS = {
	"working morning": windowOf("2026-11-24T10:00"),
	"evening peak": windowOf("2026-04-21T20:00"),
	night: windowOf("2026-11-24T03:00"),
	"Sunday noon": windowOf("2026-11-22T12:00"),
};

function placesOf(windowId: number): Place[] {
	return planWindow({ ...testScenario().context, windowId }).filter(
		(action): action is Place => action.type === "place",
	);
}

describe("O2 O3 orders the simulated strategies place", () => {
	for (const [name, windowId] of Object.entries(WINDOWS)) {
		describe(name, () => {
			const meterOf = new Map(testScenario().registration.meters.map((meter) => [meter.meterId, meter]));
			const places = placesOf(windowId);
			const honest = places.filter(({ expectedReasons }) => expectedReasons.length === 0);

			it("default: at least 300 orders, supply and demand of the same order of magnitude", () => {
				expect(places.length).to.be.greaterThan(300);
				const wh = (side: Order["side"]) =>
					honest.filter(({ order }) => order.side === side).reduce((sum, { order }) => sum + order.energyWh, 0);
				expect(wh("sell") / wh("buy")).to.be.within(0.5, 2.5);
			});

			it("invariant: orders not meant to be refused obey band, ownership, quantity and meter capacity", () => {
				const { tariffs } = testScenario().context;
				const soldWh = new Map<number, number>();
				for (const { order, participant } of honest) {
					const meter = meterOf.get(order.meterId);
					expect(meter?.owner, participant.name).to.equal(order.trader);
					expect(order.priceSatPerKwh).to.be.within(tariffs.floorSatPerKwh, tariffs.ceilingSatPerKwh);
					expect(Number.isInteger(order.priceSatPerKwh)).to.equal(true);
					expect(order.energyWh).to.be.within(1, MAX_ENERGY_WH);
					expect(Number.isInteger(order.energyWh)).to.equal(true);
					expect(order.validUntil === 0).to.equal(order.timeInForce !== "gtt");
					if (order.side === "sell") soldWh.set(order.meterId, (soldWh.get(order.meterId) ?? 0) + order.energyWh);
				}
				for (const [meterId, wh] of soldWh) {
					expect(wh, `meter ${meterId}`).to.be.at.most(meterOf.get(meterId)?.maxWindowWh ?? 0);
				}
			});

			it("invariant: sequences ascend in time from 1, unique per account", () => {
				const last = new Map<number, number>();
				for (const { participant, order, expectedReasons } of places) {
					const before = last.get(participant.index) ?? 0;
					if (expectedReasons.includes("DUPLICATE_SEQUENCE") && before > 0) expect(order.sequence).to.equal(before);
					else expect(order.sequence).to.equal(before + 1);
					last.set(participant.index, order.sequence);
				}
			});

			it("invariant: nothing but the deliberately late order is sent after gate closure", () => {
				const gate = windowStart(windowId) - GATE_CLOSURE_SECONDS;
				const late = places.filter(({ atSeconds }) => atSeconds >= gate);
				expect(late.map(({ expectedReasons }) => expectedReasons)).to.deep.equal([["GATE_CLOSED"]]);
			});

			it("default: market, immediate, fill-or-kill, post-only, cancels and replacements all occur", () => {
				expect(places.some(({ order }) => order.orderClass === "market")).to.equal(true);
				for (const timeInForce of ["gtc", "gtt", "ioc", "fok"]) {
					expect(
						places.some(({ order }) => order.timeInForce === timeInForce),
						timeInForce,
					).to.equal(true);
				}
				expect(places.some(({ order }) => order.postOnly)).to.equal(true);
				expect(places.some(({ replacesSequence }) => replacesSequence !== null)).to.equal(true);
				const { context } = testScenario();
				expect(planWindow({ ...context, windowId }).some(({ type }) => type === "cancel")).to.equal(true);
			});
		});
	}

	it("behavior: the same window is planned the same after a restart", () => {
		const plan = () => planWindow({ ...testScenario().context, windowId: WINDOWS.night });
		expect(plan()).to.deep.equal(plan());
	});
});
