import type { Hex } from "../../domain/units/Address.ts";

/** Bytes read one after the other, little-endian; the counterpart of `ByteWriter`. */
export class ByteReader {
	readonly bytes: Buffer;
	private at: number;

	constructor(bytes: Buffer, at = 0) {
		this.bytes = bytes;
		this.at = at;
	}

	get isAtEnd(): boolean {
		return this.at === this.bytes.length;
	}

	u8(): number {
		return this.bytes[this.at++] as number;
	}

	u16(): number {
		this.at += 2;
		return this.bytes.readUInt16LE(this.at - 2);
	}

	u32(): number {
		this.at += 4;
		return this.bytes.readUInt32LE(this.at - 4);
	}

	f64(): number {
		this.at += 8;
		return this.bytes.readDoubleLE(this.at - 8);
	}

	skip(length: number): void {
		this.at += length;
	}

	/** So many bytes as digits behind "0x". */
	hex(length: number): Hex {
		this.at += length;
		return `0x${this.bytes.toString("hex", this.at - length, this.at)}`;
	}

	/** What `ByteWriter.json` wrote. */
	text(): string {
		const length = this.u32();
		this.at += length;
		return this.bytes.toString("utf8", this.at - length, this.at);
	}
}
