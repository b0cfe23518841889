import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { privateKeyToAccount } from "viem/accounts";
import type { Order, SignedOrder } from "../../../offchain/domain/orders/Order.ts";
import { orderHash } from "../../../offchain/domain/orders/orderHash.ts";
import { SETTLEMENT_CODES } from "../../../offchain/domain/settlement/settlementCode.ts";
import type { Address, Hex } from "../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../offchain/domain/units/units.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import type { Trader } from "../fixtures/Venue.ts";
import { signCompact, wallet } from "../fixtures/wallet.ts";

/** An operator who wants orders nobody signed. Beside each stands a good trade, which must settle. */
describe("C3 C5 settleChunk: forgery and replay", () => {
	const venue = useVenue(async (made) => {
		const people = await pair(made);
		const others = { honestSeller: await made.trader("honest seller"), honestBuyer: await made.trader("honest buyer") };
		return { ...people, ...others };
	});

	/** Code of a trade in which one of the orders was tampered with; the honest trade beside it must settle. */
	async function codeWith(tamper: {
		sell?: (order: SignedOrder) => SignedOrder;
		buy?: (order: SignedOrder) => SignedOrder;
	}) {
		const { seller, buyer, honestSeller, honestBuyer, windowId } = venue();
		const sell = (tamper.sell ?? same)(venue().order(seller, { side: "sell", windowId }));
		const buy = (tamper.buy ?? same)(venue().order(buyer, { side: "buy", windowId }));
		const goodSell = venue().order(honestSeller, { side: "sell", windowId });
		const goodBuy = venue().order(honestBuyer, { side: "buy", windowId });
		const plan = venue().plan(
			windowId,
			[sell, buy, goodSell, goodBuy],
			[venue().trade(sell, buy), venue().trade(goodSell, goodBuy)],
		);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [full(seller), full(honestSeller)]);
		expect(trades[1]).to.include({ code: 0, deliveredWh: 1000 });
		return trades[0]?.code;
	}

	it("settles what both have signed", async () => {
		expect(await codeWith({})).to.equal(SETTLEMENT_CODES.SETTLED);
	});

	for (const side of ["sell", "buy"] as const) {
		it(`error: the ${side} is signed by somebody else`, async () => {
			const forged = (signed: SignedOrder) => ({
				...signed,
				signature: signCompact(wallet("thief"), signed.orderHash),
			});
			expect(await codeWith({ [side]: forged })).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
		});
	}

	const changes: { field: string; change: Partial<Order> }[] = [
		{ field: "priceSatPerKwh", change: { priceSatPerKwh: priceSatPerKwh(200) } },
		{ field: "energyWh", change: { energyWh: energyWh(5000) } },
		{ field: "sequence", change: { sequence: 2 } },
		{ field: "epoch", change: { epoch: 1 } },
		{ field: "validUntil", change: { validUntil: 1 } },
		{ field: "directiveId", change: { directiveId: 1 } },
		{ field: "orderClass", change: { orderClass: "market" } },
		{ field: "timeInForce", change: { timeInForce: "ioc" } },
		{ field: "postOnly", change: { postOnly: true } },
		{ field: "selfTradeMode", change: { selfTradeMode: "cancelBoth" } },
	];
	for (const { field, change } of changes) {
		it(`error: ${field} is not the one signed`, async () => {
			const alter = (signed: SignedOrder): SignedOrder => ({ ...signed, order: { ...signed.order, ...change } });
			expect(await codeWith({ buy: alter })).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
		});
	}

	it("error: another meter of the same owner", async () => {
		const { buyer } = venue();
		await venue().registerMeter(buyer, 77, { zoneId: 1, source: "none" });
		const alter = (signed: SignedOrder) => ({ ...signed, order: { ...signed.order, meterId: 77 } });
		expect(await codeWith({ buy: alter })).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
	});

	it("error: the order of another window", async () => {
		const old = (signed: SignedOrder): SignedOrder => {
			const earlier = { ...signed.order, windowId: signed.order.windowId - 1 };
			const hash = orderHash(earlier, venue().domain);
			return { ...signed, signature: signCompact(venue().buyer, hash) };
		};
		expect(await codeWith({ buy: old })).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
	});

	it("error: an order for another chain or another contract", async () => {
		for (const other of [
			{ ...venue().domain, chainId: 1 },
			{ ...venue().domain, verifyingContract: venue().deployment.addresses.CollateralVault },
		]) {
			const snapshot = await venue().snapshot();
			const foreign = (signed: SignedOrder) => ({
				...signed,
				signature: signCompact(venue().buyer, orderHash(signed.order, other)),
			});
			expect(await codeWith({ buy: foreign })).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
			await venue().restore(snapshot);
		}
	});

	it("error: the buyer's signature used for a sell", async () => {
		const { buyer } = venue();
		const { windowId, seller } = venue();
		const turned = venue().order({ ...seller, address: buyer.address } as Trader, { side: "sell", windowId }, buyer);
		expect(turned.order.trader).to.equal(buyer.address);
		const sell = () => ({ ...turned, order: { ...turned.order, trader: seller.address } });
		expect(await codeWith({ sell })).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
	});

	it("error: an empty signature", async () => {
		const empty = (signed: SignedOrder) => ({ ...signed, signature: `0x${"00".repeat(64)}` as const });
		expect(await codeWith({ buy: empty })).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
	});

	it("error: a device's signature in its higher form", async () => {
		const { windowId, buyer, calls } = venue();
		const signed = venue().order(buyer, { side: "buy", windowId });
		const { low, high, device } = bothForms(signed.orderHash);
		await venue().send(calls.setDelegate(device, windowId + 1), buyer);
		const snapshot = await venue().snapshot();
		expect(await codeWith({ buy: () => ({ ...signed, signature: low }) })).to.equal(SETTLEMENT_CODES.SETTLED);
		await venue().restore(snapshot);
		expect(await codeWith({ buy: () => ({ ...signed, signature: high }) })).to.equal(
			SETTLEMENT_CODES.SIGNATURE_INVALID,
		);
	});

	it("O4 a delegated device signs for its owner until its window", async () => {
		const device = wallet("device");
		const byDevice = (signed: SignedOrder) => ({ ...signed, signature: signCompact(device, signed.orderHash) });
		const { windowId, buyer, calls } = venue();
		const snapshot = await venue().snapshot();
		await venue().send(calls.setDelegate(device.address, windowId + 1), buyer);
		expect(await codeWith({ buy: byDevice })).to.equal(SETTLEMENT_CODES.SETTLED);
		await venue().restore(snapshot);
		await venue().send(calls.setDelegate(device.address, windowId), buyer);
		expect(await codeWith({ buy: byDevice })).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
	});
});

