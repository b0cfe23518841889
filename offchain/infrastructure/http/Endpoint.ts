import type { z } from "zod";
import type { ApiDependencies } from "./ApiDependencies.ts";
import type { Reply } from "./Problem.ts";
import type { ProblemCode } from "./problemCodes.ts";

/** Everything said about one endpoint, once: routing, validation and OpenAPI derive from it. */
export type Endpoint = {
	method: "get" | "post" | "delete";
	/** With `{name}` for parameters. */
	path: string;
	/** Name of the command or query (SPEC I1). */
	operationId: string;
	summary: string;
	tag: "orders" | "market" | "grid" | "accounts" | "readings" | "venue";
	params?: z.ZodObject;
	query?: z.ZodObject;
	body?: z.ZodType;
	bodyLimitBytes?: number;
	success: { status: number; schema: z.ZodType; description: string }[];
	problems: ProblemCode[];
	handle: (request: ParsedRequest, deps: ApiDependencies) => Promise<Reply>;
};

type ParsedRequest = { params: unknown; query: unknown; body: unknown };

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

type Definition<Params, Query, Body> = Omit<Endpoint, "params" | "query" | "body" | "handle"> & {
	params?: Params;
	query?: Query;
	body?: Body;
	handle: (
		request: { params: Output<Params>; query: Output<Query>; body: Output<Body> },
		deps: ApiDependencies,
	) => Promise<Reply>;
};

/** Ties the handler's types to the schemas. */
export function endpoint<
	Params extends z.ZodObject | undefined = undefined,
	Query extends z.ZodObject | undefined = undefined,
	Body extends z.ZodType | undefined = undefined,
>(definition: Definition<Params, Query, Body>): Endpoint {
	return definition as unknown as Endpoint;
}

export function ok(body: unknown, status = 200): Reply {
	return { status, body };
}
