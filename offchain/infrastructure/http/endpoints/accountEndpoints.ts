import { z } from "zod";
import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import {
	accountView,
	certificateList,
	certificateListQuery,
	payoutQuery,
	payoutStatement,
} from "../messages/accountMessages.ts";
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
		path: "/v1/accounts/{address}/payouts",
		operationId: "GetPayouts",
		summary: "What an account earned by holding reserve and by quoting, what it was paid of it, and what it is owed.",
		tag: "accounts",
		params: z.strictObject({ address }),
		query: payoutQuery,
		success: [{ status: 200, schema: payoutStatement, description: "The statement; empty for an unknown account" }],
		problems: ["MALFORMED", "UNAVAILABLE"],
		async handle({ params, query }, deps) {
			if (deps.payouts === undefined) return problem("UNAVAILABLE", "This venue pays nothing outside of trades.");
			return ok(await deps.payouts.statement(params.address, query.limit));
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
