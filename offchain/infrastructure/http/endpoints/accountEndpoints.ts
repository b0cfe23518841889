import { z } from "zod";
import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import { accountView, certificateList, certificateListQuery } from "../messages/accountMessages.ts";
import { address } from "../messages/primitives.ts";
import { problem } from "../Problem.ts";

export const accountEndpoints: Endpoint[] = [
	endpoint({
		method: "get",
		path: "/v1/accounts/{address}",
		operationId: "GetAccount",
		summary: "Collateral, licence and meters of an account as the engine holds them.",
		tag: "accounts",
		params: z.strictObject({ address }),
		success: [{ status: 200, schema: accountView, description: "The account" }],
		problems: ["MALFORMED", "NOT_FOUND"],
		async handle({ params }, deps) {
			const account = await deps.engineQueries.account(params.address);
			return account === null ? problem("NOT_FOUND", `Account ${params.address} is not known here.`) : ok(account);
		},
	}),
	endpoint({
		method: "get",
		path: "/v1/certificates",
		operationId: "GetCertificates",
		summary: "Renewable-energy certificates by holder or window.",
		tag: "accounts",
		query: certificateListQuery,
		success: [{ status: 200, schema: certificateList, description: "Certificates" }],
		problems: ["MALFORMED", "UNAVAILABLE"],
		async handle({ query }, deps) {
			if (deps.certificates === undefined) return problem("UNAVAILABLE", "This venue does not index the chain.");
			return ok({ certificates: await deps.certificates.find(query) });
		},
	}),
];
