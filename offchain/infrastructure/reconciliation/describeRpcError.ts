import { BaseError, type Hex } from "viem";
import { describeRevert } from "./describeRevert.ts";

/** One line: what the node said, with the contract's error in words where there is one. */
export function describeRpcError(error: unknown): string {
	if (!(error instanceof BaseError)) return firstLine(error instanceof Error ? error.message : String(error));
	const cause = error.walk((inner) => typeof (inner as { data?: unknown }).data === "string") as
		| (Error & { data?: Hex })
		| null;
	const text = firstLine(error.details || error.shortMessage);
	return cause?.data === undefined || cause.data === "0x" ? text : `reverted: ${describeRevert(cause.data)}`;
}

function firstLine(text: string): string {
	return text.split("\n")[0] ?? text;
}
