import { expect } from "chai";
import { orderHash } from "../../../../offchain/domain/orders/orderHash.ts";
import { REASON_CODES, type ReasonCode } from "../../../../offchain/domain/orders/reasonCodes.ts";
import { energyWh } from "../../../../offchain/domain/units/units.ts";
import { orderReceipt } from "../../../../offchain/infrastructure/http/messages/orderMessages.ts";
import { problemMessage } from "../../../../offchain/infrastructure/http/Problem.ts";
import { problemStatus } from "../../../../offchain/infrastructure/http/problemCodes.ts";
import { DOMAIN, postJson, TestVenue, TRADER, testOrder } from "./TestVenue.ts";

describe("I1 I3 O5 PlaceEnergyOrder over HTTP", () => {
	let venue: TestVenue;
	before(async () => {
		venue = await new TestVenue().start();
	});
	after(() => venue.stop());

	async function signed(changes = {}) {
		const order = testOrder(changes);
		return { order, signature: await TRADER.signOrder(order, DOMAIN) };
	}

	function accepting() {
		venue.engine.answer = (input) => {
			if (input.type !== "PlaceEnergyOrder") return [];
			const { orderHash: hash, order } = input;
			return [
				{ type: "OrderPlaced", orderHash: hash, order },
				{ type: "OrderRested", orderHash: hash, windowId: order.windowId, openWh: order.energyWh },
			];
		};
	}

	it("default: an accepted order is answered 201 with its hash, state and events", async () => {
		accepting();
		const request = await signed();
		const { status, body } = await postJson(`${venue.url}/v1/orders`, request);
		expect(status).to.equal(201);
		const receipt = orderReceipt.parse(body);
		expect(receipt.orderHash).to.equal(orderHash(request.order, DOMAIN));
		expect(receipt).to.include({ state: "active", filledWh: 0, openWh: 1500, repeated: false });
		expect(receipt.events.map(({ type }) => type)).to.deep.equal(["OrderPlaced", "OrderRested"]);
		expect(venue.engine.inputs.at(-1)).to.deep.equal({
			type: "PlaceEnergyOrder",
			...request,
			orderHash: receipt.orderHash,
		});
	});

	it("behavior: upper-case hex in the request reaches the engine in lower case", async () => {
		accepting();
		const { order, signature } = await signed({ sequence: 2 });
		const trader = `0x${order.trader.slice(2).toUpperCase()}`;
		const { status } = await postJson(`${venue.url}/v1/orders`, { order: { ...order, trader }, signature });
		expect(status).to.equal(201);
		const input = venue.engine.inputs.at(-1);
		expect(input?.type === "PlaceEnergyOrder" && input.order.trader).to.equal(TRADER.address);
	});

	it("behavior: the same order again gives the same answer from what is stored", async () => {
		const { order, signature } = await signed({ sequence: 3 });
		const hash = orderHash(order, DOMAIN);
		venue.engine.answer = () => [];
		venue.orders.set(hash, {
			orderHash: hash,
			order,
			signature,
			state: "partiallyFilled",
			reason: null,
			detail: null,
			filledWh: 500,
			openWh: 1000,
			placedSequence: 77,
			changedSequence: 80,
			placedAtMillis: 1,
		});
		const { status, body } = await postJson(`${venue.url}/v1/orders`, { order, signature });
		expect(status).to.equal(201);
		expect(body).to.include({ orderHash: hash, sequence: 77, state: "partiallyFilled", openWh: 1000, repeated: true });
	});

	it("error: every reason code of the engine arrives as problem+json with its code and status", async () => {
		const request = await signed({ sequence: 4 });
		for (const reason of Object.keys(REASON_CODES) as ReasonCode[]) {
			venue.engine.answer = (input) =>
				input.type === "PlaceEnergyOrder"
					? [
							{
								type: "OrderRejected",
								orderHash: input.orderHash,
								order: input.order,
								reason,
								detail: `because ${reason}`,
							},
						]
					: [];
			const { status, type, body } = await postJson(`${venue.url}/v1/orders`, request);
			expect(type).to.match(/^application\/problem\+json/);
			const parsed = problemMessage.parse(body);
			expect(parsed).to.include({ code: reason, detail: `because ${reason}`, status });
			expect(status).to.equal(problemStatus(reason));
			expect(body.orderHash).to.equal(orderHash(request.order, DOMAIN));
		}
	});

	it("error: SIGNATURE_INVALID and SIGNER_NOT_AUTHORISED never reach the engine and are counted", async () => {
		accepting();
		const before = venue.engine.inputs.length;
		const { order, signature } = await signed({ sequence: 5 });
		const garbled = await postJson(`${venue.url}/v1/orders`, { order, signature: `0x${"00".repeat(64)}` });
		expect(garbled.status).to.equal(422);
		expect(garbled.body.code).to.equal("SIGNATURE_INVALID");
		const changed = await postJson(`${venue.url}/v1/orders`, { order: { ...order, energyWh: 9999 }, signature });
		expect(changed.body.code).to.equal("SIGNER_NOT_AUTHORISED");
		expect(venue.engine.inputs.length).to.equal(before);
		expect(venue.metrics.text()).to.match(/gridtokenx_orders_total\{result="SIGNATURE_INVALID"\} [0-9]+/);
	});

	it("error: a full queue is 503 BUSY, a dead engine 503 OUTCOME_UNKNOWN, both with retry-after", async () => {
		const request = await signed({ sequence: 6 });
		venue.engine.answer = () => "busy";
		const busy = await postJson(`${venue.url}/v1/orders`, request);
		expect([busy.status, busy.body.code, busy.headers.get("retry-after")]).to.deep.equal([503, "BUSY", "1"]);
		venue.engine.answer = () => new Error("stopped");
		const dead = await postJson(`${venue.url}/v1/orders`, request);
		expect([dead.status, dead.body.code]).to.deep.equal([503, "OUTCOME_UNKNOWN"]);
		expect(JSON.stringify(dead.body)).to.not.contain("stopped");
	});

	it("behavior: a batch answers each order for itself, in order", async () => {
		accepting();
		const good = await signed({ sequence: 7 });
		const bad = { order: testOrder({ sequence: 8 }), signature: good.signature };
		const fine = await signed({ sequence: 9, energyWh: energyWh(5) });
		const { status, body } = await postJson(`${venue.url}/v1/orders/batch`, { orders: [good, bad, fine] });
		expect(status).to.equal(200);
		const results = body.results as { status: string; orderHash: string; code?: string }[];
		expect(results.map((result) => result.status)).to.deep.equal(["accepted", "rejected", "accepted"]);
		expect(results[1]?.code).to.equal("SIGNER_NOT_AUTHORISED");
		expect(results[2]?.orderHash).to.equal(orderHash(fine.order, DOMAIN));
	});

	it("default: the client library signs, places and understands each kind of answer", async () => {
		accepting();
		const client = venue.client();
		const accepted = await client.placeOrder(TRADER, testOrder({ sequence: 20 }));
		expect(accepted.status).to.equal("accepted");
		venue.engine.answer = (input) =>
			input.type === "PlaceEnergyOrder"
				? [
						{
							type: "OrderRejected",
							orderHash: input.orderHash,
							order: input.order,
							reason: "GATE_CLOSED",
							detail: "late",
						},
					]
				: [];
		const rejected = await client.placeOrder(TRADER, testOrder({ sequence: 21 }));
		expect(rejected).to.include({ status: "rejected", code: "GATE_CLOSED", detail: "late" });
		venue.engine.answer = () => "busy";
		const busy = await client.placeOrder(TRADER, testOrder({ sequence: 22 }));
		expect(busy).to.include({ status: "unavailable", code: "BUSY" });
	});
});