function same(signed: SignedOrder): SignedOrder {
	return signed;
}

/**
 * Both forms of a signature: a 64-byte one has 255 bits for s, so the higher form fits only where the lower is within 2^127 of half
 * the group's order. Nobody meets such a one by chance, but a key can be made for it: from the nonce and s, by the digest.
 */
function bothForms(digest: Hex): { low: Hex; high: Hex; device: Address } {
	const { Point } = secp256k1;
	const { Fn } = Point;
	const nonce = 0x1234_5678_9abc_def0n;
	const { x, y } = Point.BASE.multiply(nonce).toAffine();
	const high = (Fn.ORDER >> 1n) + 12_345n;
	expect(high < 1n << 255n).to.equal(true);
	const key = Fn.mul(Fn.sub(Fn.mul(high, nonce), Fn.create(BigInt(digest))), Fn.inv(Fn.create(x)));
	const word = (value: bigint) => value.toString(16).padStart(64, "0");
	const parity = y & 1n;
	const form = (s: bigint, odd: bigint): Hex => `0x${word(x)}${word(s | (odd << 255n))}`;
	const device = privateKeyToAccount(`0x${word(key)}`).address.toLowerCase() as Address;
	return { low: form(Fn.ORDER - high, parity ^ 1n), high: form(high, parity), device };
}

function full(seller: Trader) {
	return { meterId: seller.meterId, exportedWh: 10_000, zoneId: seller.zoneId };
}
