const WIDTH = 4;

/** Trades in the order they happened, as numbers in one growing array. */
export class TradeList {
	length = 0;
	#values = new Float64Array(WIDTH * 1024);

	add(takerId: number, makerId: number, price: number, wh: number): void {
		const at = this.length * WIDTH;
		if (at === this.#values.length) {
			const larger = new Float64Array(this.#values.length * 2);
			larger.set(this.#values);
			this.#values = larger;
		}
		this.#values[at] = takerId;
		this.#values[at + 1] = makerId;
		this.#values[at + 2] = price;
		this.#values[at + 3] = wh;
		this.length++;
	}

	/** `[takerId,makerId,price,quantityWh]` joined by commas, in pieces of some thousand trades. */
	*jsonPieces(): Generator<string> {
		const piece: string[] = [];
		for (let at = 0; at < this.length * WIDTH; at += WIDTH) {
			const [taker, maker, price, wh] = this.#values.subarray(at, at + WIDTH);
			piece.push(`${at === 0 ? "" : ","}[${taker},${maker},${price},${wh}]`);
			if (piece.length < 8192) continue;
			yield piece.join("");
			piece.length = 0;
		}
		yield piece.join("");
	}
}
