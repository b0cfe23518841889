import { expect } from "chai";
import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import { createEngine } from "../../../../offchain/infrastructure/engine/RunningEngine.ts";
import { areEffects, decodeEffects, encodeEffects } from "../../../../offchain/infrastructure/postgres/effectCodec.ts";
import { canonicalInput, decodeInputs, encodeInputs } from "../../../../offchain/infrastructure/postgres/inputCodec.ts";
import type { AppliedInput } from "../../../../offchain/infrastructure/postgres/projectGroup.ts";
import { marketSetUp, orderStream } from "../../../../scripts/bench/orderStream.ts";

/** A market as the leader runs it: canonical inputs and what they do. */
function market(orders: number, seed: number): AppliedInput[] {
	const engine = createEngine();
	const amends = (input: EngineInput, index: number): EngineInput =>
		index % 9 === 0 && input.type === "PlaceEnergyOrder"
			? { type: "AmendOrder", orderHash: `0x${"ab".repeat(32)}`, replacement: input }
			: input;
	return [...marketSetUp(), ...orderStream(orders, seed).map(amends)].map((given, index) => {
		const input = canonicalInput(given);
		const sequence = index + 1;
		return { sequence, input, atMillis: sequence >> 4, events: engine.apply(sequence, input), requestId: null };
	});
}

/** As another process has it from the log. */
function stored(group: AppliedInput[]) {
	const inputs = decodeInputs(encodeInputs(group.map(({ input }) => input)));
	return decodeEffects(encodeEffects(group), group[0]?.sequence ?? 0, inputs);
}

describe("X4 effects in the log", () => {
	it("invariant: what comes back is what the engine said, field for field", () => {
		const group = market(3_000, 7);
		const kinds = new Set(group.flatMap(({ events }) => events.map(({ type }) => type)));
		for (const type of ["OrderPlaced", "OrderRested", "OrderCancelled", "OrderMatched", "TradeExecuted"]) {
			expect([...kinds]).to.include(type);
		}
		const plain = group.map(({ sequence, atMillis, events }) => ({ sequence, atMillis, events }));
		expect(JSON.stringify(stored(group))).to.equal(JSON.stringify(plain));
	});

	it("behavior: an order's effects cost less than 120 bytes", () => {
		const group = market(3_000, 8).slice(-3_000);
		expect(encodeEffects(group).length / group.length).to.be.lessThan(120);
	});

	it("invariant: an event with more in it than the layout holds is kept whole", () => {
		const [one] = market(1, 9).slice(-1) as [AppliedInput];
		const odd = [
			{ type: "OrderRested", orderHash: `0x${"12".repeat(32)}`, windowId: 1, openWh: 5, more: "yes" },
			{ type: "OrderRested", orderHash: "0x12", windowId: -1, openWh: 5 },
			{ type: "SomethingNew", list: [1, { deep: null }] },
			...one.events.map((event) => structuredClone(event)),
		] as unknown as EngineEvent[];
		const group = [
			{ ...one, events: [...odd, ...one.events, ...Array.from({ length: 200 }, () => odd[0] as EngineEvent)] },
		];
		expect(JSON.stringify(stored(group)[0]?.events)).to.equal(JSON.stringify(group[0]?.events));
	});

	it("error: other effects, or the same at another time, are told apart; groups of the time before as well", () => {
		const group = market(200, 10);
		const other = group.map((applied, index) => (index === 100 ? { ...applied, atMillis: 999 } : applied));
		const json = Buffer.from(JSON.stringify(group.map(({ atMillis, events }) => [atMillis, events])));
		expect(areEffects(encodeEffects(group), group)).to.equal(true);
		expect(areEffects(json, group)).to.equal(true);
		expect(areEffects(encodeEffects(group), other)).to.equal(false);
		expect(areEffects(json, other)).to.equal(false);
		const inputs = group.map(({ input }) => input);
		expect(JSON.stringify(decodeEffects(json, 1, inputs))).to.equal(JSON.stringify(stored(group)));
	});

	it("error: bytes of a later program and bytes too many are refused", () => {
		const group = market(10, 11);
		const inputs = group.map(({ input }) => input);
		const bytes = encodeEffects(group);
		expect(() => decodeEffects(Buffer.concat([bytes, Buffer.of(0)]), 1, inputs)).to.throw(/behind/);
		expect(() => decodeEffects(Buffer.concat([Buffer.of(9), bytes.subarray(1)]), 1, inputs)).to.throw(/later program/);
	});
});
