import type { CommittedEvents } from "../../application/ports/EventFeed.ts";
import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import type { Order } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Trade } from "../../domain/settlement/Trade.ts";
import type { Address, Hash32 } from "../../domain/units/Address.ts";
import type { EnergyWh, PriceSatPerKwh } from "../../domain/units/units.ts";
import { ByteReader } from "./ByteReader.ts";
import { ByteWriter } from "./ByteWriter.ts";
import type { AppliedInput } from "./projectGroup.ts";

/**
 * What a group's inputs did, as bytes beside the inputs: what an input says itself (its order, its account) is not
 * repeated, a fill and its trade are one, and an event nobody here has heard of is kept as JSON under its own tag. The
 * same events are the same bytes: whoever follows the log compares his own with them.
 *
 * Layout, little-endian: version u8; by input a head u8 (low seven bits: tags, or 127 and a u32; high bit: the engine's
 * time has moved, f64 follows) and the tags. A group that begins with "[" is one of the time before: plain JSON.
 */
const VERSION = 1;
const JSON_ARRAY = 0x5b;

const MANY = 127;
const TIME_MOVED = 128;

const TAG_JSON = 0;
const TAG_PLACED = 1;
const TAG_REJECTED = 2;
const TAG_RESTED = 3;
const TAG_CANCELLED = 4;
const TAG_EXPIRED = 5;
const TAG_TRADED = 6;
const TAG_ACCOUNT = 7;

const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const U32 = 2 ** 32;

type Effects = Pick<AppliedInput, "sequence" | "input" | "atMillis" | "events">;
/** What an input says of itself, so that its effects need not. */
type Own = { hash: Hash32 | null; account: Address | null; order: Order | null };

const NOTHING: Own = { hash: null, account: null, order: null };

export function encodeEffects(group: readonly Effects[]): Buffer {
	const out = new ByteWriter(64 + group.length * 128);
	out.u8(VERSION);
	let atMillis: number | null = null;
	for (const effects of group) {
		const { events } = effects;
		const isLater = effects.atMillis !== atMillis;
		out.u8(Math.min(events.length, MANY) | (isLater ? TIME_MOVED : 0));
		if (events.length >= MANY) out.u32(events.length);
		if (isLater) out.f64(effects.atMillis);
		atMillis = effects.atMillis;
		const own = ownOf(effects.input);
		for (let index = 0; index < events.length; index++) {
			const event = events[index] as EngineEvent;
			if (isTraded(effects, event, index)) {
				encodeTrade(out, (events[++index] as { trade: Trade }).trade, own);
			} else encodeEvent(out, event, own);
		}
	}
	return out.bytes();
}

/** The events of a group whose inputs are these. */
export function decodeEffects(bytes: Buffer, firstSequence: number, inputs: readonly EngineInput[]): CommittedEvents[] {
	if (bytes[0] === JSON_ARRAY) {
		const list = JSON.parse(bytes.toString()) as [number, EngineEvent[]][];
		return list.map(([atMillis, events], index) => ({ sequence: firstSequence + index, atMillis, events }));
	}
	if (bytes[0] !== VERSION) throw new Error(`effects of version ${bytes[0]} are of a later program`);
	const from = new ByteReader(bytes, 1);
	let atMillis = 0;
	const effects = inputs.map((input, index): CommittedEvents => {
		const sequence = firstSequence + index;
		const head = from.u8();
		const few = head & MANY;
		const count = few === MANY ? from.u32() : few;
		if (head >= TIME_MOVED) atMillis = from.f64();
		const own = ownOf(input);
		const events: EngineEvent[] = [];
		while (events.length < count) decodeEvent(from, own, sequence, events);
		return { sequence, atMillis, events };
	});
	if (!from.isAtEnd) throw new Error(`effects with something behind them at ${firstSequence}`);
	return effects;
}

/** Whether a group stored as these bytes had exactly these effects. */
export function areEffects(stored: Buffer, group: readonly Effects[]): boolean {
	if (stored[0] !== JSON_ARRAY) return encodeEffects(group).equals(stored);
	return JSON.stringify(group.map(({ atMillis, events }) => [atMillis, events])) === stored.toString();
}

