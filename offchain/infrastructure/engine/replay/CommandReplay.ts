import { createHash } from "node:crypto";
import { BUY, FOK, GTC, IOC, NO_BUY_LIMIT, OrderBook, POST, SELL } from "../../../domain/engine/book/OrderBook.ts";
import { LADDER_PRICE_LIMIT } from "../../../domain/engine/book/PriceLadders.ts";
import { ZONE_CODES, ZONE_COUNT } from "../../../domain/grid/zones.ts";
import type { ReasonCode } from "../../../domain/orders/reasonCodes.ts";
import { MAX_ENERGY_WH } from "../../../domain/units/units.ts";
import { COMMAND_COLUMNS, type CommandColumn, CommandCsv, EMPTY, NOT_A_NUMBER, packWord } from "./CommandCsv.ts";
import { OrderIdSet } from "./OrderIdSet.ts";
import { TradeList } from "./TradeList.ts";

const column = (name: CommandColumn) => COMMAND_COLUMNS.indexOf(name);
const OP = column("op");
const ORDER_ID = column("orderId");
const OWNER = column("owner");
const SIDE = column("side");
const TYPE = column("type");
const TIF = column("tif");
const PRICE = column("price");
const QUANTITY = column("quantityWh");
const ZONE = column("zone");
const RENEWABLE = column("renewable");
const PLACE = packWord("place");
const CANCEL = packWord("cancel");
const AMEND = packWord("amend");
const SIDES = new Map([
	[packWord("buy"), BUY],
	[packWord("sell"), SELL],
]);
const LIFETIMES = new Map([
	[EMPTY, GTC],
	[packWord("gtc"), GTC],
	[packWord("ioc"), IOC],
	[packWord("fok"), FOK],
	[packWord("post"), POST],
]);
const ALL_OR_NONE = packWord("aon");
const LIMIT = packWord("limit");
const MARKET = packWord("market");
const YES = [packWord("1"), packWord("true")];
const NO = [EMPTY, packWord("0"), packWord("false")];
const ZONES = new Map(ZONE_CODES.map((code, index) => [packWord(code), index + 1]));
const MAX_OWNER = 0xffff_ffff;

/**
 * Commands of one window from a CSV through the order book: no gates, no funds, no grid. A line that cannot be obeyed
 * is listed with its code and changes nothing; it never stops the replay.
 */
export class CommandReplay {
	readonly trades = new TradeList();
	/** An id that could not be read is null. */
	readonly rejects: [orderId: number | null, code: ReasonCode][] = [];
	commands = 0;
	readonly #book: OrderBook;
	readonly #csv = new CommandCsv(() => this.#command());
	/** An id stands for one order for good: the same again is not another order. */
	readonly #placed = new OrderIdSet();

	constructor(adders: ArrayLike<number> = [], orderCapacity = 1 << 16) {
		this.#book = new OrderBook(orderCapacity, adders);
	}

	push(chunk: Uint8Array): void {
		this.#csv.push(chunk);
	}

	end(): void {
		this.#csv.end();
	}

	depth(): { bids: [price: number, wh: number][]; asks: [price: number, wh: number][] } {
		return { bids: this.#book.depth(BUY), asks: this.#book.depth(SELL) };
	}

	/** Covers everything that rests, in priority order, and how many commands and trades led there. */
	stateHash(): string {
		const hash = createHash("sha256").update(`${this.commands} ${this.trades.length}\n`);
		let text = "";
		for (const order of this.#book.resting()) {
			text += `${order.join(" ")}\n`;
			if (text.length < 65_536) continue;
			hash.update(text);
			text = "";
		}
		return hash.update(text).digest("hex");
	}

	#command(): void {
		this.commands++;
		const csv = this.#csv;
		const id = csv.number(ORDER_ID);
		const isMalformed = id === EMPTY || id === NOT_A_NUMBER || csv.hasTooManyColumns;
		const refusal = isMalformed ? "MALFORMED" : this.#obey(csv.word(OP), id);
		if (refusal !== null) this.rejects.push([id === NOT_A_NUMBER || csv.isEmpty(ORDER_ID) ? null : id, refusal]);
	}

