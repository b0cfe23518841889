import { READING_CODES, type ReadingCode } from "../../../application/commands/SubmitReadings.ts";
import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import { readingsReply, readingsRequest } from "../messages/readingMessages.ts";
import { problem } from "../Problem.ts";

export const readingEndpoints: Endpoint[] = [
	endpoint({
		method: "post",
		path: "/v1/readings",
		operationId: "SubmitReadings",
		summary: "Stores meter readings signed by a licensee's attester. The same batch again is known.",
		tag: "readings",
		body: readingsRequest,
		bodyLimitBytes: 1 << 20,
		success: [
			{ status: 201, schema: readingsReply, description: "Stored" },
			{ status: 200, schema: readingsReply, description: "Known from before" },
		],
		problems: ["MALFORMED", ...(Object.keys(READING_CODES) as ReadingCode[])],
		async handle({ body }, deps) {
			const outcome = await deps.trading.submitReadings(body);
			const result = outcome.status === "refused" ? outcome.code : outcome.status;
			deps.metrics.count("gridtokenx_reading_batches_total", "Batches of readings received, by result", { result });
			if (outcome.status === "refused") return problem(outcome.code, outcome.detail);
			return ok(outcome, outcome.status === "stored" ? 201 : 200);
		},
	}),
];
