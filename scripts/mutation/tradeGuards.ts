import type { GuardsByFile } from "./guards.ts";

const DIFFERENTIAL = "codes, energies, charges and balances agree to the last unit";

/** Trades: beyond limits, caps, fills, money or the reading. Most stand twice: in the pass and in its plain twin. */
export const tradeGuards: GuardsByFile = {
	"contracts/libraries/TradePass.sol": [
		[
			"a trade without orders",
			"if iszero(and(lt(sellAt, mload(AT_ORDER_COUNT)), lt(buyAt, mload(AT_ORDER_COUNT)))) {",
			"if 0 {",
			"nor what lies behind its orders in memory",
		],
		[
			"a refused sell",
			"and(xor(sell, shl(144, 1)), shl(144, 0xff01))",
			"and(xor(sell, shl(144, 1)), shl(144, 1))",
			"the sell is signed by somebody else",
		],
		["a refused buy", "and(buy, shl(144, 0xff03))", "and(buy, shl(144, 3))", "the buy is signed by somebody else"],
		[
			"wrong sides",
			"and(xor(sell, shl(144, 1)), shl(144, 0xff01))",
			"and(sell, shl(144, 0xff00))",
			"a buy in the place of a sell",
		],
		["wrong sides", "and(buy, shl(144, 0xff03))", "and(buy, shl(144, 0xff02))", "a sell in the place of a buy"],
		[
			"below the seller's limit",
			"objection := or(objection, lt(sellerPrice, and(shr(64, sell), 0xffff)))",
			"",
			"below the seller's limit",
		],
		[
			"above the buyer's limit",
			"objection := or(objection, gt(buyerPrice, and(shr(64, buy), 0xffff)))",
			"",
			"above the buyer's limit",
		],
		[
			"below the floor",
			"objection := or(objection, lt(sellerPrice, mload(AT_FLOOR)))",
			"",
			"outside the regulator's price band",
		],
		[
			"above the ceiling",
			"objection := or(objection, gt(buyerPrice, mload(AT_CEILING)))",
			"",
			"error: above the ceiling",
		],
		[
			"pay the seller from nothing",
			"objection := or(objection, lt(buyerPrice, sellerPrice))",
			"",
			"the seller gets more than the buyer pays",
		],
		[
			"charges beyond the caps",
			"objection := or(objection, gt(buyerPrice, highest))",
			"",
			"charges above the regulator's schedule for the zones",
		],
		["empty trade", "objection := or(objection, iszero(energy))", "", "error: no energy"],
		[
			"loss beyond the cap",
			"objection := or(objection, gt(mul(loss, 1000), mul(energy, mload(AT_LOSS_CAP))))",
			"",
			"more loss than the regulator lets lie on a seller",
		],
		[
			"overfill a buy",
			"objection := or(objection, gt(filled, and(shr(32, buy), 0xffffffff)))",
			"",
			"overfill of the buy order",
		],
		[
			"overfill a sell",
			"gt(add(and(shr(112, sell), 0xffffffff), energy), and(shr(32, sell), 0xffffffff))",
			"0",
			"overfill of the sell order",
		],
		[
			"pay without a reading",
			"objection := or(objection, iszero(mload(add(mload(AT_READINGS), meterOffset))))",
			"",
			"after the grace period a missing reading skips the trade",
		],
		[
			"trade under a directive",
			"held.anyRule == 0 ? rules.floorSatPerKwh() : type(uint256).max",
			"rules.floorSatPerKwh()",
			"the seller's zone is halted",
		],
		[
			"spend what is not there",
			"or(iszero(energy), lt(add(held, update), due))",
			"iszero(energy)",
			"the buyer cannot pay",
		],
		[
			"pay a refused trade",
			"or(iszero(energy), lt(add(held, update), due))",
			"lt(add(held, update), due)",
			DIFFERENTIAL,
		],
		[
			"pay beyond the reading",
			`lt(
                            not(mload(add(mload(AT_READINGS), meterOffset))),
                            mload(add(mload(AT_OBLIGATIONS), meterOffset))
                        )`,
			"0",
			"a short seller compensates at that price",
		],
	],
	"contracts/libraries/TradeQuestions.sol": [
		[
			"wrong sides",
			"if (!ChunkLayout.stateIsSell(sell) || ChunkLayout.stateIsSell(buy)) return SettlementCodes.SIDE_MISMATCH;",
			"",
			"a sell in the place of a buy",
		],
		["empty trade", "if (energyWh == 0) return SettlementCodes.MALFORMED;", "", "error: no energy"],
		[
			"a refused sell",
			"if (ChunkLayout.stateCode(sell) != 0) return ChunkLayout.stateCode(sell);",
			"",
			"is signed by somebody else",
		],
		[
			"a refused buy",
			"if (ChunkLayout.stateCode(buy) != 0) return ChunkLayout.stateCode(buy);",
			"",
			"is signed by somebody else",
		],
		[
			"below the seller's limit",
			"if (sellerPrice < ChunkLayout.statePrice(sell)) return SettlementCodes.BELOW_SELL_LIMIT;",
			"",
			"below the seller's limit",
		],
		[
			"above the buyer's limit",
			"if (buyerPrice > ChunkLayout.statePrice(buy)) return SettlementCodes.ABOVE_BUY_LIMIT;",
			"",
			"above the buyer's limit",
		],
		[
			"pay the seller from nothing",
			// The second question alone would do: a negative charge wraps round and is above every cap.
			`if (buyerPrice < sellerPrice) return SettlementCodes.CHARGE_CAP;
            uint256 cap = _chargeCap(context, ChunkLayout.stateZone(sell), ChunkLayout.stateZone(buy));
            if (buyerPrice - sellerPrice > cap) return SettlementCodes.CHARGE_CAP;`,
			"",
			"the seller gets more than the buyer pays",
		],
		[
			"charges beyond the caps",
			"if (buyerPrice - sellerPrice > cap) return SettlementCodes.CHARGE_CAP;",
			"",
			"charges above the regulator's schedule for the zones",
		],
		[
			"outside the price band",
			"if (sellerPrice < rules.floorSatPerKwh() || buyerPrice > rules.ceilingSatPerKwh()) {",
			"if (false) {",
			"outside the regulator's price band",
		],
		[
			"loss beyond the cap",
			"if (lossWh * 1000 > energyWh * rules.lossCapPermille()) return SettlementCodes.LOSS_CAP;",
			"",
			"more loss than the regulator lets lie on a seller",
		],
		[
			"overfill a sell",
			"if (ChunkLayout.stateFilled(sell) + energyWh > ChunkLayout.stateEnergy(sell)) {",
			"if (false) {",
			"overfill of the sell order",
		],
		[
			"overfill a buy",
			"if (ChunkLayout.stateFilled(buy) + energyWh > ChunkLayout.stateEnergy(buy)) {",
			"if (false) {",
			"overfill of the buy order",
		],
		[
			"trade in a halted zone",
			"if (rule.halted()) return SettlementCodes.ZONE_HALTED;",
			"",
			"the seller's zone is halted",
		],
		[
			"trade outside an ordered band",
			"if (rule.banded() && (sellerPrice < rule.floorSatPerKwh() || buyerPrice > rule.ceilingSatPerKwh())) {",
			"if (false) {",
			"outside a band ordered for either zone",
		],
	],
	"contracts/libraries/TradeAdmission.sol": [
		[
			"grief with a bad trade",
			"if (code != 0) return (code, 0, 0);",
			"require(code == 0);",
			"overfill of the buy order",
		],
		["sell beyond a cap", "if (sellRule.capped()) {", "if (false) {", "beyond the cap of the seller's zone"],
		["buy beyond a cap", "if (buyRule.capped()) {", "if (false) {", "beyond the cap of the buyer's zone"],
		[
			"a cap afresh in every chunk",
			"if (buyRule.capped()) cappedUse[buyZone] += left;",
			"",
			"beyond the cap of the buyer's zone",
		],
		[
			"sell again what a cap took away",
			"context.orders.set(sellIndex, ChunkLayout.addFill(sell, energyWh));",
			"context.orders.set(sellIndex, ChunkLayout.addFill(sell, left));",
			"an order keeps as filled what a cap took away",
		],
	],
	"contracts/libraries/TradePayment.sol": [
		["spend what is not there", "if (context.balanceMsat(buyer) < dueMsat) return false;", "", "the buyer cannot pay"],
		[
			"pay beyond the reading",
			"if (reading >= owed) return",
			"if (true) return",
			"a short seller compensates at that price",
		],
	],
};