function encodeEvent(out: ByteWriter, event: EngineEvent, own: Own): void {
	switch (event.type) {
		case "OrderPlaced":
			if (event.order !== own.order || event.orderHash !== own.hash || fieldCount(event) !== 3) break;
			return out.u8(TAG_PLACED);
		case "OrderRejected":
			if (event.order !== own.order || event.orderHash !== own.hash || fieldCount(event) !== 5) break;
			out.u8(TAG_REJECTED);
			out.json(event.reason);
			return out.json(event.detail);
		case "OrderRested":
			if (!isHash(event.orderHash) || !isU32(event.windowId) || fieldCount(event) !== 4) break;
			out.u8(TAG_RESTED);
			putHash(out, event.orderHash, own);
			out.u32(event.windowId);
			return out.f64(event.openWh);
		case "OrderCancelled":
		case "OrderExpired": {
			const { orderHash, account, windowId, openWh } = event;
			const isCancelled = event.type === "OrderCancelled";
			if (!isHash(orderHash) || !isAddress(account) || !isU32(windowId)) break;
			if (fieldCount(event) !== (isCancelled ? 6 : 5)) break;
			out.u8(isCancelled ? TAG_CANCELLED : TAG_EXPIRED);
			putHash(out, orderHash, own);
			putAddress(out, account, own);
			out.u32(windowId);
			out.f64(openWh);
			if (isCancelled) out.json(event.reason);
			return;
		}
		case "AccountChanged":
			if (!isAddress(event.account) || fieldCount(event) !== 4) break;
			out.u8(TAG_ACCOUNT);
			putAddress(out, event.account, own);
			out.f64(event.availableMsat);
			return out.f64(event.reservedMsat);
		default:
	}
	out.u8(TAG_JSON);
	out.json(JSON.stringify(event));
}

/** Whether the event at `index` is a fill and the next one its trade, with nothing in them that the layout lacks. */
function isTraded({ sequence, events }: Effects, event: EngineEvent, index: number): boolean {
	const next = events[index + 1];
	if (event.type !== "OrderMatched" || next?.type !== "TradeExecuted") return false;
	const { trade } = next;
	return (
		fieldCount(event) === 5 &&
		fieldCount(next) === 2 &&
		fieldCount(trade) === 15 &&
		trade.tradeId === `${sequence}-${index}` &&
		event.tradeId === trade.tradeId &&
		event.sellOrderHash === trade.sellOrderHash &&
		event.buyOrderHash === trade.buyOrderHash &&
		event.energyWh === trade.energyWh &&
		isHash(trade.sellOrderHash) &&
		isHash(trade.buyOrderHash) &&
		isAddress(trade.seller) &&
		isAddress(trade.buyer) &&
		isU32(trade.windowId) &&
		isU32(trade.sellMeterId) &&
		isU32(trade.buyMeterId) &&
		isU32(trade.sellZoneId) &&
		isU32(trade.buyZoneId) &&
		isU32(trade.sellerPriceSatPerKwh) &&
		isU32(trade.buyerPriceSatPerKwh)
	);
}

function encodeTrade(out: ByteWriter, trade: Trade, own: Own): void {
	out.u8(TAG_TRADED);
	out.u8(trade.takerSide === "sell" ? 1 : 0);
	putHash(out, trade.sellOrderHash, own);
	putHash(out, trade.buyOrderHash, own);
	putAddress(out, trade.seller, own);
	putAddress(out, trade.buyer, own);
	out.u32(trade.windowId);
	out.u32(trade.sellMeterId);
	out.u32(trade.buyMeterId);
	out.u32(trade.sellZoneId);
	out.u32(trade.buyZoneId);
	out.f64(trade.energyWh);
	out.f64(trade.lossWh);
	out.u32(trade.sellerPriceSatPerKwh);
	out.u32(trade.buyerPriceSatPerKwh);
}

