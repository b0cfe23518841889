import { expect } from "chai";
import { placeEnergyOrder } from "../../../../offchain/application/commands/PlaceEnergyOrder.ts";
import {
	CANCEL_ONLY_MILLIS,
	CancelOnlyGate,
	CHAIN_SILENT_MILLIS,
	ENGINE_SILENT_MILLIS,
} from "../../../../offchain/application/services/CancelOnlyGate.ts";
import { windowStart } from "../../../../offchain/domain/units/window.ts";

const WINDOW = 1_974_180;
const GOOD = { engineSilentMillis: 200, chainSilentMillis: 300 };

describe("X6 degraded modes: the gate for new orders", () => {
	function setUp(secondsBeforeDelivery = 7_200) {
		const time = { now: 0 };
		const gate = new CancelOnlyGate({
			marketNowSeconds: () => windowStart(WINDOW) - secondsBeforeDelivery,
			nowMillis: () => time.now,
		});
		gate.hear(GOOD);
		return { gate, time };
	}

	it("default: open while engine and chain move", () => {
		const { gate } = setUp();
		expect(gate.refusal({ windowId: WINDOW })).to.equal(null);
		expect(gate.health().status).to.equal("ok");
	});

	it("behavior: a market that starts is open at once", () => {
		const gate = new CancelOnlyGate({ marketNowSeconds: () => 0, nowMillis: () => 0 });
		gate.hear(null);
		gate.hear(GOOD);
		expect(gate.refusal({ windowId: WINDOW })).to.equal(null);
	});

	it("behavior: database gone or engine silent: cancel-only, and for a while after, then open", () => {
		for (const stop of [null, { ...GOOD, engineSilentMillis: ENGINE_SILENT_MILLIS + 1 }]) {
			const { gate, time } = setUp();
			gate.hear(stop);
			expect(gate.refusal({ windowId: WINDOW })).to.match(/does not answer/);
			time.now = 60_000;
			gate.hear(GOOD);
			expect(gate.refusal({ windowId: WINDOW })).to.match(/10 s more/);
			expect(gate.health().status).to.equal("degraded");
			time.now += CANCEL_ONLY_MILLIS - 1;
			expect(gate.refusal({ windowId: WINDOW })).to.match(/1 s more/);
			time.now += 1;
			expect(gate.refusal({ windowId: WINDOW })).to.equal(null);
		}
	});

	it("behavior: with a silent chain only windows that could not be committed are closed", () => {
		const { gate } = setUp(1_000);
		gate.hear({ ...GOOD, chainSilentMillis: CHAIN_SILENT_MILLIS + 1 });
		expect(gate.refusal({ windowId: WINDOW })).to.match(/chain is silent/);
		expect(gate.refusal({ windowId: WINDOW + 4 })).to.equal(null);
		expect(gate.health().status).to.equal("degraded");
		gate.hear(GOOD);
		expect(gate.refusal({ windowId: WINDOW })).to.equal(null);
	});

	it("error: a new order is refused with its code and never reaches the engine; a known one gets its answer", async () => {
		const { gate } = setUp();
		gate.hear(null);
		const order = { windowId: WINDOW } as never;
		const record = { orderHash: "0x01", order, state: "active", filledWh: 0, openWh: 5, placedSequence: 9 };
		const place = (known: unknown) =>
			placeEnergyOrder(
				{
					engine: { submit: () => expect.fail("submitted"), submitMany: () => expect.fail("submitted") },
					verifier: {
						orderHash: () => "0x01",
						verifyOrder: async () => ({ verdict: "VALID", signature: "0x" }),
					} as never,
					orders: { byHash: async () => known } as never,
					gate,
				},
				{ order, signature: "0x" },
			);
		expect(await place(null)).to.include({ status: "rejected", reason: "CANCEL_ONLY" });
		expect(await place(record)).to.have.nested.include({ status: "accepted", "receipt.repeated": true });
	});
});
