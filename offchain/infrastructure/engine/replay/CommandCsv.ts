/** Columns of a command file, in any order; `op` and `orderId` must be there. */
export const COMMAND_COLUMNS = [
	"op",
	"orderId",
	"owner",
	"side",
	"type",
	"tif",
	"price",
	"quantityWh",
	"zone",
	"renewable",
] as const;
export type CommandColumn = (typeof COMMAND_COLUMNS)[number];

const COLUMN_COUNT = COMMAND_COLUMNS.length;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const COMMA = 44;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const UNUSED = -1;

/** A value that is not a whole number below 2^53. */
export const NOT_A_NUMBER = -1;
export const EMPTY = 0;

export class CommandCsvError extends Error {
	override name = "CommandCsvError";
}

/**
 * Reads a CSV of commands from byte chunks without making strings. `onLine` is called once per line after the header
 * and may ask for the columns of that line; blank lines are skipped.
 */
export class CommandCsv {
	/** The line in hand has more columns than the header. */
	hasTooManyColumns = false;
	readonly #onLine: () => void;
	readonly #starts = new Int32Array(COLUMN_COUNT);
	readonly #ends = new Int32Array(COLUMN_COUNT);
	/** Column of each place in the line; none before the header is read. */
	#places: Int32Array | null = null;
	#bytes: Uint8Array = new Uint8Array(0);
	#rest: Uint8Array = new Uint8Array(0);

	constructor(onLine: () => void) {
		this.#onLine = onLine;
	}

	push(chunk: Uint8Array): void {
		const bytes = this.#rest.length === 0 ? chunk : concatenated(this.#rest, chunk);
		this.#bytes = bytes;
		let start = 0;
		for (;;) {
			const end = bytes.indexOf(LINE_FEED, start);
			if (end < 0) break;
			this.#line(start, end);
			start = end + 1;
		}
		this.#rest = bytes.slice(start);
	}

	end(): void {
		this.#bytes = this.#rest;
		if (this.#bytes.length > 0) this.#line(0, this.#bytes.length);
		if (this.#places === null) throw new CommandCsvError("the file is empty: a header row is required");
	}

	/** The column as a whole number; `EMPTY` for nothing, `NOT_A_NUMBER` for anything else. */
	number(column: number): number {
		const end = this.#ends[column] as number;
		let value = 0;
		for (let at = this.#starts[column] as number; at < end; at++) {
			const digit = (this.#bytes[at] as number) - 48;
			if (digit < 0 || digit > 9) return NOT_A_NUMBER;
			value = value * 10 + digit;
		}
		return value <= Number.MAX_SAFE_INTEGER ? value : NOT_A_NUMBER;
	}

	isEmpty(column: number): boolean {
		return this.#starts[column] === this.#ends[column];
	}

	/** The column's word as a number (see `packWord`); words longer than six bytes give `NOT_A_NUMBER`. */
	word(column: number): number {
		const start = this.#starts[column] as number;
		const end = this.#ends[column] as number;
		return end - start > 6 ? NOT_A_NUMBER : packed(this.#bytes, start, end);
	}

	#line(from: number, to: number): void {
		const end = this.#bytes[to - 1] === CARRIAGE_RETURN && to > from ? to - 1 : to;
		if (this.#places === null) {
			this.#header(from, end);
			return;
		}
		if (from === end) return;
		const places = this.#places;
		this.#starts.fill(0);
		this.#ends.fill(0);
		let place = 0;
		let start = from;
		for (let at = from; at <= end; at++) {
			if (at !== end && this.#bytes[at] !== COMMA) continue;
			const column = place < places.length ? (places[place] as number) : UNUSED;
			if (column !== UNUSED) this.#setColumn(column, start, at);
			place++;
			start = at + 1;
		}
		this.hasTooManyColumns = place > places.length;
		this.#onLine();
	}

	/** Blanks around a value do not belong to it. */
	#setColumn(column: number, from: number, to: number): void {
		let start = from;
		let end = to;
		while (start < end && this.#bytes[start] === 32) start++;
		while (start < end && this.#bytes[end - 1] === 32) end--;
		this.#starts[column] = start;
		this.#ends[column] = end;
	}

	#header(from: number, end: number): void {
		const isMarked = BYTE_ORDER_MARK.every((byte, index) => this.#bytes[from + index] === byte);
		const names = new TextDecoder().decode(this.#bytes.subarray(isMarked ? from + 3 : from, end)).split(",");
		const places = names.map((name) => COMMAND_COLUMNS.findIndex((column) => sameName(column, name)));
		for (const required of ["op", "orderId"] as const) {
			if (places.includes(COMMAND_COLUMNS.indexOf(required))) continue;
			throw new CommandCsvError(`the first line must name the columns ${COMMAND_COLUMNS.join(",")}`);
		}
		this.#places = Int32Array.from(places);
	}
}

/** A word of up to six bytes, in lower case, as a number: the same word gives the same number, another another. */
export function packWord(word: string): number {
	const bytes = new TextEncoder().encode(word);
	if (bytes.length > 6) throw new RangeError(`${word} is longer than six bytes`);
	return packed(bytes, 0, bytes.length);
}

function packed(bytes: Uint8Array, start: number, end: number): number {
	let value = 0;
	for (let at = start; at < end; at++) {
		const byte = bytes[at] as number;
		value = value * 256 + (byte >= 65 && byte <= 90 ? byte + 32 : byte);
	}
	return value;
}

function sameName(column: string, name: string): boolean {
	return column.toLowerCase() === name.trim().toLowerCase();
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(first.length + second.length);
	bytes.set(first);
	bytes.set(second, first.length);
	return bytes;
}
