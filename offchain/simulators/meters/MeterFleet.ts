import type { Clock } from "../../application/ports/Clock.ts";
import type { AttestedReadings, MeterReading } from "../../application/ports/MeterReading.ts";
import { LocalKeySigner } from "../../client/LocalKeySigner.ts";
import { type Licensee, licenseeOf } from "../../domain/grid/zones.ts";
import type { OrderDomain } from "../../domain/orders/orderTypedData.ts";
import type { Hex } from "../../domain/units/Address.ts";
import { type WindowId, windowAt, windowEnd } from "../../domain/units/window.ts";
import type { Participant } from "../participants/Participant.ts";
import type { MeterModel } from "./MeterModel.ts";

export type ReadingAnswer = { status: "accepted" | "rejected" | "unavailable"; detail: string };

/** Where a licensee's meter-data system hands in signed readings: the public API. */
export interface ReadingEntry {
	post(readings: AttestedReadings): Promise<ReadingAnswer>;
}

export type MeterFleetOptions = {
	clock: Clock;
	entry: ReadingEntry;
	domain: OrderDomain;
	population: readonly Participant[];
	model: MeterModel;
	/** Signing key of each licensee's attester; licensees without meters need none. */
	attesterKeys: Partial<Record<Licensee, Hex>>;
	/** The first window that was ever traded. */
	firstWindow: WindowId;
	/** The last one to read; null = until stopped. */
	lastWindow: WindowId | null;
};

/** Meters report this long after the window's end, market time. */
const REPORTING_DELAY_SECONDS = 60;
const RETRY_MARKET_MILLIS = 60_000;
/** After a restart, readings of at most so many past windows are handed in again. */
const MAX_CATCH_UP_WINDOWS = 96;
/** Readings under one signature: all of a chunk's batches travel in its transaction. */
const MAX_READINGS_PER_BATCH = 256;

/**
 * The meters and the licensees' meter-data systems. Every generating meter is read in every window, traded or not; the
 * same window always gives the same batches and signatures, so handing in again after a restart is harmless.
 */
export class MeterFleet {
	readonly #options: MeterFleetOptions;
	#problem: string | null = null;

	constructor(options: MeterFleetOptions) {
		this.#options = options;
	}

	/** What keeps a batch from being taken at the moment; null where nothing does. */
	get problem(): string | null {
		return this.#problem;
	}

	/** One signed batch per licensee, or several where it has many meters; readings ascend by meter. */
	async attest(windowId: WindowId): Promise<AttestedReadings[]> {
		const { population, model, attesterKeys, domain } = this.#options;
		const byLicensee = new Map<Licensee, MeterReading[]>();
		for (const { kind, meters } of population) {
			for (const meter of meters) {
				if (meter.source === "none") continue;
				const licensee = licenseeOf(meter.zoneId);
				const readings = byLicensee.get(licensee) ?? [];
				readings.push({ windowId, meterId: meter.meterId, exportedWh: model.actualExportWh(kind, meter, windowId) });
				byLicensee.set(licensee, readings);
			}
		}
		const batches: AttestedReadings[] = [];
		for (const [licensee, all] of byLicensee) {
			const key = attesterKeys[licensee];
			if (key === undefined) throw new Error(`${licensee} has meters but no attester key`);
			const signer = new LocalKeySigner(key);
			all.sort((a, b) => a.meterId - b.meterId);
			for (let first = 0; first < all.length; first += MAX_READINGS_PER_BATCH) {
				const batch = { windowId, licensee, readings: all.slice(first, first + MAX_READINGS_PER_BATCH) };
				batches.push({ ...batch, signature: await signer.signReadings(batch, domain) });
			}
		}
		return batches;
	}

	/** Hands in every window's readings once it has been delivered, until stopped. A refusal is a broken invariant. */
	async run(signal: AbortSignal): Promise<void> {
		const { clock, firstWindow, lastWindow } = this.#options;
		const oldest = windowAt(clock.nowMillis() / 1000) - MAX_CATCH_UP_WINDOWS;
		for (let windowId = Math.max(firstWindow, oldest); ; windowId += 1) {
			if (lastWindow !== null && windowId > lastWindow) return;
			await clock.sleepUntil((windowEnd(windowId) + REPORTING_DELAY_SECONDS) * 1000, signal);
			for (const batch of await this.attest(windowId)) {
				if (signal.aborted) return;
				await this.#post(batch, signal);
			}
		}
	}

	async #post(batch: AttestedReadings, signal: AbortSignal): Promise<void> {
		const { clock, entry } = this.#options;
		while (!signal.aborted) {
			const answer = await entry.post(batch);
			this.#problem = answer.status === "accepted" ? null : `readings not taken: ${answer.detail}`;
			if (answer.status === "accepted") return;
			if (answer.status === "rejected") {
				throw new Error(`readings of ${batch.licensee} for window ${batch.windowId} were refused: ${answer.detail}`);
			}
			await clock.sleepUntil(clock.nowMillis() + RETRY_MARKET_MILLIS, signal);
		}
	}
}
