import { expect } from "chai";
import fc from "fast-check";
import type { EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import {
	ORDER_CLASSES,
	type Order,
	SELF_TRADE_MODES,
	SIDES,
	TIMES_IN_FORCE,
} from "../../../../offchain/domain/orders/Order.ts";
import type { Hash32 } from "../../../../offchain/domain/units/Address.ts";
import { createEngine } from "../../../../offchain/infrastructure/engine/RunningEngine.ts";
import {
	canonicalInput,
	decodeForReplay,
	decodeInputs,
	encodeInputs,
} from "../../../../offchain/infrastructure/postgres/inputCodec.ts";
import { marketSetUp, orderStream } from "../../../../scripts/bench/orderStream.ts";

const hex = (bytes: number) =>
	fc
		.uint8Array({ minLength: bytes, maxLength: bytes })
		.map((list) => `0x${Buffer.from(list).toString("hex")}` as const);
const order = fc.record({
	trader: hex(20),
	meterId: fc.nat(2 ** 31),
	windowId: fc.nat(2 ** 31),
	side: fc.constantFrom(...SIDES),
	orderClass: fc.constantFrom(...ORDER_CLASSES),
	timeInForce: fc.constantFrom(...TIMES_IN_FORCE),
	postOnly: fc.boolean(),
	selfTradeMode: fc.constantFrom(...SELF_TRADE_MODES),
	// Beyond what the layout holds as well: such an order goes the long way.
	priceSatPerKwh: fc.oneof(fc.nat(), fc.integer({ min: -5, max: -1 }), fc.constant(1.5), fc.constant(2 ** 40)),
	energyWh: fc.maxSafeNat(),
	sequence: fc.maxSafeNat(),
	epoch: fc.nat(),
	validUntil: fc.nat(),
	directiveId: fc.nat(),
}) as unknown as fc.Arbitrary<Order>;
const placement = fc.record({ order, orderHash: hex(32), signature: fc.oneof(hex(64), hex(65), hex(0), hex(300)) });
const input = fc.oneof(
	placement.map((one) => ({ type: "PlaceEnergyOrder" as const, ...one })),
	fc.record({ type: fc.constant("CancelOrder" as const), account: hex(20), orderHash: hex(32) }),
	fc.record({ type: fc.constant("AmendOrder" as const), orderHash: hex(32), replacement: placement }),
	fc.record({ type: fc.constant("AdvanceClock" as const), nowSeconds: fc.nat() }),
	fc.record({ type: fc.constant("RaiseBuyingPower" as const), account: hex(20), amountMsat: fc.maxSafeNat() }),
) as fc.Arbitrary<EngineInput>;

const sample = (seed: number) => fc.sample(placement, { numRuns: 1, seed })[0] as { orderHash: Hash32; order: Order };

describe("X4 the log's bytes", () => {
	it("invariant: decoding gives back every input, with its fields in the same order", () => {
		fc.assert(
			fc.property(fc.array(input, { maxLength: 30 }), (inputs) => {
				const canonical = inputs.map(canonicalInput);
				expect(canonical).to.deep.equal(inputs);
				const decoded = decodeInputs(encodeInputs(canonical));
				expect(JSON.stringify(decoded)).to.equal(JSON.stringify(canonical));
			}),
			{ numRuns: 500 },
		);
	});

	it("invariant: for replay only the signatures are missing, and no engine misses them", () => {
		const inputs = [...marketSetUp(), ...orderStream(2_000, 5)].map(canonicalInput);
		const bytes = encodeInputs(inputs);
		const bare = decodeForReplay(bytes);
		const unsigned = inputs.map((one) => (one.type === "PlaceEnergyOrder" ? { ...one, signature: "0x" } : one));
		expect(bare).to.deep.equal(unsigned);
		const stateHash = (list: EngineInput[]): string => {
			const engine = createEngine();
			for (const [index, one] of list.entries()) engine.apply(index + 1, one);
			return engine.stateHash();
		};
		expect(stateHash(bare)).to.equal(stateHash(decodeInputs(bytes)));
	});

	it("behavior: an order costs less than 200 bytes", () => {
		const one = sample(1);
		const signature = `0x${"ab".repeat(64)}` as const;
		const fixed = { ...one, order: { ...one.order, priceSatPerKwh: 90 as Order["priceSatPerKwh"] }, signature };
		const many = Array.from({ length: 100 }, (): EngineInput => ({ type: "PlaceEnergyOrder", ...fixed }));
		expect(encodeInputs(many).length).to.be.lessThan(100 * 150);
	});

	it("behavior: the order of fields an input came with does not matter", () => {
		const one = sample(2);
		const fixed = { ...one, order: { ...one.order, priceSatPerKwh: 90 }, signature: "0x12" };
		const { order, ...rest } = fixed;
		const shuffled = { ...rest, order: Object.fromEntries(Object.entries(order).reverse()), type: "PlaceEnergyOrder" };
		const canonical = canonicalInput(shuffled as unknown as EngineInput);
		expect(JSON.stringify(canonical)).to.equal(
			JSON.stringify({ type: "PlaceEnergyOrder", order, orderHash: fixed.orderHash, signature: fixed.signature }),
		);
		expect(JSON.stringify(decodeInputs(encodeInputs([canonical])))).to.equal(JSON.stringify([canonical]));
	});

	it("behavior: what the layout does not know is kept whole: new inputs, new fields, other spelling", () => {
		const one = sample(3);
		const strange = [
			{ type: "TrimTrades", windowId: 5, trims: [{ tradeId: "1-2", energyWh: 3 }] },
			{ type: "PlaceEnergyOrder", ...one, auction: "opening" },
			{ type: "PlaceEnergyOrder", ...one, order: { ...one.order, minimumWh: 5 } },
			{ type: "PlaceEnergyOrder", ...one, order: { ...one.order, timeInForce: "auctionOnly" } },
			{ type: "CancelOrder", account: "0xABCDEF0000000000000000000000000000000000", orderHash: "0xnonsense" },
			{
				type: "CancelOrder",
				account: "0xabcdef0000000000000000000000000000000000",
				orderHash: one.orderHash,
				why: "ไทย",
			},
			{ type: "AdvanceClock", nowSeconds: 1.5 },
		] as unknown as EngineInput[];
		expect(strange.map(canonicalInput)).to.deep.equal(strange);
		expect(JSON.stringify(decodeInputs(encodeInputs(strange)))).to.equal(JSON.stringify(strange));
	});

	it("behavior: groups written as JSON are still read", () => {
		const inputs: EngineInput[] = [{ type: "AdvanceClock", nowSeconds: 7 }];
		expect(decodeInputs(Buffer.from(JSON.stringify(inputs)))).to.deep.equal(inputs);
	});

	it("error: bytes of a later program, cut short or with a rest are refused", () => {
		const bytes = encodeInputs([{ type: "AdvanceClock", nowSeconds: 7 }]);
		expect(() => decodeInputs(Buffer.concat([Buffer.from([9]), bytes.subarray(1)]))).to.throw(/later program/);
		expect(() => decodeInputs(bytes.subarray(0, -1))).to.throw();
		expect(() => decodeInputs(Buffer.concat([bytes, bytes]))).to.throw(/behind/);
	});
});