function decodeEvent(from: ByteReader, own: Own, sequence: number, events: EngineEvent[]): void {
	const tag = from.u8();
	switch (tag) {
		case TAG_JSON:
			events.push(JSON.parse(from.text()) as EngineEvent);
			return;
		case TAG_PLACED:
			events.push({ type: "OrderPlaced", orderHash: own.hash as Hash32, order: own.order as Order });
			return;
		case TAG_REJECTED:
			events.push({
				type: "OrderRejected",
				orderHash: own.hash as Hash32,
				order: own.order as Order,
				reason: from.text() as ReasonCode,
				detail: from.text(),
			});
			return;
		case TAG_RESTED:
			events.push({ type: "OrderRested", orderHash: hash(from, own), windowId: from.u32(), openWh: from.f64() });
			return;
		case TAG_CANCELLED:
		case TAG_EXPIRED: {
			const ended = {
				orderHash: hash(from, own),
				account: address(from, own),
				windowId: from.u32(),
				openWh: from.f64(),
			};
			if (tag === TAG_EXPIRED) events.push({ type: "OrderExpired", ...ended });
			else events.push({ type: "OrderCancelled", ...ended, reason: from.text() as ReasonCode });
			return;
		}
		case TAG_TRADED: {
			const trade = decodeTrade(from, own, `${sequence}-${events.length}`);
			const { tradeId, sellOrderHash, buyOrderHash, energyWh } = trade;
			events.push({ type: "OrderMatched", tradeId, sellOrderHash, buyOrderHash, energyWh });
			events.push({ type: "TradeExecuted", trade });
			return;
		}
		case TAG_ACCOUNT: {
			const account = address(from, own);
			events.push({ type: "AccountChanged", account, availableMsat: from.f64(), reservedMsat: from.f64() });
			return;
		}
		default:
			throw new Error(`an effect of kind ${tag} is of a later program`);
	}
}

function decodeTrade(from: ByteReader, own: Own, tradeId: string): Trade {
	const takerSide = from.u8() === 1 ? "sell" : "buy";
	const sellOrderHash = hash(from, own);
	const buyOrderHash = hash(from, own);
	const seller = address(from, own);
	const buyer = address(from, own);
	return {
		tradeId,
		windowId: from.u32(),
		sellOrderHash,
		buyOrderHash,
		seller,
		buyer,
		sellMeterId: from.u32(),
		buyMeterId: from.u32(),
		sellZoneId: from.u32(),
		buyZoneId: from.u32(),
		energyWh: from.f64() as EnergyWh,
		lossWh: from.f64() as EnergyWh,
		sellerPriceSatPerKwh: from.u32() as PriceSatPerKwh,
		buyerPriceSatPerKwh: from.u32() as PriceSatPerKwh,
		takerSide,
	};
}

function ownOf(input: EngineInput): Own {
	switch (input.type) {
		case "PlaceEnergyOrder":
			return { hash: input.orderHash, account: input.order.trader, order: input.order };
		case "CancelOrder":
			return { hash: input.orderHash, account: input.account, order: null };
		case "AmendOrder": {
			const { orderHash, order } = input.replacement;
			return { hash: orderHash, account: order.trader, order };
		}
		default:
			return NOTHING;
	}
}

function putHash(out: ByteWriter, value: Hash32, own: Own): void {
	const isOwn = value === own.hash;
	out.u8(isOwn ? 0 : 1);
	if (!isOwn) out.hex(value);
}

function hash(from: ByteReader, own: Own): Hash32 {
	return from.u8() === 0 ? (own.hash as Hash32) : from.hex(32);
}

function putAddress(out: ByteWriter, value: Address, own: Own): void {
	const isOwn = value === own.account;
	out.u8(isOwn ? 0 : 1);
	if (!isOwn) out.hex(value);
}

function address(from: ByteReader, own: Own): Address {
	return from.u8() === 0 ? (own.account as Address) : from.hex(20);
}

function isHash(value: string): boolean {
	return HASH.test(value);
}

function isAddress(value: string): boolean {
	return ADDRESS.test(value);
}

function isU32(value: number): boolean {
	return Number.isInteger(value) && value >= 0 && value < U32 && !Object.is(value, -0);
}

function fieldCount(value: object): number {
	let count = 0;
	for (const _ in value) count += 1;
	return count;
}
