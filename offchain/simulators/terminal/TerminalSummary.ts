import type { MarketView } from "./MarketView.ts";
import { renderMarket, windowLogLine } from "./renderMarket.ts";

const CONTROL = String.fromCharCode(27);
const REFRESH_MILLIS = 500;
const HIDE_CURSOR = `${CONTROL}[?25l`;
const SHOW_CURSOR = `${CONTROL}[?25h`;
const CLEAR_LINE = `${CONTROL}[K`;
const CLEAR_BELOW = `${CONTROL}[J`;

type Output = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;

/**
 * Shows the market while it runs: on a terminal it redraws in place, elsewhere it prints a line when something
 * changed. It reads from `view` only and never disturbs what it shows: a failing view keeps the last picture.
 */
export class TerminalSummary {
	readonly #view: () => Promise<MarketView>;
	readonly #output: Output;
	#timer: NodeJS.Timeout | null = null;
	#drawnLines = 0;
	#isDrawing = false;
	readonly #printedStates = new Map<number, string>();
	readonly #printedNotices = new Set<string>();

	constructor(view: () => Promise<MarketView>, output: Output = process.stdout) {
		this.#view = view;
		this.#output = output;
	}

	start(): void {
		if (this.#output.isTTY) this.#output.write(HIDE_CURSOR);
		this.#timer = setInterval(() => void this.draw(), REFRESH_MILLIS);
	}

	stop(): void {
		if (this.#timer !== null) clearInterval(this.#timer);
		this.#timer = null;
		if (this.#output.isTTY) this.#output.write(SHOW_CURSOR);
	}

	/** One picture; overlapping calls draw once. */
	async draw(): Promise<void> {
		if (this.#isDrawing) return;
		this.#isDrawing = true;
		try {
			const view = await this.#view();
			if (this.#output.isTTY) this.#redraw(view);
			else this.#print(view);
		} catch {
			// The next picture tries again; what is wrong is said by the view's own `problem`.
		} finally {
			this.#isDrawing = false;
		}
	}

	#redraw(view: MarketView): void {
		const lines = renderMarket(view, this.#output.columns ?? 80);
		const up = this.#drawnLines > 0 ? `${CONTROL}[${this.#drawnLines}A` : "";
		this.#output.write(`${up}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join("")}${CLEAR_BELOW}`);
		this.#drawnLines = lines.length;
	}

	#print(view: MarketView): void {
		for (const window of view.windows) {
			if (this.#printedStates.get(window.windowId) === window.state) continue;
			this.#printedStates.set(window.windowId, window.state);
			this.#output.write(`${windowLogLine(window)}\n`);
		}
		for (const notice of view.notices) {
			if (this.#printedNotices.has(notice)) continue;
			this.#printedNotices.add(notice);
			this.#output.write(`${notice}\n`);
		}
	}
}
