import { custodyGuards } from "./custodyGuards.ts";
import type { Mutant } from "./mutantsOf.ts";
import { orderGuards } from "./orderGuards.ts";
import { tradeGuards } from "./tradeGuards.ts";
import { windowGuards } from "./windowGuards.ts";

/** A line of defence, how the code reads without it, and the name of the test that must fail then. */
type Guard = { file: string; threat: string; before: string; after: string; test: string };
/** By place, so that a reader can go through the contracts with it. */
export type GuardsByFile = Record<string, [threat: string, before: string, after: string, test: string][]>;

const PLACES: GuardsByFile = { ...windowGuards, ...orderGuards, ...tradeGuards, ...custodyGuards };

export const GUARDS: Guard[] = Object.entries(PLACES).flatMap(([file, guards]) =>
	guards.map(([threat, before, after, test]) => ({ file, threat, before, after, test })),
);

/** The source without the guard. Throws when the source no longer reads as the list says. */
export function withoutGuard({ file, threat, before, after, test }: Guard, source: string): Mutant & { test: string } {
	const [head = "", tail, ...more] = source.split(before);
	if (tail === undefined || more.length > 0) throw new Error(`${file} has not one place that reads: ${before}`);
	const line = head.split("\n").length;
	const column = head.length - head.lastIndexOf("\n");
	return { file, line, column, operator: "guard", before: threat, after, source: head + after + tail, test };
}
