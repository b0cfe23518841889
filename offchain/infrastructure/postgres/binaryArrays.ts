/**
 * PostgreSQL's binary form of one-dimensional arrays. The driver sends a Buffer as it is, so thousands of values reach the
 * server without being written as text here and read again there.
 */
const BOOL = 16;
const INT8 = 20;
const INT4 = 23;
const TEXT = 25;
const HEADER_BYTES = 20;

export function int8Array(values: readonly (number | null)[]): Buffer {
	return fixedArray(INT8, 8, values, (bytes, value, at) => {
		if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer for the database: ${value}`);
		// Two halves: a BigInt for each value would cost more than all the rest.
		bytes.writeInt32BE(Math.floor(value / 2 ** 32), at);
		bytes.writeUInt32BE(value >= 0 ? value % 2 ** 32 : ((value % 2 ** 32) + 2 ** 32) % 2 ** 32, at + 4);
	});
}

export function int4Array(values: readonly (number | null)[]): Buffer {
	return fixedArray(INT4, 4, values, (bytes, value, at) => bytes.writeInt32BE(value, at));
}

export function boolArray(values: readonly boolean[]): Buffer {
	const numbers = values.map(Number);
	return fixedArray(BOOL, 1, numbers, (bytes, value, at) => bytes.writeUInt8(value, at));
}

export function textArray(values: readonly (string | null)[]): Buffer {
	let length = HEADER_BYTES;
	for (const value of values) length += 4 + (value === null ? 0 : Buffer.byteLength(value));
	const bytes = Buffer.allocUnsafe(length);
	let at = writeHeader(bytes, TEXT, values);
	for (const value of values) {
		if (value === null) {
			at = bytes.writeInt32BE(-1, at);
			continue;
		}
		const written = bytes.write(value, at + 4);
		bytes.writeInt32BE(written, at);
		at += 4 + written;
	}
	return bytes.subarray(0, at);
}

function fixedArray(
	oid: number,
	size: number,
	values: readonly (number | null)[],
	write: (bytes: Buffer, value: number, at: number) => void,
): Buffer {
	const bytes = Buffer.allocUnsafe(HEADER_BYTES + values.length * (4 + size));
	let at = writeHeader(bytes, oid, values);
	for (const value of values) {
		if (value === null) {
			at = bytes.writeInt32BE(-1, at);
			continue;
		}
		at = bytes.writeInt32BE(size, at);
		write(bytes, value, at);
		at += size;
	}
	return bytes.subarray(0, at);
}

function writeHeader(bytes: Buffer, oid: number, values: readonly unknown[]): number {
	bytes.writeInt32BE(1, 0);
	bytes.writeInt32BE(values.includes(null) ? 1 : 0, 4);
	bytes.writeInt32BE(oid, 8);
	bytes.writeInt32BE(values.length, 12);
	return bytes.writeInt32BE(1, 16);
}
