import { createHash } from "node:crypto";
import { type AbiEvent, type AbiParameter, encodeAbiParameters, encodeEventTopics, type Hex, toHex } from "viem";
import type { Address } from "../../offchain/domain/units/Address.ts";
import { CONTRACT_NAMES, type ContractName, type Deployment } from "../../offchain/infrastructure/chain/Deployment.ts";
import {
	accessManagerAbi,
	certificatesAbi,
	directivesAbi,
	registryAbi,
	rulesAbi,
	settlementAbi,
	vaultAbi,
} from "../../offchain/infrastructure/chain/protocolAbi.ts";
import type { RawLog } from "./ScriptedChain.ts";

/** A deployment that exists on scripted chains only. */
export const SCRIPTED_DEPLOYMENT: Pick<Deployment, "addresses"> = {
	addresses: Object.fromEntries(
		CONTRACT_NAMES.map((name, index) => [name, `0x${(0xc0de00 + index).toString(16).padStart(40, "0")}`]),
	) as Record<ContractName, Address>,
};

/** Every event of the protocol with the contract that emits it. */
export const PROTOCOL_EVENTS: { contract: ContractName; event: AbiEvent }[] = (
	[
		["CollateralVault", vaultAbi],
		["MeterRegistry", registryAbi],
		["MarketRules", rulesAbi],
		["GridDirectives", directivesAbi],
		["WindowSettlement", settlementAbi],
		["CertificateRegistry", certificatesAbi],
		["AccessManager", accessManagerAbi],
	] as const
).flatMap(([contract, abi]) =>
	(abi as readonly { type: string }[])
		.filter((item) => item.type === "event")
		.map((event) => ({ contract, event: event as AbiEvent })),
);

/** A log of this event as its contract would emit it; the same salt gives the same log. */
export function protocolLog({ contract, event }: (typeof PROTOCOL_EVENTS)[number], salt: string): RawLog {
	const values = event.inputs.map((input) => argument(input, `${salt} ${event.name} ${input.name}`));
	const args = Object.fromEntries(event.inputs.map((input, index) => [input.name ?? "", values[index]]));
	const unindexed = event.inputs.filter((input) => input.indexed !== true);
	return {
		address: SCRIPTED_DEPLOYMENT.addresses[contract],
		topics: encodeEventTopics({ abi: [event], args } as never) as RawLog["topics"],
		data: encodeAbiParameters(
			unindexed,
			unindexed.map((input) => args[input.name ?? ""]),
		),
	};
}

/** Largest value that makes sense for an argument of this name, where its type allows nonsense. */
const MOST: Record<string, number> = { source: 6, authority: 5, kind: 4, zoneId: 15, licensee: 2, tier: 3 };

function argument(parameter: AbiParameter, salt: string): unknown {
	const bits = createHash("sha256").update(salt).digest();
	const number = bits.readUInt32BE(0);
	const list = /^(.*)\[(\d*)\]$/.exec(parameter.type);
	if (list !== null) {
		const count = list[2] === "" ? 3 : Number(list[2]);
		const element = { ...parameter, type: list[1] as string };
		return Array.from({ length: count }, (_, index) => argument(element, `${salt} ${index}`));
	}
	if (parameter.type === "tuple") {
		const { components } = parameter as AbiParameter & { components: AbiParameter[] };
		return Object.fromEntries(components.map((part) => [part.name, argument(part, `${salt} ${part.name}`)]));
	}
	if (parameter.type === "bytes") return parameter.name === "deltas" ? deltas(number) : toHex(bits.subarray(0, 20));
	const fixed = /^bytes(\d+)$/.exec(parameter.type);
	if (fixed !== null) return toHex(bits.subarray(0, Number(fixed[1])));
	if (parameter.type === "string") return bits.toString("hex").slice(0, 12);
	if (parameter.type === "address") return address(number % 7);
	if (parameter.type === "bool") return number % 2 === 0;
	const width = Number(/\d+$/.exec(parameter.type)?.[0]);
	const most = MOST[parameter.name ?? ""] ?? Math.min(2 ** (width - 1), 1_000_000) - 1;
	const value = number % (most + 1);
	return width > 48 ? BigInt(value) : value;
}

/** Changes of three accounts that cancel out. */
function deltas(number: number): Hex {
	const part = BigInt(number % 1000);
	const changes = [part, part + 1n, -2n * part - 1n];
	return `0x${changes
		.map((change, index) => address(index + 1).slice(2) + BigInt.asUintN(96, change).toString(16).padStart(24, "0"))
		.join("")}`;
}

function address(index: number): Address {
	return `0x${(0xacc0 + index).toString(16).padStart(40, "0")}`;
}
