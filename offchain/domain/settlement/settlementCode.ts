/**
 * Why settlement skipped a trade; 0 is settled. The numbers are those of `SettlementCodes.sol` and stand in the
 * on-chain record.
 */
export const SETTLEMENT_CODES = {
	SETTLED: 0,
	SIGNATURE_INVALID: 1,
	MALFORMED: 2,
	EPOCH_STALE: 3,
	EXIT_PENDING: 4,
	LICENCE_EXPIRED: 5,
	METER_NOT_OWNED: 6,
	METER_INACTIVE: 7,
	METER_CANNOT_SELL: 8,
	CLASS_NOT_ALLOWED: 9,
	DIRECTIVE_REQUIRED: 10,
	ORDER_REPEATED: 11,
	SELL_OVERFILLED: 20,
	BUY_OVERFILLED: 21,
	BELOW_SELL_LIMIT: 22,
	ABOVE_BUY_LIMIT: 23,
	PRICE_BAND: 24,
	CHARGE_CAP: 25,
	LOSS_CAP: 26,
	ZONE_HALTED: 27,
	DIRECTIVE_CAP: 28,
	FUNDS_INSUFFICIENT: 29,
	READING_MISSING: 30,
	SIDE_MISMATCH: 31,
} as const;

export type SettlementCodeName = keyof typeof SETTLEMENT_CODES;
export type SettlementCode = (typeof SETTLEMENT_CODES)[SettlementCodeName];

const NAME_BY_CODE = new Map<number, SettlementCodeName>(
	Object.entries(SETTLEMENT_CODES).map(([name, code]) => [code, name as SettlementCodeName]),
);

export function settlementCodeName(code: number): SettlementCodeName {
	const name = NAME_BY_CODE.get(code);
	if (name === undefined) throw new RangeError(`unknown settlement code ${code}`);
	return name;
}
