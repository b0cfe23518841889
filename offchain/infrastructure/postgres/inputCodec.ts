import type { AmendOrder, CancelOrder, EngineInput, PlaceEnergyOrder } from "../../domain/engine/EngineInput.ts";
import { ORDER_CLASSES, type Order, SELF_TRADE_MODES, SIDES, TIMES_IN_FORCE } from "../../domain/orders/Order.ts";
import type { Address, Hash32 } from "../../domain/units/Address.ts";
import type { EnergyWh, PriceSatPerKwh } from "../../domain/units/units.ts";
import { ByteReader } from "./ByteReader.ts";
import { ByteWriter } from "./ByteWriter.ts";

/**
 * A group's inputs as bytes: what comes by the thousand (place, cancel, amend, the clock) in a fixed layout, everything
 * else as JSON under its own tag, so that an input nobody here has heard of is kept as well. Decoding gives back exactly
 * what `canonicalInput` made of it. A group that begins with "[" is one of the time before: plain JSON.
 *
 * Layout, little-endian: version u8, inputs u32, addresses u32, the addresses (20 bytes each), then the inputs.
 */
const VERSION = 1;
const JSON_ARRAY = 0x5b;

const TAG_JSON = 0;
const TAG_PLACE = 1;
const TAG_CANCEL = 2;
const TAG_AMEND = 3;
const TAG_CLOCK = 4;

const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const BYTES = /^0x(?:[0-9a-f]{2}){0,65535}$/;
const U32 = 2 ** 32;

type Placement = AmendOrder["replacement"];

export function encodeInputs(inputs: readonly EngineInput[]): Buffer {
	const body = new ByteWriter(64 + inputs.length * 160);
	const addresses = new Map<Address, number>();
	for (const input of inputs) encodeInput(body, input, addresses);
	const head = new ByteWriter(9 + addresses.size * 20);
	head.u8(VERSION);
	head.u32(inputs.length);
	head.u32(addresses.size);
	for (const address of addresses.keys()) head.hex(address);
	return Buffer.concat([head.bytes(), body.bytes()]);
}

export function decodeInputs(bytes: Buffer): EngineInput[] {
	return decode(bytes, true);
}

/**
 * The inputs for an engine to apply and nobody else to see: it never looks at a signature, so these have none, which
 * halves what has to be written as digits.
 */
export function decodeForReplay(bytes: Buffer): EngineInput[] {
	return decode(bytes, false);
}

function decode(bytes: Buffer, withSignatures: boolean): EngineInput[] {
	if (bytes[0] === JSON_ARRAY) return JSON.parse(bytes.toString()) as EngineInput[];
	if (bytes[0] !== VERSION) throw new Error(`inputs of version ${bytes[0]} are of a later program`);
	return new InputReader(bytes, withSignatures).all();
}

/**
 * The input with its fields in the order the log gives them back: events repeat an order as it came in, and are compared
 * byte for byte by whoever follows.
 */
export function canonicalInput(input: EngineInput): EngineInput {
	if (input.type === "PlaceEnergyOrder" && isFixedPlacement(input, 4)) {
		const { order, orderHash, signature } = input;
		return { type: "PlaceEnergyOrder", order: canonicalOrder(order), orderHash, signature };
	}
	if (input.type === "AmendOrder" && isFixedAmend(input)) {
		const { order, orderHash, signature } = input.replacement;
		return {
			type: "AmendOrder",
			orderHash: input.orderHash,
			replacement: { order: canonicalOrder(order), orderHash, signature },
		};
	}
	return input;
}

function canonicalOrder(order: Order): Order {
	return {
		trader: order.trader,
		meterId: order.meterId,
		windowId: order.windowId,
		side: order.side,
		orderClass: order.orderClass,
		timeInForce: order.timeInForce,
		postOnly: order.postOnly,
		selfTradeMode: order.selfTradeMode,
		priceSatPerKwh: order.priceSatPerKwh,
		energyWh: order.energyWh,
		sequence: order.sequence,
		epoch: order.epoch,
		validUntil: order.validUntil,
		directiveId: order.directiveId,
	};
}

function encodeInput(out: ByteWriter, input: EngineInput, addresses: Map<Address, number>): void {
	switch (input.type) {
		case "PlaceEnergyOrder":
			if (!isFixedPlacement(input, 4)) break;
			out.u8(TAG_PLACE);
			return encodePlacement(out, input, addresses);
		case "CancelOrder":
			if (!isFixedCancel(input)) break;
			out.u8(TAG_CANCEL);
			out.u32(indexOf(input.account, addresses));
			return out.hex(input.orderHash);
		case "AmendOrder":
			if (!isFixedAmend(input)) break;
			out.u8(TAG_AMEND);
			out.hex(input.orderHash);
			return encodePlacement(out, input.replacement, addresses);
		case "AdvanceClock":
			if (!Number.isSafeInteger(input.nowSeconds) || fieldCount(input) !== 2) break;
			out.u8(TAG_CLOCK);
			return out.f64(input.nowSeconds);
		default:
	}
	out.u8(TAG_JSON);
	out.json(JSON.stringify(input));
}

function encodePlacement(
	out: ByteWriter,
	{ order, orderHash, signature }: Placement,
	addresses: Map<Address, number>,
): void {
	out.hex(orderHash);
	out.u32(indexOf(order.trader, addresses));
	out.u32(order.meterId);
	out.u32(order.windowId);
	out.u8(choicesOf(order));
	out.u32(order.priceSatPerKwh);
	out.f64(order.energyWh);
	out.f64(order.sequence);
	out.u32(order.epoch);
	out.u32(order.validUntil);
	out.u32(order.directiveId);
	out.u16((signature.length - 2) / 2);
	out.hex(signature);
}

