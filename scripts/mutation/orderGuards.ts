import type { GuardsByFile } from "./guards.ts";

/** Orders: forged, replayed, repeated, or of somebody who may not trade. Most stand twice: in the pass and in its plain twin. */
export const orderGuards: GuardsByFile = {
	"contracts/libraries/OrderPass.sol": [
		[
			"replay an order of another window",
			"mstore(AT_WINDOW, windowId)",
			"mstore(AT_WINDOW, sub(windowId, 1))",
			"the order of another window",
		],
		[
			"forge an order",
			"signed := gt(eq(mload(0), mload(AT_TRADER)), gt(s, HALF_ORDER))",
			"signed := 1",
			"is signed by somebody else",
		],
		[
			"an account twice in a chunk",
			"if iszero(and(gt(account, mload(AT_TRADER)), lt(from, mload(AT_ACCOUNTS_END)))) {",
			"if iszero(lt(from, mload(AT_ACCOUNTS_END))) {",
			"an account in two groups of a chunk",
		],
		[
			"an order twice in a chunk",
			"if iszero(sgt(sequence, mload(AT_SEQUENCE))) {",
			"if 0 {",
			"an order twice within a chunk",
		],
		[
			"an order in two chunks",
			"refusal := or(refusal, eq(and(shr(168, word), 0xffffff), mload(AT_WINDOW)))",
			"",
			"overfill across chunks",
		],
		[
			"sell on a meter without a reading",
			"if or(side, iszero(lt(meterIndex, mload(AT_METER_COUNT)))) {",
			"if iszero(lt(meterIndex, mload(AT_METER_COUNT))) {",
			"a sell on a meter that is not among the selling ones",
		],
		[
			"trade after exit, licence or meter ended",
			"refusal := or(count, iszero(gt(and(shr(96, word), 0xffffff), mload(AT_WINDOW))))",
			"refusal := count",
			"licence revoked in time",
		],
		[
			"trade across the border",
			"refusal := or(refusal, and(base, shl(147, 1)))",
			"",
			"nor with its only meter at the border",
		],
		[
			"another's meter",
			"objection := or(objection, xor(meterId, and(shr(120, word), 0xffffffff)))",
			"",
			"the meter of another",
		],
		[
			"sell from a consumer's meter",
			"objection := or(objection, lt(and(shr(157, word), 0xf), side))",
			"",
			"nor does a consumer's only meter",
		],
		["empty order", "objection := or(objection, iszero(mul(price, energy)))", "", "zero price or zero energy"],
		[
			"order of a raised epoch",
			"objection := or(objection, lt(mload(AT_EPOCH), and(shr(64, word), 0xffffffff)))",
			"",
			"epoch raised in time",
		],
		[
			"special class without the right",
			"objection := or(objection, and(head, shl(250, 1)))",
			"",
			"balancing orders are the grid operator's",
		],
	],
	"contracts/libraries/OrderQuestions.sol": [
		[
			"grief with a bad order",
			"context.orders.set(orderIndex, ChunkLayout.judged(state, filled, code));",
			"require(code == 0); context.orders.set(orderIndex, ChunkLayout.judged(state, filled, code));",
			"is signed by somebody else",
		],
		["forge an order", "if (!signed) code = SettlementCodes.SIGNATURE_INVALID;", "", "is signed by somebody else"],
		[
			"an order in two chunks",
			"if (word.cursorFill() == 0 || sequence < word.cursorSequence()) return (0, SettlementCodes.ORDER_REPEATED);",
			"",
			"an order again after a higher one",
		],
		[
			"mix cursor and stored fills",
			"if (sameWindow && word.cursorFill() != 0) return (0, SettlementCodes.ORDER_REPEATED);",
			"",
			"from the cursor to stored fills in the middle of a window",
		],
		[
			"empty order",
			"if (ChunkLayout.orderPrice(head) == 0 || ChunkLayout.orderEnergy(head) == 0) return SettlementCodes.MALFORMED;",
			"",
			"zero price or zero energy",
		],
		[
			"another's meter",
			"if (meter.owner() != trader) return SettlementCodes.METER_NOT_OWNED;",
			"",
			"the meter of another",
		],
		[
			"an ended meter",
			"if (meter.activeUntilWindow() <= windowId) return SettlementCodes.METER_INACTIVE;",
			"",
			"meter deactivated in time",
		],
		[
			"sell from a consumer's meter",
			"if (ChunkLayout.orderIsSell(head) && meter.source() == 0) return SettlementCodes.METER_CANNOT_SELL;",
			"",
			"a consumer's meter cannot sell",
		],
		[
			"order of a raised epoch",
			"if (ChunkLayout.orderEpoch(head) < epoch) return SettlementCodes.EPOCH_STALE;",
			"",
			"epoch raised in time",
		],
		[
			"trade after exit",
			"if (exitFrom != 0 && windowId >= exitFrom) return SettlementCodes.EXIT_PENDING;",
			"",
			"exit requested in time",
		],
		[
			"trade without a licence",
			"if (word.licensedUntilWindow() <= windowId) return SettlementCodes.LICENCE_EXPIRED;",
			"",
			"licence revoked in time",
		],
		[
			"balance without being the grid operator",
			"if (class == CLASS_GRID_BALANCING && tier < TIER_GRID_OPERATOR) return SettlementCodes.CLASS_NOT_ALLOWED;",
			"",
			"balancing orders are the grid operator's",
		],
		[
			"trade across the border",
			"if (zoneId >= Zones.FIRST_CROSS_BORDER && tier < TIER_CROSS_BORDER) return SettlementCodes.CLASS_NOT_ALLOWED;",
			"",
			"a household does not trade across the border",
		],
		[
			"emergency without a directive",
			"if (!authorised) return SettlementCodes.DIRECTIVE_REQUIRED;",
			"",
			"an emergency order without an executed directive",
		],
		[
			"gas-bomb by ERC-1271",
			"staticcall(CONTRACT_SIGNATURE_GAS, wallet,",
			"staticcall(gas(), wallet,",
			"harms only itself",
		],
		[
			"gas-bomb by a long answer",
			"mload(question), 0, 0x20)",
			"mload(question), 0, 0x20) returndatacopy(mload(0x40), 0, returndatasize())",
			"a wallet that answers with returnMuch harms only itself",
		],
		[
			"starve a wallet of gas",
			"if (gasleft() < CONTRACT_SIGNATURE_GAS + CONTRACT_SIGNATURE_GAS / 32 + 20_000)",
			"if (false)",
			"who sends too little gas cannot make a good signature fail",
		],
	],
	"contracts/libraries/CompactSignature.sol": [
		[
			"malleable signature",
			"signer := mul(mload(0), iszero(gt(s, HALF_ORDER)))",
			"signer := mload(0)",
			"a device's signature in its higher form",
		],
	],
};
