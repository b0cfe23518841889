import type { AttestedReadings } from "../../application/ports/MeterReading.ts";
import { ApiError } from "../../client/ApiError.ts";
import type { GridTokenXClient } from "../../client/GridTokenXClient.ts";
import type { ReadingAnswer, ReadingEntry } from "./MeterFleet.ts";

/** Hands readings in at the public API. */
export class ApiReadingEntry implements ReadingEntry {
	readonly #client: GridTokenXClient;

	constructor(client: GridTokenXClient) {
		this.#client = client;
	}

	async post(readings: AttestedReadings): Promise<ReadingAnswer> {
		try {
			const answer = await this.#client.submitReadings(readings);
			if (answer.status !== "refused") return { status: "accepted", detail: answer.status };
			const detail = `${answer.code}: ${answer.detail}`;
			// Every other refusal passes by itself: the venue has not seen the meter, the attester or the window's end yet.
			return { status: answer.code === "READING_CONTRADICTS" ? "rejected" : "unavailable", detail };
		} catch (error) {
			if (error instanceof ApiError) return { status: "unavailable", detail: error.message };
			throw error;
		}
	}
}
