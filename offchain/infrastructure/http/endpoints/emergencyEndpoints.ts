import {
	EMERGENCY_CODES,
	type EmergencyCode,
	type EmergencyReport,
} from "../../../application/commands/HandleGridEmergency.ts";
import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import { curtailmentList, curtailmentQuery, emergencyReply, emergencyRequest } from "../messages/emergencyMessages.ts";
import { problem } from "../Problem.ts";

const NOT_OFFERED = "This venue handles no grid emergencies.";

export const emergencyEndpoints: Endpoint[] = [
	endpoint({
		method: "post",
		path: "/v1/grid/emergencies",
		operationId: "HandleGridEmergency",
		summary: "Plans and records an emergency a control room orders under an executed directive.",
		tag: "grid",
		body: emergencyRequest,
		success: [{ status: 200, schema: emergencyReply, description: "What is curtailed, and what has to be ordered" }],
		problems: ["MALFORMED", "UNAVAILABLE", ...(Object.keys(EMERGENCY_CODES) as EmergencyCode[])],
		async handle({ body }, deps) {
			if (deps.emergencies === undefined) return problem("UNAVAILABLE", NOT_OFFERED);
			const outcome = await deps.emergencies.handle(body);
			return outcome.status === "refused" ? problem(outcome.code, outcome.detail) : ok(inIntegers(outcome.report));
		},
	}),
	endpoint({
		method: "get",
		path: "/v1/grid/curtailments",
		operationId: "GetCurtailments",
		summary: "Energy of a window's trades taken by emergencies, with the cause of each.",
		tag: "grid",
		query: curtailmentQuery,
		success: [{ status: 200, schema: curtailmentList, description: "Curtailments" }],
		problems: ["MALFORMED", "UNAVAILABLE"],
		async handle({ query: { windowId } }, deps) {
			if (deps.emergencies === undefined) return problem("UNAVAILABLE", NOT_OFFERED);
			return ok({ curtailments: await deps.emergencies.curtailments(windowId) });
		},
	}),
];

/** Power leaves as whole kW; the API knows no fractions. */
function inIntegers(report: EmergencyReport) {
	const { counterTradeAndStorage, demandResponse, interruptible, firm } = report.totalMw;
	const kilowatts = (mw: number) => Math.round(mw * 1000);
	return {
		windowId: report.windowId,
		isFresh: report.isFresh,
		outages: report.outages,
		islands: report.islands.map(({ zones }, index) => ({ zones, isDark: report.plans[index] === null })),
		curtailedKilowatts: {
			counterTradeAndStorage: kilowatts(counterTradeAndStorage),
			demandResponse: kilowatts(demandResponse),
			interruptible: kilowatts(interruptible),
			firm: kilowatts(firm),
		},
		droppedPartsPerMillion: report.droppedPartsPerMillion,
		curtailments: report.curtailments,
		aboveNormal: report.aboveNormal,
		proposedCaps: report.proposedCaps,
	};
}
