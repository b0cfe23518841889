import { TELEMETRY_CODES, type TelemetryCode } from "../../../domain/grid/telemetry/telemetryRefusal.ts";
import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import { gridConditions, telemetryReply, telemetryRequest } from "../messages/telemetryMessages.ts";
import { problem } from "../Problem.ts";

const NO_TELEMETRY = "This venue takes no telemetry.";

export const telemetryEndpoints: Endpoint[] = [
	endpoint({
		method: "post",
		path: "/v1/telemetry",
		operationId: "SubmitTelemetry",
		summary: "Takes a control room's signed scan. The same scan again is known.",
		tag: "grid",
		body: telemetryRequest,
		bodyLimitBytes: 2 << 20,
		success: [{ status: 200, schema: telemetryReply, description: "Accepted, or known from before" }],
		problems: ["MALFORMED", "UNAVAILABLE", ...(Object.keys(TELEMETRY_CODES) as TelemetryCode[])],
		async handle({ body }, deps) {
			if (deps.telemetry === undefined) return problem("UNAVAILABLE", NO_TELEMETRY);
			const outcome = await deps.telemetry.submit(body);
			const result = outcome.status === "refused" ? outcome.code : outcome.status;
			deps.metrics.count("gridtokenx_telemetry_scans_total", "Scans received, by result", { result });
			return outcome.status === "refused" ? problem(outcome.code, outcome.detail) : ok(outcome);
		},
	}),
	endpoint({
		method: "get",
		path: "/v1/grid/conditions",
		operationId: "GetGridConditions",
		summary: "Frequency, voltages, flows, congestion points, renewable generation and forecast, with their age.",
		tag: "grid",
		success: [{ status: 200, schema: gridConditions, description: "Conditions" }],
		problems: ["UNAVAILABLE"],
		async handle(_request, deps) {
			const conditions = deps.telemetry?.current() ?? null;
			if (conditions === null) return problem("UNAVAILABLE", "No control room has reported yet.");
			return ok(conditions);
		},
	}),
];
