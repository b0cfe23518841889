import type { Hex } from "../units/Address.ts";
import { SETTLEMENT_CODES, type SettlementCode } from "./settlementCode.ts";

/** What became of one trade, from the permanent record on chain (`ChunkSettled`). */
export type RecordedTrade = {
	sellMeterId: number;
	buyMeterId: number;
	deliveredWh: number;
	/** Metered energy the delivery took; the difference to `deliveredWh` was lost on the way. */
	injectedWh: number;
	tradedWh: number;
	/** Not delivered by the seller, compensated. */
	shortWh: number;
	sellerPriceSatPerKwh: number;
	buyerPriceSatPerKwh: number;
	code: SettlementCode;
};

const TRADE_DIGITS = 128;

/** Twin of `WindowSettlement._writeRecord`: 64 bytes a trade, see docs/PROTOCOL.md. Throws on a torn record. */
export function decodeChunkRecord(record: Hex): RecordedTrade[] {
	const digits = record.slice(2);
	if (digits.length % TRADE_DIGITS !== 0) throw new RangeError(`a record of ${digits.length / 2} bytes`);
	const known = new Set<number>(Object.values(SETTLEMENT_CODES));
	return Array.from({ length: digits.length / TRADE_DIGITS }, (_, index) => {
		const at = index * TRADE_DIGITS;
		const field = (firstByte: number, bytes: number) =>
			Number.parseInt(digits.slice(at + 2 * firstByte, at + 2 * (firstByte + bytes)), 16);
		const code = field(56, 1);
		if (!known.has(code)) throw new RangeError(`unknown settlement code ${code}`);
		return {
			sellMeterId: field(20, 4),
			deliveredWh: field(24, 4),
			injectedWh: field(28, 4),
			buyMeterId: field(40, 4),
			tradedWh: field(44, 4),
			shortWh: field(48, 4),
			sellerPriceSatPerKwh: field(52, 2),
			buyerPriceSatPerKwh: field(54, 2),
			code: code as SettlementCode,
		};
	});
}
