import type { Address, Hex } from "../units/Address.ts";
import { SETTLEMENT_CODES, type SettlementCode } from "./settlementCode.ts";

/** One trade as the chain recorded it. `injectedWh − deliveredWh` was lost on the way. */
export type RecordedTrade = {
	buyer: Address;
	sellMeterId: number;
	deliveredWh: number;
	injectedWh: number;
	sellSequence: number;
	buySequence: number;
	buyMeterId: number;
	/** As committed, before directives. */
	energyWh: number;
	shortWh: number;
	sellerPriceSatPerKwh: number;
	buyerPriceSatPerKwh: number;
	code: SettlementCode;
};

const TRADE_DIGITS = 128;
const KNOWN_CODES: ReadonlySet<number> = new Set(Object.values(SETTLEMENT_CODES));

/**
 * Reads the record of a chunk (event `ChunkSettled`), 64 bytes a trade:
 * buyer 20, sell meter 4, delivered 4, injected 4 | sell sequence 4, buy sequence 4, buy meter 4, energy 4, short 4,
 * seller price 2, buyer price 2, code 1, zero 7. Throws on a torn record or an unknown code.
 */
export function decodeRecord(record: Hex): RecordedTrade[] {
	if ((record.length - 2) % TRADE_DIGITS !== 0) throw new RangeError("a record is 64 bytes a trade");
	const trades: RecordedTrade[] = [];
	for (let start = 2; start < record.length; start += TRADE_DIGITS) {
		const number = (byte: number, bytes: number) =>
			Number.parseInt(record.slice(start + 2 * byte, start + 2 * (byte + bytes)), 16);
		const code = number(56, 1);
		if (!KNOWN_CODES.has(code)) throw new RangeError(`unknown settlement code ${code}`);
		trades.push({
			buyer: `0x${record.slice(start, start + 40)}`,
			sellMeterId: number(20, 4),
			deliveredWh: number(24, 4),
			injectedWh: number(28, 4),
			sellSequence: number(32, 4),
			buySequence: number(36, 4),
			buyMeterId: number(40, 4),
			energyWh: number(44, 4),
			shortWh: number(48, 4),
			sellerPriceSatPerKwh: number(52, 2),
			buyerPriceSatPerKwh: number(54, 2),
			code: code as SettlementCode,
		});
	}
	return trades;
}
