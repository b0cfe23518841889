import type { WindowId } from "../../domain/units/window.ts";
import type { AttestedReadings } from "./MeterReading.ts";

/** What became of a batch: the same batch again is `known`; a different value for a meter already read is refused. */
export type ReadingOutcome =
	| { status: "stored" | "known"; batchId: number }
	| { status: "contradicts"; meterId: number; storedWh: number; receivedWh: number };

/** Attested meter readings; the caller has verified signature and licensee. One reading per meter and window for ever. */
export interface ReadingRepository {
	add(batch: AttestedReadings): Promise<ReadingOutcome>;
	ofWindow(windowId: WindowId): Promise<AttestedReadings[]>;
}
