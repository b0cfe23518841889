import { toEventSelector } from "viem";
import type { Address, Hash32 } from "../../domain/units/Address.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { decodeChainFacts, decodeDeltas, decodeProtocolEvent } from "../chain/decodeChainFacts.ts";
import { eventAbi } from "../chain/protocolAbi.ts";
import type { ChainLog } from "./ChainSource.ts";
import type { DecodeChainLog, DecodedChainEvent } from "./DecodedChainEvent.ts";

const OWN_EVENTS: ReadonlySet<string> = new Set(eventAbi.map((event) => toEventSelector(event)));

/** Reads the logs of one deployment; `addresses` is what an indexer has to watch. */
export function protocolLogDecoder(deployment: Pick<Deployment, "addresses">): {
	addresses: Address[];
	decode: DecodeChainLog;
} {
	const names = new Map<string, string>(
		Object.entries(deployment.addresses).map(([name, address]) => [address.toLowerCase(), name]),
	);
	const decode = (log: ChainLog): DecodedChainEvent | null => {
		const contract = names.get(log.address);
		const event = contract === undefined ? undefined : decodeProtocolEvent(log);
		if (contract === undefined) return null;
		if (event === undefined) {
			// Other events of the libraries underneath are none of ours; one of ours in a shape we do not know must halt.
			if (log.topics[0] !== undefined && OWN_EVENTS.has(log.topics[0])) {
				throw new Error(`${contract} emitted an event of a known name in an unknown layout`);
			}
			return null;
		}
		const args = plainJson(event.args) as Record<string, unknown>;
		return {
			contract,
			name: event.eventName,
			args,
			facts: decodeChainFacts(log, deployment),
			balanceChanges: balanceChanges(event.eventName, args),
			certificateTransfers: certificateTransfers(event.eventName, args),
		};
	};
	// The token is not watched: its transfers are not ours to index.
	const watched = [...names].filter(([, name]) => name !== "SatoshiToken" && name !== "AuditLens");
	return { addresses: watched.map(([address]) => address as Address), decode };
}

function balanceChanges(name: string, args: Record<string, unknown>): DecodedChainEvent["balanceChanges"] {
	const account = args.account as Address;
	const amountMsat = args.amountMsat as number;
	if (name === "Deposited") return [{ account, deltaMsat: amountMsat, windowId: null }];
	if (name === "Withdrawn") return [{ account, deltaMsat: -amountMsat, windowId: null }];
	if (name !== "BalancesSettled") return [];
	const windowId = args.windowId as number;
	return decodeDeltas(args.deltas as Hash32).map((delta) => ({ ...delta, windowId }));
}

function certificateTransfers(name: string, args: Record<string, unknown>): DecodedChainEvent["certificateTransfers"] {
	const from = args.from as Address;
	const to = args.to as Address;
	if (name === "TransferSingle") {
		return [{ tokenId: String(args.id), from, to, energyWh: args.value as number }];
	}
	if (name !== "TransferBatch") return [];
	const values = args.values as number[];
	return (args.ids as unknown[]).map((id, index) => ({
		tokenId: String(id),
		from,
		to,
		energyWh: values[index] as number,
	}));
}

/** Addresses in lower case; integers as numbers where exact, else as decimal strings. */
function plainJson(value: unknown): unknown {
	if (typeof value === "bigint") {
		return BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= BigInt(Number.MAX_SAFE_INTEGER)
			? Number(value)
			: value.toString();
	}
	if (typeof value === "string") return value.startsWith("0x") ? value.toLowerCase() : value;
	if (Array.isArray(value)) return value.map(plainJson);
	if (typeof value === "object" && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainJson(inner)]));
	}
	return value;
}
