/** Bytes written one after the other, little-endian. */
export class ByteWriter {
	private buffer: Buffer;
	private at = 0;

	constructor(expectedLength: number) {
		this.buffer = Buffer.allocUnsafe(Math.max(16, expectedLength));
	}

	bytes(): Buffer {
		return this.buffer.subarray(0, this.at);
	}

	u8(value: number): void {
		this.reserve(1);
		this.buffer[this.at] = value;
		this.at += 1;
	}

	u16(value: number): void {
		this.reserve(2);
		this.at = this.buffer.writeUInt16LE(value, this.at);
	}

	u32(value: number): void {
		this.reserve(4);
		this.at = this.buffer.writeUInt32LE(value, this.at);
	}

	f64(value: number): void {
		this.reserve(8);
		this.at = this.buffer.writeDoubleLE(value, this.at);
	}

	/** The digits behind "0x", two a byte. */
	hex(value: string): void {
		const length = (value.length - 2) / 2;
		this.reserve(length);
		this.at += this.buffer.write(value.slice(2), this.at, length, "hex");
	}

	/** Length and text. */
	json(text: string): void {
		const length = Buffer.byteLength(text);
		this.u32(length);
		this.reserve(length);
		this.at += this.buffer.write(text, this.at);
	}

	private reserve(length: number): void {
		if (this.at + length <= this.buffer.length) return;
		const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + length));
		this.buffer.copy(larger, 0, 0, this.at);
		this.buffer = larger;
	}
}
