import { z } from "zod";
import type { Endpoint } from "./Endpoint.ts";
import { PROBLEM_CONTENT_TYPE, problemMessage } from "./Problem.ts";
import { PROBLEM_CODES, type ProblemCode, problemStatus } from "./problemCodes.ts";

type Json = Record<string, unknown>;

/** What every endpoint may answer besides its own. */
const EVERYWHERE: ProblemCode[] = ["RATE_LIMITED", "INTERNAL"];
const WITH_BODY: ProblemCode[] = ["MALFORMED_JSON", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE"];

/** OpenAPI 3.1 document of the endpoints, from the schemas that validate them. */
export function openApi(endpoints: readonly Endpoint[], version: string): Json {
	const components: Json = {};
	const paths: Record<string, Json> = {};
	for (const endpoint of endpoints) {
		paths[endpoint.path] ??= {};
		(paths[endpoint.path] as Json)[endpoint.method] = operation(endpoint, components);
	}
	return {
		openapi: "3.1.0",
		info: {
			title: "GridTokenX",
			version,
			description:
				"Peer-to-peer electricity in Thailand. Energy is integer Wh, prices integer satoshi per kWh, money integer " +
				"millisatoshi. Every refusal is problem+json with a stable code.",
		},
		paths,
		components: { schemas: components },
	};
}

function operation(endpoint: Endpoint, components: Json): Json {
	const responses: Record<string, Json> = {};
	for (const { status, schema, description } of endpoint.success) {
		responses[status] = { description, content: { "application/json": { schema: jsonSchema(schema, components) } } };
	}
	const problems = [...endpoint.problems, ...EVERYWHERE, ...(endpoint.body === undefined ? [] : WITH_BODY)];
	for (const [status, codes] of byStatus(problems)) {
		responses[status] ??= {
			description: codes.map((code) => `${code}: ${PROBLEM_CODES[code]}`).join("; "),
			content: { [PROBLEM_CONTENT_TYPE]: { schema: jsonSchema(problemMessage, components) } },
		};
	}
	return {
		operationId: endpoint.operationId,
		summary: endpoint.summary,
		tags: [endpoint.tag],
		parameters: [
			...parameters("path", endpoint.params, components),
			...parameters("query", endpoint.query, components),
		],
		...(endpoint.body === undefined
			? {}
			: {
					requestBody: {
						required: true,
						content: { "application/json": { schema: jsonSchema(endpoint.body, components) } },
					},
				}),
		responses,
	};
}

function byStatus(codes: readonly ProblemCode[]): [string, ProblemCode[]][] {
	const groups = new Map<string, ProblemCode[]>();
	for (const code of new Set(codes)) {
		const status = String(problemStatus(code));
		groups.set(status, [...(groups.get(status) ?? []), code]);
	}
	return [...groups];
}

function parameters(place: "path" | "query", schema: z.ZodObject | undefined, components: Json): Json[] {
	if (schema === undefined) return [];
	const { properties = {}, required = [] } = jsonSchema(schema, components) as {
		properties?: Record<string, Json>;
		required?: string[];
	};
	return Object.entries(properties).map(([name, property]) => ({
		name,
		in: place,
		required: place === "path" || required.includes(name),
		schema: property,
	}));
}

/** Schemas with an `id` become components and are referred to. */
function jsonSchema(schema: z.ZodType, components: Json): Json {
	const converted = z.toJSONSchema(schema, { io: "input", target: "draft-2020-12", reused: "inline" }) as Json;
	const { $defs, $schema: _dialect, ...own } = converted as { $defs?: Json; $schema?: string } & Json;
	for (const [name, definition] of Object.entries($defs ?? {})) components[name] = pointToComponents(definition);
	const id = schema.meta()?.id;
	if (id === undefined) return pointToComponents(own);
	components[id] = pointToComponents(own);
	return { $ref: `#/components/schemas/${id}` };
}

function pointToComponents(value: unknown): Json {
	return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}
