import type { GridTokenXClient } from "../../client/GridTokenXClient.ts";
import type { TelemetrySigner } from "../../client/TelemetrySigner.ts";
import type { TelemetryScan } from "../../domain/grid/telemetry/TelemetryScan.ts";

/** Signs a control room's scans and hands them in at the public API. */
export class ApiTelemetryEntry {
	readonly #client: GridTokenXClient;
	readonly #signer: TelemetrySigner;

	constructor(client: GridTokenXClient, signer: TelemetrySigner) {
		this.#client = client;
		this.#signer = signer;
	}

	/** Throws with the code where the scan is refused. */
	async publish(scan: TelemetryScan): Promise<void> {
		const answer = await this.#client.submitTelemetry(this.#signer.sign(scan));
		if (answer.status === "refused") throw new Error(`${answer.code}: ${answer.detail}`);
	}
}
