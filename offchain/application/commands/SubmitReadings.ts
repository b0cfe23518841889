import { licenseeOf } from "../../domain/grid/zones.ts";
import { windowEnd } from "../../domain/units/window.ts";
import type { AttesterDirectory } from "../ports/AttesterDirectory.ts";
import type { Clock } from "../ports/Clock.ts";
import type { AttestedReadings } from "../ports/MeterReading.ts";
import type { ReadingRepository } from "../ports/ReadingRepository.ts";
import type { SignatureVerifier } from "../ports/SignatureVerifier.ts";

/** Why a batch of readings was refused. Stable. */
export const READING_CODES = {
	ATTESTER_UNKNOWN: "the readings are not signed by an attester of the licensee",
	METER_NOT_REGISTERED: "a meter of the batch is not registered",
	METER_OUTSIDE_LICENSEE: "a meter of the batch lies in another licensee's zone",
	WINDOW_NOT_ENDED: "the delivery window has not ended",
	READING_CONTRADICTS: "another reading of this meter and window is already stored",
} as const;
export type ReadingCode = keyof typeof READING_CODES;

export type ReadingsOutcome =
	| { status: "stored" | "known"; batchId: number }
	| { status: "refused"; code: ReadingCode; detail: string };

type Dependencies = {
	readings: ReadingRepository;
	attesters: AttesterDirectory;
	verifier: SignatureVerifier;
	clock: Clock;
};

/** Stores a licensee's attested readings after checking who signed, for which meters, and that the window is over. */
export async function submitReadings(deps: Dependencies, batch: AttestedReadings): Promise<ReadingsOutcome> {
	const endsAt = windowEnd(batch.windowId);
	const nowSeconds = Math.floor(deps.clock.nowMillis() / 1000);
	if (nowSeconds < endsAt) {
		return refused("WINDOW_NOT_ENDED", `Window ${batch.windowId} ends at ${endsAt}, it is ${nowSeconds}.`);
	}
	const signer = deps.verifier.readingsSigner(batch);
	const attestsFor = signer === null ? null : await deps.attesters.licenseeOfAttester(signer);
	if (attestsFor !== batch.licensee) {
		const who = signer === null ? "The signature is not one any key can make" : `${signer} is no attester`;
		return refused("ATTESTER_UNKNOWN", `${who} of ${batch.licensee}.`);
	}
	const zones = await deps.attesters.zonesOf(batch.readings.map(({ meterId }) => meterId));
	for (const [index, { meterId }] of batch.readings.entries()) {
		const zone = zones[index] ?? null;
		if (zone === null) return refused("METER_NOT_REGISTERED", `Meter ${meterId} is not registered.`);
		if (licenseeOf(zone) !== batch.licensee) {
			return refused("METER_OUTSIDE_LICENSEE", `Meter ${meterId} lies in ${licenseeOf(zone)}'s zone ${zone}.`);
		}
	}
	const outcome = await deps.readings.add(batch);
	if (outcome.status !== "contradicts") return outcome;
	const { meterId, storedWh, receivedWh } = outcome;
	return refused("READING_CONTRADICTS", `Meter ${meterId} is stored with ${storedWh} Wh, received ${receivedWh} Wh.`);
}

function refused(code: ReadingCode, detail: string): ReadingsOutcome {
	return { status: "refused", code, detail };
}
