import { get } from "./api.js";

const RESYNC_MILLIS = 4000;

/** Market time as the server has it, carried on between two looks at the speed it was seen to run. */
export class MarketClock {
	#base = { market: Date.now(), local: performance.now() };
	#speed = 1;
	#isKnown = false;

	async start() {
		await this.#look();
		setInterval(() => this.#look().catch(() => undefined), RESYNC_MILLIS);
	}

	get isKnown() {
		return this.#isKnown;
	}

	get speed() {
		return this.#speed;
	}

	now() {
		return this.#base.market + (performance.now() - this.#base.local) * this.#speed;
	}

	async #look() {
		const { marketTimeMillis } = await get("/v1/config");
		const seen = { market: marketTimeMillis, local: performance.now() };
		const elapsed = seen.local - this.#base.local;
		if (this.#isKnown && elapsed > 1000) {
			const speed = (seen.market - this.#base.market) / elapsed;
			this.#speed = Math.abs(speed - 1) < 0.05 ? 1 : Math.max(0, speed);
		}
		this.#base = seen;
		this.#isKnown = true;
	}
}
