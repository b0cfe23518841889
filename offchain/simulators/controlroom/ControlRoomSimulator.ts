import type { Clock } from "../../application/ports/Clock.ts";
import type { TelemetryScan } from "../../domain/grid/telemetry/TelemetryScan.ts";
import type { ZoneCode } from "../../domain/grid/zones.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { ControlRoomModel } from "./ControlRoomModel.ts";

export type ControlRoomOptions = {
	clock: Clock;
	model: ControlRoomModel;
	/** Market seconds between scans. */
	scanSeconds: number;
	/** Net export by zone of the trades of a window, Wh. */
	tradedNetExportWh: (windowId: WindowId) => Promise<ReadonlyMap<ZoneCode, number>>;
	/** Signs and delivers a scan; a failed delivery is dropped, the next scan follows. */
	publish: (scan: TelemetryScan) => Promise<void>;
};

/** The other side of the grid-system adapter: EGAT's control room sending scans at a fixed rhythm. */
export class ControlRoomSimulator {
	readonly #options: ControlRoomOptions;
	#latest: TelemetryScan | null = null;
	#problem: string | null = null;

	constructor(options: ControlRoomOptions) {
		this.#options = options;
	}

	/** The last scan sent; null before the first. */
	get latest(): TelemetryScan | null {
		return this.#latest;
	}

	/** Why the last scan was not taken; null where it was. */
	get problem(): string | null {
		return this.#problem;
	}

	async run(signal: AbortSignal): Promise<void> {
		const { clock, model, scanSeconds, tradedNetExportWh, publish } = this.#options;
		while (!signal.aborted) {
			const now = clock.nowMillis();
			const traded = await tradedNetExportWh(windowAt(now / 1000)).catch(() => new Map<ZoneCode, number>());
			this.#latest = model.scan(now, traded);
			try {
				await publish(this.#latest);
				this.#problem = null;
			} catch (error) {
				this.#problem = `telemetry: ${(error as Error).message}`;
			}
			await clock.sleepUntil(now + scanSeconds * 1000, signal);
		}
	}
}
