import { type GridConditions, gridConditions } from "../../domain/grid/telemetry/GridConditions.ts";
import { type TelemetryScan, telemetryText } from "../../domain/grid/telemetry/TelemetryScan.ts";
import { type TelemetryEnvelope, telemetryRefusal } from "../../domain/grid/telemetry/telemetryRefusal.ts";
import type { Clock } from "../ports/Clock.ts";
import type {
	GridSystemAdapter,
	SignedTelemetry,
	TelemetryOutcome,
	TelemetrySources,
	TelemetryStore,
} from "../ports/GridSystemAdapter.ts";

export type GridTelemetryOptions = {
	sources: TelemetrySources;
	store: TelemetryStore;
	clock: Clock;
	envelope: TelemetryEnvelope;
	/** A read of the store, or a listener, that failed; the last known conditions stay, and grow old. */
	onError: (error: unknown) => void;
};

/**
 * Takes control rooms' scans and keeps every node informed. A scan counts once it is stored; nodes learn of it from the
 * store, so all of them see the same order. Nothing is ever filled in: a source that falls silent turns stale.
 */
export class GridTelemetryService implements GridSystemAdapter {
	readonly #options: GridTelemetryOptions;
	readonly #latest = new Map<string, TelemetryScan>();
	readonly #listeners = new Set<(scan: TelemetryScan) => void>();
	#reading: Promise<void> | null = null;
	#isDirty = false;
	#unsubscribe: () => void = () => undefined;

	private constructor(options: GridTelemetryOptions) {
		this.#options = options;
	}

	/** Reads what is stored and follows it until `stop`. */
	static async start(options: GridTelemetryOptions): Promise<GridTelemetryService> {
		const service = new GridTelemetryService(options);
		service.#unsubscribe = options.store.subscribe(() => void service.#refresh());
		await service.#refresh();
		return service;
	}

	async submit({ scan, signature }: SignedTelemetry): Promise<TelemetryOutcome> {
		const { sources, store, clock, envelope } = this.#options;
		const isSigned = sources.isSignedBy(scan.sourceId, telemetryText(scan), signature);
		if (isSigned === null) {
			return { status: "refused", code: "TELEMETRY_SOURCE_UNKNOWN", detail: `source ${scan.sourceId}` };
		}
		if (!isSigned) {
			const detail = `not signed by the key of ${scan.sourceId}`;
			return { status: "refused", code: "TELEMETRY_SIGNATURE_INVALID", detail };
		}
		const previous = this.#latest.get(scan.sourceId) ?? null;
		if (previous !== null && telemetryText(previous) === telemetryText(scan)) return { status: "known" };
		const refusal = telemetryRefusal(scan, previous, envelope, clock.nowMillis());
		if (refusal !== null) return { status: "refused", ...refusal };
		if ((await store.append(scan)) === "superseded") {
			const detail = `scan ${scan.sequence} of ${scan.measuredAtMillis}: a newer one is stored`;
			return { status: "refused", code: "TELEMETRY_CLOCK_BACKWARDS", detail };
		}
		this.#note(scan);
		return { status: "accepted" };
	}

	current(): GridConditions | null {
		const { clock, envelope } = this.#options;
		return gridConditions([...this.#latest.values()], clock.nowMillis(), envelope.staleAfterSeconds);
	}

	subscribe(listener: (scan: TelemetryScan) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	stop(): void {
		this.#unsubscribe();
		this.#listeners.clear();
	}

	/** One read at a time; a change during a read is followed by another. */
	#refresh(): Promise<void> {
		this.#isDirty = true;
		this.#reading ??= this.#readAll().finally(() => {
			this.#reading = null;
		});
		return this.#reading;
	}

	async #readAll(): Promise<void> {
		while (this.#isDirty) {
			this.#isDirty = false;
			try {
				for (const scan of await this.#options.store.latest()) this.#note(scan);
			} catch (error) {
				this.#options.onError(error);
			}
		}
	}

	#note(scan: TelemetryScan): void {
		const known = this.#latest.get(scan.sourceId);
		if (known !== undefined && known.measuredAtMillis >= scan.measuredAtMillis) return;
		this.#latest.set(scan.sourceId, scan);
		for (const listener of this.#listeners) {
			try {
				listener(scan);
			} catch (error) {
				this.#options.onError(error);
			}
		}
	}
}
