import type { Clock } from "../../application/ports/Clock.ts";
import type { ZoneCode } from "../../domain/grid/zones.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { ThaiProfiles } from "../profiles/ThaiProfiles.ts";
import { type GridTelemetry, gridTelemetry } from "./gridTelemetry.ts";

export type ControlRoomOptions = {
	clock: Clock;
	profiles: ThaiProfiles;
	seed: number;
	/** Market seconds between scans. */
	scanSeconds: number;
	/** Net export by zone of the trades of a window, Wh. */
	tradedNetExportWh: (windowId: WindowId) => Promise<ReadonlyMap<ZoneCode, number>>;
	/** Takes a scan; a failed delivery is dropped, the next scan follows. */
	publish: (telemetry: GridTelemetry) => Promise<void>;
};

/** The other side of the grid-system adapter: EGAT's control room sending scans at a fixed rhythm. */
export class ControlRoomSimulator {
	readonly #options: ControlRoomOptions;
	#latest: GridTelemetry | null = null;

	constructor(options: ControlRoomOptions) {
		this.#options = options;
	}

	/** The last scan sent; null before the first. */
	get latest(): GridTelemetry | null {
		return this.#latest;
	}

	async run(signal: AbortSignal): Promise<void> {
		const { clock, profiles, seed, scanSeconds, tradedNetExportWh, publish } = this.#options;
		while (!signal.aborted) {
			const now = clock.nowMillis();
			const traded = await tradedNetExportWh(windowAt(now / 1000)).catch(() => new Map<ZoneCode, number>());
			this.#latest = gridTelemetry(profiles, seed, now, traded);
			await publish(this.#latest).catch(() => undefined);
			await clock.sleepUntil(now + scanSeconds * 1000, signal);
		}
	}
}
