// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkMemory} from "../types/ChunkMemory.sol";
import {RulesWord} from "../types/RulesWord.sol";
import {ZoneRule} from "../types/ZoneRule.sol";
import {ChunkLayout} from "./ChunkLayout.sol";
import {SettlementCodes} from "./SettlementCodes.sol";

/// @title The questions to a trade, one after the other
/// @notice The plain twin of `TradePass.admit`: it names the first objection.
library TradeQuestions {
    /// @notice The first objection; 0 when there is none. No field is wider than 32 bits, so no product or sum below overflows.
    /// @param context The chunk in memory.
    /// @param trade The trade as in the chunk.
    /// @param sell The sell order's state word.
    /// @param buy The buy order's state word.
    /// @param energyWh Wh traded.
    /// @param lossWh Wh injected on top.
    function judge(
        ChunkMemory memory context,
        uint256 trade,
        uint256 sell,
        uint256 buy,
        uint256 energyWh,
        uint256 lossWh
    ) internal pure returns (uint256) {
        unchecked {
            if (!ChunkLayout.stateIsSell(sell) || ChunkLayout.stateIsSell(buy)) return SettlementCodes.SIDE_MISMATCH;
            if (energyWh == 0) return SettlementCodes.MALFORMED;
            if (ChunkLayout.stateCode(sell) != 0) return ChunkLayout.stateCode(sell);
            if (ChunkLayout.stateCode(buy) != 0) return ChunkLayout.stateCode(buy);
            uint256 sellerPrice = ChunkLayout.tradeSellerPrice(trade);
            uint256 buyerPrice = ChunkLayout.tradeBuyerPrice(trade);
            if (sellerPrice < ChunkLayout.statePrice(sell)) return SettlementCodes.BELOW_SELL_LIMIT;
            if (buyerPrice > ChunkLayout.statePrice(buy)) return SettlementCodes.ABOVE_BUY_LIMIT;
            RulesWord rules = context.rules;
            if (buyerPrice < sellerPrice) return SettlementCodes.CHARGE_CAP;
            uint256 cap = _chargeCap(context, ChunkLayout.stateZone(sell), ChunkLayout.stateZone(buy));
            if (buyerPrice - sellerPrice > cap) return SettlementCodes.CHARGE_CAP;
            if (sellerPrice < rules.floorSatPerKwh() || buyerPrice > rules.ceilingSatPerKwh()) {
                return SettlementCodes.PRICE_BAND;
            }
            if (lossWh * 1000 > energyWh * rules.lossCapPermille()) return SettlementCodes.LOSS_CAP;
            if (context.anyRule != 0) {
                uint256 code = _judgeZones(context, sell, buy, sellerPrice, buyerPrice);
                if (code != 0) return code;
            }
            if (ChunkLayout.stateFilled(sell) + energyWh > ChunkLayout.stateEnergy(sell)) {
                return SettlementCodes.SELL_OVERFILLED;
            }
            if (ChunkLayout.stateFilled(buy) + energyWh > ChunkLayout.stateEnergy(buy)) {
                return SettlementCodes.BUY_OVERFILLED;
            }
            return 0;
        }
    }

    function _judgeZones(
        ChunkMemory memory context,
        uint256 sell,
        uint256 buy,
        uint256 sellerPrice,
        uint256 buyerPrice
    ) private pure returns (uint256 code) {
        code = _judgeZone(zoneRule(context, sell), sellerPrice, buyerPrice);
        if (code == 0) code = _judgeZone(zoneRule(context, buy), sellerPrice, buyerPrice);
    }

    /// @notice What the directives in force narrowed in an order's zone.
    /// @param context The chunk in memory.
    /// @param order The order's state word.
    function zoneRule(ChunkMemory memory context, uint256 order) internal pure returns (ZoneRule) {
        return ZoneRule.wrap(context.zoneRules[ChunkLayout.stateZone(order)]);
    }

    function _judgeZone(ZoneRule rule, uint256 sellerPrice, uint256 buyerPrice) private pure returns (uint256) {
        if (rule.halted()) return SettlementCodes.ZONE_HALTED;
        if (rule.banded() && (sellerPrice < rule.floorSatPerKwh() || buyerPrice > rule.ceilingSatPerKwh())) {
            return SettlementCodes.PRICE_BAND;
        }
        return 0;
    }

    /// @dev All the regulator lets be charged between the two zones, sat/kWh.
    function _chargeCap(
        ChunkMemory memory context,
        uint256 sellZone,
        uint256 buyZone
    ) private pure returns (uint256 cap) {
        unchecked {
            RulesWord rules = context.rules;
            cap =
                uint256(rules.platformSatPerKwh()) +
                rules.congestionCapSatPerKwh() +
                byZone(context.distributionByZone, sellZone);
            if (sellZone != buyZone) {
                cap += uint256(rules.transmissionSatPerKwh()) + byZone(context.distributionByZone, buyZone);
            }
        }
    }

    /// @notice A zone's 16 bits of a word by zone.
    /// @param packed The word.
    /// @param zoneId The zone, 1–16.
    function byZone(uint256 packed, uint256 zoneId) internal pure returns (uint256) {
        unchecked {
            return uint16(packed >> (16 * (zoneId - 1)));
        }
    }
}