/** Eight bits: side, postOnly, and two each of class, time in force and self-trade mode. */
function choicesOf(order: Order): number {
	return (
		SIDES.indexOf(order.side) |
		(order.postOnly ? 2 : 0) |
		(ORDER_CLASSES.indexOf(order.orderClass) << 2) |
		(TIMES_IN_FORCE.indexOf(order.timeInForce) << 4) |
		(SELF_TRADE_MODES.indexOf(order.selfTradeMode) << 6)
	);
}

function indexOf(address: Address, addresses: Map<Address, number>): number {
	let index = addresses.get(address);
	if (index === undefined) {
		index = addresses.size;
		addresses.set(address, index);
	}
	return index;
}

/** Whether the layout holds every field there is, whatever a caller of the engine has put together. */
function isFixedPlacement(placement: Placement, fields: number): boolean {
	const { order } = placement;
	return (
		fieldCount(placement) === fields &&
		fieldCount(order) === 14 &&
		ADDRESS.test(order.trader) &&
		HASH.test(placement.orderHash) &&
		BYTES.test(placement.signature) &&
		isBelow(order.meterId, U32) &&
		isBelow(order.windowId, U32) &&
		isChoice(SIDES.indexOf(order.side), 2) &&
		isChoice(ORDER_CLASSES.indexOf(order.orderClass), 4) &&
		isChoice(TIMES_IN_FORCE.indexOf(order.timeInForce), 4) &&
		isChoice(SELF_TRADE_MODES.indexOf(order.selfTradeMode), 4) &&
		typeof order.postOnly === "boolean" &&
		isBelow(order.priceSatPerKwh, U32) &&
		isBelow(order.energyWh, 2 ** 53) &&
		isBelow(order.sequence, 2 ** 53) &&
		isBelow(order.epoch, U32) &&
		isBelow(order.validUntil, U32) &&
		isBelow(order.directiveId, U32)
	);
}

function isFixedCancel(input: CancelOrder): boolean {
	return fieldCount(input) === 3 && ADDRESS.test(input.account) && HASH.test(input.orderHash);
}

function isFixedAmend(input: AmendOrder): boolean {
	return fieldCount(input) === 3 && HASH.test(input.orderHash) && isFixedPlacement(input.replacement, 3);
}

function isBelow(value: number, bound: number): boolean {
	return Number.isInteger(value) && value >= 0 && value < bound && !Object.is(value, -0);
}

function isChoice(index: number, choices: number): boolean {
	return index >= 0 && index < choices;
}

function fieldCount(value: object): number {
	let count = 0;
	for (const _ in value) count += 1;
	return count;
}

class InputReader {
	private readonly from: ByteReader;
	private readonly inputCount: number;
	private readonly withSignatures: boolean;
	private readonly addresses: Address[] = [];

	constructor(bytes: Buffer, withSignatures: boolean) {
		this.withSignatures = withSignatures;
		this.from = new ByteReader(bytes, 1);
		this.inputCount = this.from.u32();
		const addressCount = this.from.u32();
		for (let index = 0; index < addressCount; index++) this.addresses.push(this.from.hex(20));
	}

	all(): EngineInput[] {
		const inputs: EngineInput[] = new Array(this.inputCount);
		for (let index = 0; index < this.inputCount; index++) inputs[index] = this.input();
		if (!this.from.isAtEnd) throw new Error("inputs with something behind them");
		return inputs;
	}

	private input(): EngineInput {
		const { from } = this;
		const tag = from.u8();
		switch (tag) {
			case TAG_PLACE: {
				const { order, orderHash, signature } = this.placement();
				return { type: "PlaceEnergyOrder", order, orderHash, signature } satisfies PlaceEnergyOrder;
			}
			case TAG_CANCEL:
				return { type: "CancelOrder", account: this.address(), orderHash: from.hex(32) };
			case TAG_AMEND:
				return { type: "AmendOrder", orderHash: from.hex(32), replacement: this.placement() };
			case TAG_CLOCK:
				return { type: "AdvanceClock", nowSeconds: from.f64() };
			case TAG_JSON:
				return JSON.parse(from.text()) as EngineInput;
			default:
				throw new Error(`an input of kind ${tag} is of a later program`);
		}
	}

	private placement(): Placement {
		const { from } = this;
		const orderHash: Hash32 = from.hex(32);
		const trader = this.address();
		const meterId = from.u32();
		const windowId = from.u32();
		const choices = from.u8();
		const order: Order = {
			trader,
			meterId,
			windowId,
			side: SIDES[choices & 1] as Order["side"],
			orderClass: ORDER_CLASSES[(choices >> 2) & 3] as Order["orderClass"],
			timeInForce: TIMES_IN_FORCE[(choices >> 4) & 3] as Order["timeInForce"],
			postOnly: (choices & 2) !== 0,
			selfTradeMode: SELF_TRADE_MODES[(choices >> 6) & 3] as Order["selfTradeMode"],
			priceSatPerKwh: from.u32() as PriceSatPerKwh,
			energyWh: from.f64() as EnergyWh,
			sequence: from.f64(),
			epoch: from.u32(),
			validUntil: from.u32(),
			directiveId: from.u32(),
		};
		const signatureBytes = from.u16();
		if (this.withSignatures) return { order, orderHash, signature: from.hex(signatureBytes) };
		from.skip(signatureBytes);
		return { order, orderHash, signature: "0x" };
	}

	private address(): Address {
		const address = this.addresses[this.from.u32()];
		if (address === undefined) throw new Error("an input names an address that is not there");
		return address;
	}
}
