import { expect } from "chai";
import {
	balancingNeedWh,
	gridBalancingOrders,
} from "../../../../../offchain/domain/grid/balancing/gridBalancingOrders.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import type { Address, Hash32 } from "../../../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../../../offchain/domain/units/units.ts";
import { createEngine } from "../../../../../offchain/infrastructure/engine/RunningEngine.ts";

const OPERATOR: Address = `0x${"aa".repeat(20)}`;
const SELLER: Address = `0x${"bb".repeat(20)}`;
const BUYER: Address = `0x${"cc".repeat(20)}`;
const NOW = 1_776_750_000;
const WINDOW = Math.floor(NOW / 900) + 6;

function orders(
	needWh: number,
	meters = [
		{ meterId: 1, weight: 3 },
		{ meterId: 2, weight: 1 },
	],
): Order[] {
	return gridBalancingOrders({
		operator: OPERATOR,
		epoch: 0,
		firstSequence: 10,
		windowId: WINDOW,
		needWh,
		meters,
		floorSatPerKwh: 30,
		ceilingSatPerKwh: 330,
	});
}

describe("G7 balancing needs become GridBalancing orders", () => {
	it("default: a short area buys at the ceiling, pro rata to the watt-hour; a long one sells at the floor", () => {
		expect(balancingNeedWh({ windowId: WINDOW, areaControlErrorMw: -0.2, reserveToReplaceMw: 0.1 })).to.equal(75_000);
		const buys = orders(75_001);
		expect(
			buys.map((order) => [order.side, order.meterId, order.energyWh, order.priceSatPerKwh, order.sequence]),
		).to.deep.equal([
			["buy", 1, 56_251, 330, 10],
			["buy", 2, 18_750, 330, 11],
		]);
		expect(orders(-8).map((order) => [order.side, order.energyWh, order.priceSatPerKwh])).to.deep.equal([
			["sell", 6, 30],
			["sell", 2, 30],
		]);
		expect(orders(0)).to.deep.equal([]);
		expect(orders(5, [])).to.deep.equal([]);
	});

	it("error: a need that is no number", () => {
		expect(() => balancingNeedWh({ windowId: 1, areaControlErrorMw: Number.NaN, reserveToReplaceMw: 0 })).to.throw(
			RangeError,
		);
		expect(() => orders(0.5)).to.throw(RangeError);
	});

	it("behavior: the engine fills the operator's order before a trader who pays the same, cheapest seller first", () => {
		const engine = createEngine();
		let sequence = 0;
		const apply = (input: Parameters<typeof engine.apply>[1]) => engine.apply(++sequence, input);
		apply({ type: "AdvanceClock", nowSeconds: NOW });
		apply({
			type: "SetMarketRules",
			fromWindow: 0,
			floorSatPerKwh: 30,
			ceilingSatPerKwh: 330,
			tickSatPerKwh: 1,
			shortfallMarginSatPerKwh: 0,
		});
		let position = 0;
		const fact = (body: object) => apply({ type: "ChainFact", position: ++position, fact: body as never });
		for (const [account, tier, meterId, source] of [
			[OPERATOR, 4, 1, "none"],
			[SELLER, 1, 3, "hydro"],
			[BUYER, 1, 4, "none"],
		] as const) {
			fact({ kind: "Deposited", account, amountMsat: 1e12 });
			fact({ kind: "ParticipantLicensed", account, tier, validUntil: NOW + 1e7 });
			fact({ kind: "MeterRegistered", meterId, owner: account, zoneId: 1, source, maxWindowWh: 90_000, nodeId: 0 });
		}
		let hash = 0;
		const place = (order: Order) => {
			hash += 1;
			const orderHash = `0x${hash.toString(16).padStart(64, "0")}` as Hash32;
			return apply({ type: "PlaceEnergyOrder", order, orderHash, signature: orderHash });
		};
		const [balancing] = orders(40_000, [{ meterId: 1, weight: 1 }]) as [Order];
		const limit = { ...balancing, orderClass: "limit" as const };
		place({ ...limit, trader: BUYER, meterId: 4, sequence: 1, energyWh: energyWh(40_000) });
		place(balancing);
		const sell = { ...limit, trader: SELLER, meterId: 3, side: "sell" as const, energyWh: energyWh(50_000) };
		const events = place({ ...sell, sequence: 1, priceSatPerKwh: priceSatPerKwh(90) });
		const trades = events.flatMap((event) => (event.type === "TradeExecuted" ? [event.trade] : []));
		expect(trades.map(({ buyer, energyWh: wh }) => [buyer, wh])).to.deep.equal([
			[OPERATOR, 40_000],
			[BUYER, 10_000],
		]);
	});
});
