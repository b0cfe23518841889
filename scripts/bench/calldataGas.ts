import type { AccessList } from "viem";

/** What a transaction's input costs before anything runs. */
export type CalldataGas = {
	/** 4 gas a zero byte, 16 any other (EIP-2028). */
	standard: number;
	/** The slots named beforehand (EIP-2930): 2,400 an address, 1,900 a slot. */
	accessList: number;
	/** The least the transaction costs, its 21,000 included (EIP-7623). */
	floor: number;
};

const BASE = 21_000;

export function calldataGas(input: `0x${string}`, accessList: AccessList = []): CalldataGas {
	let zeros = 0;
	for (let at = 2; at < input.length; at += 2) if (input.startsWith("00", at)) zeros++;
	const others = (input.length - 2) / 2 - zeros;
	return {
		standard: 4 * zeros + 16 * others,
		accessList: accessList.reduce((gas, { storageKeys }) => gas + 2400 + 1900 * storageKeys.length, 0),
		floor: BASE + 10 * zeros + 40 * others,
	};
}
