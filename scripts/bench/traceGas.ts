import type { Venue } from "../../test/contracts/fixtures/Venue.ts";
import type { CalldataGas } from "./calldataGas.ts";

/** The gas of one transaction by what it was spent on. */
export type GasParts = {
	base: number;
	calldata: number;
	/** Slots named beforehand; reading them costs 100 then. */
	accessList: number;
	/** The ecrecover precompile and the calls to it. */
	ecrecover: number;
	storageRead: number;
	storageWrite: number;
	events: number;
	/** Calls to other contracts without what they do there. */
	calls: number;
	hashing: number;
	/** Everything else: decoding, arithmetic, memory. */
	compute: number;
};

type Step = { op: string; depth: number; gas: number; gasCost: number };

/** Runs the transaction again, step by step. */
export async function traceGas(venue: Venue, hash: `0x${string}`, calldata: CalldataGas): Promise<GasParts> {
	const trace = (await venue.rpc("debug_traceTransaction", [
		hash,
		{ disableMemory: true, disableStorage: true, disableStack: true, enableMemory: false },
	])) as { gas: number | string; structLogs: Step[] };
	const steps = trace.structLogs;
	const parts: GasParts = {
		base: 21_000,
		calldata: calldata.standard,
		accessList: calldata.accessList,
		ecrecover: 0,
		storageRead: 0,
		storageWrite: 0,
		events: 0,
		calls: 0,
		hashing: 0,
		compute: 0,
	};
	/** Calls under way: what the caller had before, and what the callee was given. */
	const open: { before: number; given: number }[] = [];
	steps.forEach((step, i) => {
		const previous = steps[i - 1];
		const next = steps[i + 1];
		if (previous !== undefined && step.depth < previous.depth) {
			const call = open.pop();
			if (call === undefined) throw new Error("the trace returns from a call it did not make");
			const spentInside = call.given - (previous.gas - previous.gasCost);
			parts.calls += call.before - step.gas - spentInside;
		}
		const kind = kindOf(step);
		if (kind !== "calls") parts[kind] += step.gasCost;
		else if (next !== undefined && next.depth > step.depth) open.push({ before: step.gas, given: next.gas });
		// A static call that enters nothing: the only precompile the protocol uses.
		else if (next !== undefined) parts[step.op === "STATICCALL" ? "ecrecover" : "calls"] += step.gas - next.gas;
	});
	return parts;
}

function kindOf({ op }: Step): "calls" | "storageRead" | "storageWrite" | "events" | "hashing" | "compute" {
	if (op === "SLOAD") return "storageRead";
	if (op === "SSTORE") return "storageWrite";
	if (op.startsWith("LOG")) return "events";
	if (op === "KECCAK256") return "hashing";
	if (op.endsWith("CALL")) return "calls";
	return "compute";
}
