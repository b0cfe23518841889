// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IWindowSettlement} from "../interfaces/IWindowSettlement.sol";
import {ChunkMemories, ChunkMemory} from "../types/ChunkMemory.sol";
import {ZoneRule} from "../types/ZoneRule.sol";
import {ChunkLayout} from "./ChunkLayout.sol";
import {SettlementCodes} from "./SettlementCodes.sol";
import {TradeQuestions} from "./TradeQuestions.sol";
import {Words} from "./Words.sol";

/// @title Which trades stand, step by step
/// @notice The plain twin of `TradePass.admit`: it also refuses trades, counts caps and knows fills that are stored.
library TradeAdmission {
    using Words for uint256[];

    /// @notice Puts every question to a trade and notes in its record what stands of it: traded energy left (high), loss (low); code.
    /// @param cappedUse Of the zones under a cap, energy so far.
    /// @param context The chunk in memory.
    /// @param trade The trade as in the chunk.
    /// @param recordAt Place in memory of its record.
    function admit(
        mapping(uint8 zoneId => uint256) storage cappedUse,
        ChunkMemory memory context,
        uint256 trade,
        uint256 recordAt
    ) internal {
        (uint256 code, uint256 energyWh, uint256 lossWh) = _admit(cappedUse, context, trade);
        ChunkLayout.setRecord(recordAt, (energyWh << 128) | lossWh, code);
    }

    function _admit(
        mapping(uint8 zoneId => uint256) storage cappedUse,
        ChunkMemory memory context,
        uint256 trade
    ) private returns (uint256 code, uint256 energyWh, uint256 lossWh) {
        unchecked {
            uint256 sellIndex = ChunkLayout.tradeSellIndex(trade);
            uint256 buyIndex = ChunkLayout.tradeBuyIndex(trade);
            // Checked here for the second pass as well.
            if (sellIndex >= context.orderCount) revert IWindowSettlement.MalformedChunk(sellIndex);
            if (buyIndex >= context.orderCount) revert IWindowSettlement.MalformedChunk(buyIndex);
            uint256 sell = context.orders.get(sellIndex);
            uint256 buy = context.orders.get(buyIndex);
            energyWh = ChunkLayout.tradeEnergy(trade);
            lossWh = ChunkLayout.tradeLoss(trade);
            code = TradeQuestions.judge(context, trade, sell, buy, energyWh, lossWh);
            if (code != 0) return (code, 0, 0);
            uint256 left = context.anyRule == 0 ? energyWh : _applyCaps(cappedUse, context, sell, buy, energyWh);
            if (left == 0) return (SettlementCodes.DIRECTIVE_CAP, 0, 0);
            uint256 meterIndex = ChunkLayout.stateMeterIndex(sell);
            if (context.reading(meterIndex) == ChunkMemories.NO_READING) {
                return (SettlementCodes.READING_MISSING, 0, 0);
            }
            context.orders.set(sellIndex, ChunkLayout.addFill(sell, energyWh));
            buy = ChunkLayout.addFill(buy, energyWh);
            context.orders.set(buyIndex, buy);
            context.noteFill(
                ChunkLayout.stateAccountIndex(buy),
                ChunkLayout.stateSequence(buy),
                ChunkLayout.stateFilled(buy),
                ChunkLayout.stateIsStored(buy)
            );
            if (left != energyWh) {
                lossWh = (lossWh * left + energyWh - 1) / energyWh;
                energyWh = left;
            }
            context.obligations.increase(meterIndex, energyWh + lossWh);
        }
    }

    /// @dev What the caps of both zones leave of a trade, counted over all chunks of the window.
    function _applyCaps(
        mapping(uint8 zoneId => uint256) storage cappedUse,
        ChunkMemory memory context,
        uint256 sell,
        uint256 buy,
        uint256 energyWh
    ) private returns (uint256 left) {
        left = energyWh;
        uint8 sellZone = uint8(ChunkLayout.stateZone(sell));
        uint8 buyZone = uint8(ChunkLayout.stateZone(buy));
        ZoneRule sellRule = TradeQuestions.zoneRule(context, sell);
        ZoneRule buyRule = TradeQuestions.zoneRule(context, buy);
        if (sellRule.capped()) {
            uint256 room = _roomUnder(sellRule.capWh(), cappedUse[sellZone] >> 128);
            if (room < left) left = room;
        }
        if (buyRule.capped()) {
            uint256 room = _roomUnder(buyRule.capWh(), uint128(cappedUse[buyZone]));
            if (room < left) left = room;
        }
        if (left == 0) return 0;
        if (sellRule.capped()) cappedUse[sellZone] += left << 128;
        if (buyRule.capped()) cappedUse[buyZone] += left;
    }

    function _roomUnder(uint256 cap, uint256 used) private pure returns (uint256) {
        return used >= cap ? 0 : cap - used;
    }
}