	#obey(op: number, id: number): ReasonCode | null {
		if (op === PLACE) return this.#place(id);
		if (op === CANCEL) return this.#book.cancel(id);
		if (op === AMEND) return this.#amend(id);
		return "MALFORMED";
	}

	#place(id: number): ReasonCode | null {
		const csv = this.#csv;
		const side = SIDES.get(csv.word(SIDE));
		const type = csv.isEmpty(TYPE) ? LIMIT : csv.word(TYPE);
		const owner = csv.number(OWNER);
		const price = csv.number(PRICE);
		const wh = csv.number(QUANTITY);
		const zone = this.#zone();
		if (csv.word(TIF) === ALL_OR_NONE) return "ALL_OR_NONE_UNSUPPORTED";
		const given = LIFETIMES.get(csv.word(TIF));
		if (side === undefined || given === undefined || zone === 0) return "MALFORMED";
		if ((type !== LIMIT && type !== MARKET) || owner < 0 || owner > MAX_OWNER) return "MALFORMED";
		const renewable = csv.word(RENEWABLE);
		const isRenewable = YES.includes(renewable);
		if (!isRenewable && !NO.includes(renewable)) return "MALFORMED";
		if (price < 0 || price >= LADDER_PRICE_LIMIT || wh === NOT_A_NUMBER || csv.isEmpty(QUANTITY)) return "MALFORMED";
		if (wh < 1 || wh > MAX_ENERGY_WH) return "QUANTITY_RANGE";
		let limit = price;
		let lifetime = given;
		if (type === MARKET) {
			if (given === POST) return "MALFORMED";
			// A market order's price is its protective limit; none or 0 protects nothing.
			if (side === BUY && price === 0) limit = NO_BUY_LIMIT;
			if (given === GTC) lifetime = IOC;
		} else if (csv.isEmpty(PRICE)) return "MALFORMED";
		if (this.#placed.has(id)) return "DUPLICATE_SEQUENCE";
		const refusal = this.#book.place(id, owner, side, zone, isRenewable, limit, wh, lifetime);
		if (refusal === null || refusal === "SELF_TRADE") this.#placed.add(id);
		this.#recordTrades(id);
		return refusal;
	}

	/** A column left empty keeps what the order has. */
	#amend(id: number): ReasonCode | null {
		const csv = this.#csv;
		const resting = this.#book.find(id);
		if (resting === null) return "ORDER_UNKNOWN";
		const price = csv.isEmpty(PRICE) ? resting.price : csv.number(PRICE);
		const wh = csv.isEmpty(QUANTITY) ? resting.openWh : csv.number(QUANTITY);
		if (price < 0 || price >= LADDER_PRICE_LIMIT || wh === NOT_A_NUMBER) return "MALFORMED";
		if (wh < 1 || wh > MAX_ENERGY_WH) return "QUANTITY_RANGE";
		const refusal = this.#book.amend(id, price, wh);
		this.#recordTrades(id);
		return refusal;
	}

	/** A number, a zone's code, or nothing for the first zone; 0 where there is no such zone. */
	#zone(): number {
		const number = this.#csv.number(ZONE);
		if (number === EMPTY) return 1;
		if (number !== NOT_A_NUMBER) return number <= ZONE_COUNT ? number : 0;
		return ZONES.get(this.#csv.word(ZONE)) ?? 0;
	}

	#recordTrades(takerId: number): void {
		const { fillCount, fillMakerId, fillPrice, fillWh } = this.#book;
		for (let at = 0; at < fillCount; at++) {
			this.trades.add(takerId, fillMakerId[at] as number, fillPrice[at] as number, fillWh[at] as number);
		}
	}
}
