import {
	type AccessList,
	decodeFunctionData,
	encodeAbiParameters,
	getAbiItem,
	type Hex,
	keccak256,
	toFunctionSelector,
} from "viem";
import type { Address } from "../../domain/units/Address.ts";
import type { Deployment } from "./Deployment.ts";
import { settlementAbi } from "./protocolAbi.ts";

/** Where CollateralVault keeps `_trading`: the words windows read and write. A test compares it with the deployed storage. */
const TRADING_SLOT = 6n;
const SETTLE_CHUNK = toFunctionSelector(getAbiItem({ abi: settlementAbi, name: "settleChunk" }));
const HEADER_BYTES = 16;
const METER_BYTES = 4;
const ACCOUNT_BYTES = 20;
const HEX_PER_BYTE = 2;

/**
 * The slots of the vault that settling a chunk reads, one for each of its accounts (EIP-2930): named beforehand a slot costs 100 gas less.
 * A list that names too few or others costs gas and changes nothing else.
 */
export function settlementAccessList(vault: Address, chunk: Hex): AccessList {
	const count = (at: number) => Number.parseInt(bytes(chunk, at, 2), 16);
	const accountsAt = HEADER_BYTES + METER_BYTES * count(8);
	// Bytes that are no chunk have no accounts either.
	const room = Math.floor(bytes(chunk, accountsAt, chunk.length).length / HEX_PER_BYTE / ACCOUNT_BYTES);
	const storageKeys = Array.from({ length: Math.min(count(10), room) }, (_, i) =>
		slotOf(`0x${bytes(chunk, accountsAt + i * ACCOUNT_BYTES, ACCOUNT_BYTES)}`),
	);
	return [{ address: vault, storageKeys }];
}

/** For a sender that knows calls only by their bytes: the list of a settlement, none for any other call. */
export function accessListsOf({ addresses }: Pick<Deployment, "addresses">) {
	return ({ to, data }: { to: Address; data: Hex }): AccessList => {
		if (to.toLowerCase() !== addresses.WindowSettlement || !data.startsWith(SETTLE_CHUNK)) return [];
		const { args } = decodeFunctionData({ abi: settlementAbi, data });
		return settlementAccessList(addresses.CollateralVault, args[1] as Hex);
	};
}

function slotOf(account: Address): Hex {
	return keccak256(encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [account, TRADING_SLOT]));
}

/** Of 0x-prefixed hex. */
function bytes(hex: Hex, at: number, length: number): string {
	return hex.slice(2 + at * HEX_PER_BYTE, 2 + (at + length) * HEX_PER_BYTE);
}
