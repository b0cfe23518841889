import type { GridConditions } from "../../domain/grid/telemetry/GridConditions.ts";
import type { TelemetryScan } from "../../domain/grid/telemetry/TelemetryScan.ts";
import type { TelemetryRefusal } from "../../domain/grid/telemetry/telemetryRefusal.ts";
import type { Hex } from "../../domain/units/Address.ts";

/** A scan with its source's Ed25519 signature over `telemetryText`, 64 bytes. */
export type SignedTelemetry = { scan: TelemetryScan; signature: Hex };

export type TelemetryOutcome = { status: "accepted" | "known" } | ({ status: "refused" } & TelemetryRefusal);

/**
 * The edge to the control rooms (SPEC I7): takes their scans, tells the grid's conditions, and tells of every change,
 * whichever node took the scan. What is told has passed signature, schema, time and plausibility.
 */
export interface GridSystemAdapter {
	submit(telemetry: SignedTelemetry): Promise<TelemetryOutcome>;
	/** Null before the first scan. */
	current(): GridConditions | null;
	/** Told of accepted scans, at most once each; returns the unsubscribe function. */
	subscribe(listener: (scan: TelemetryScan) => void): () => void;
}

/** Who may report. */
export interface TelemetrySources {
	/** Null for an unknown source. */
	isSignedBy(sourceId: string, text: string, signature: Hex): boolean | null;
}

/** The last scan of every source, shared by all nodes. */
export interface TelemetryStore {
	/** `superseded` when the source's stored scan is as new or newer: two nodes may take scans at the same time. */
	append(scan: TelemetryScan): Promise<"stored" | "superseded">;
	latest(): Promise<TelemetryScan[]>;
	/** Calls back soon after any node has stored a scan. */
	subscribe(onChange: () => void): () => void;
}
