import type { Address, Hex } from "../../offchain/domain/units/Address.ts";

/** A trade as the bytes of its chunk have it. */
export type ChunkTrade = {
	seller: Address;
	buyer: Address;
	energyWh: number;
	sellerPriceSatPerKwh: number;
	buyerPriceSatPerKwh: number;
};

const ADDRESS_BYTES = 20;
const FIXED_ORDER_BYTES = 1 + 1 + 2 + 2 + 4 + 4 + 4 + 5 + 4;
const COMPACT_SIGNATURE_BYTES = 64;

/** Reads a chunk as the contract does, from the layout and not from the program that writes it. */
export function readChunk(bytes: Hex): { windowId: number; index: number; trades: ChunkTrade[] } {
	let at = 2;
	const text = (length: number): string => {
		const part = bytes.slice(at, at + 2 * length);
		if (part.length !== 2 * length) throw new Error("the chunk ends early");
		at += 2 * length;
		return part;
	};
	const number = (length: number): number => Number.parseInt(text(length), 16);
	const windowId = number(4);
	const index = number(2);
	number(2);
	const meters = number(2);
	const accounts = number(2);
	number(2);
	const tradeCount = number(2);
	text(4 * meters);
	const traders: Address[] = [];
	const addresses = Array.from({ length: accounts }, (): Address => `0x${text(ADDRESS_BYTES)}`);
	for (const address of addresses) {
		const orders = number(2) & 0x7fff;
		for (let order = 0; order < orders; order++) traders.push(address);
	}
	for (let order = 0; order < traders.length; order++) {
		const fixed = text(FIXED_ORDER_BYTES);
		const isCompact = fixed.slice(2, 4) === "00";
		text(isCompact ? COMPACT_SIGNATURE_BYTES : number(2));
	}
	const trades = Array.from({ length: tradeCount }, (): ChunkTrade => {
		const seller = traders[number(2)] as Address;
		const buyer = traders[number(2)] as Address;
		const energyWh = number(4);
		number(4);
		return { seller, buyer, energyWh, sellerPriceSatPerKwh: number(2), buyerPriceSatPerKwh: number(2) };
	});
	if (at !== bytes.length) throw new Error("the chunk is longer than its contents");
	return { windowId, index, trades };
}
