// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkMemory} from "../types/ChunkMemory.sol";
import {RulesWord} from "../types/RulesWord.sol";
import {ChunkLayout} from "./ChunkLayout.sol";
// Used in assembly, where solhint does not look.
// solhint-disable no-unused-import
import {AT_CHARGES} from "./Places.sol";
// solhint-enable no-unused-import
import {SettlementCodes} from "./SettlementCodes.sol";
import {TradeQuestions} from "./TradeQuestions.sol";
import {Words} from "./Words.sol";
import {Zones} from "./Zones.sol";

/// @title What was delivered of a trade and who pays whom, step by step
/// @notice The plain twin of `TradePass.pay`: it also pays short and refused trades.
library TradePayment {
    using Words for uint256[];

    /// @dev Charge totals by receiver.
    uint256 private constant TO_CONGESTION = 0;
    uint256 private constant TO_PLATFORM = 4;

    /// @notice Pays what was admitted of a trade and writes its record.
    /// @param context The chunk in memory.
    /// @param chunk Its bytes.
    /// @param trade The trade as in the chunk.
    /// @param recordAt Place in memory of its record.
    function pay(ChunkMemory memory context, bytes calldata chunk, uint256 trade, uint256 recordAt) internal pure {
        (uint256 admitted, uint256 code) = ChunkLayout.getRecord(recordAt);
        uint256 sell = context.orders.get(ChunkLayout.tradeSellIndex(trade));
        uint256 buy = context.orders.get(ChunkLayout.tradeBuyIndex(trade));
        uint256 deliveredWh;
        uint256 injectedWh;
        uint256 shortWh;
        if (code == 0) {
            uint256 energyWh = admitted >> 128;
            (deliveredWh, injectedWh) = _deliver(
                context,
                ChunkLayout.stateMeterIndex(sell),
                energyWh,
                uint128(admitted)
            );
            shortWh = energyWh - deliveredWh;
            if (!_move(context, trade, sell, buy, deliveredWh, shortWh)) {
                (code, deliveredWh, injectedWh, shortWh) = (SettlementCodes.FUNDS_INSUFFICIENT, 0, 0, 0);
            }
        }
        address buyer = ChunkLayout.account(chunk, context.accountsAt, ChunkLayout.stateAccountIndex(buy));
        ChunkLayout.setRecord(
            recordAt,
            ChunkLayout.recordDelivery(buyer, sell, deliveredWh, injectedWh),
            ChunkLayout.recordTerms(trade, sell, buy, shortWh, code)
        );
    }

    /// @dev The trade's share of its meter's reading. Shares are differences of one rising step function, so they sum to the reading
    /// exactly; of a share, what the trade loses on the way is in proportion, rounded to the loss.
    function _deliver(
        ChunkMemory memory context,
        uint256 meterIndex,
        uint256 energyWh,
        uint256 lossWh
    ) private pure returns (uint256 deliveredWh, uint256 injectedWh) {
        unchecked {
            uint256 reading = context.reading(meterIndex);
            uint256 owed = context.obligations.get(meterIndex);
            uint256 needed = energyWh + lossWh;
            if (reading >= owed) return (energyWh, needed);
            uint256 before = context.passed.get(meterIndex);
            context.passed.set(meterIndex, before + needed);
            injectedWh = (reading * (before + needed)) / owed - (reading * before) / owed;
            deliveredWh = injectedWh == needed ? energyWh : (injectedWh * energyWh) / needed;
        }
    }

    /// @dev Moves the money of one trade between running balances. False when the buyer cannot pay; nothing moves then. Amounts are
    /// below 2^48 msat a trade and balances below 2^64.
    function _move(
        ChunkMemory memory context,
        uint256 trade,
        uint256 sell,
        uint256 buy,
        uint256 deliveredWh,
        uint256 shortWh
    ) private pure returns (bool) {
        unchecked {
            uint256 buyer = ChunkLayout.stateAccountIndex(buy);
            uint256 seller = ChunkLayout.stateAccountIndex(sell);
            uint256 buyerPrice = ChunkLayout.tradeBuyerPrice(trade);
            uint256 sellerPrice = ChunkLayout.tradeSellerPrice(trade);
            uint256 dueMsat = deliveredWh * buyerPrice;
            if (context.balanceMsat(buyer) < dueMsat) return false;
            context.debit(buyer, dueMsat);
            context.credit(seller, deliveredWh * sellerPrice);
            if (buyerPrice != sellerPrice && deliveredWh != 0) {
                _charge(context, sell, buy, deliveredWh, buyerPrice - sellerPrice);
            }
            if (shortWh != 0) _compensate(context, sell, seller, buyer, shortWh, sellerPrice);
            return true;
        }
    }

    function _compensate(
        ChunkMemory memory context,
        uint256 sell,
        uint256 seller,
        uint256 buyer,
        uint256 shortWh,
        uint256 sellerPrice
    ) private pure {
        unchecked {
            uint256 price = TradeQuestions.byZone(context.shortfallByZone, ChunkLayout.stateZone(sell));
            if (price == 0) price = context.rules.shortfallSatPerKwh();
            if (price <= sellerPrice) return;
            uint256 owedMsat = shortWh * (price - sellerPrice);
            uint256 held = context.balanceMsat(seller);
            // A seller pays what he has; nobody else pays for him.
            if (owedMsat > held) owedMsat = held;
            context.debit(seller, owedMsat);
            context.credit(buyer, owedMsat);
        }
    }

    /// @dev Splits the charges: the licensees' networks first, then the platform, the rest is congestion.
    function _charge(
        ChunkMemory memory context,
        uint256 sell,
        uint256 buy,
        uint256 deliveredWh,
        uint256 left
    ) private pure {
        unchecked {
            RulesWord rules = context.rules;
            uint256 byZone = context.distributionByZone;
            uint256 sellZone = ChunkLayout.stateZone(sell);
            uint256 buyZone = ChunkLayout.stateZone(buy);
            left = _take(Zones.licenseeOf(uint8(sellZone)), TradeQuestions.byZone(byZone, sellZone), left, deliveredWh);
            if (sellZone != buyZone) {
                left = _take(Zones.EGAT, rules.transmissionSatPerKwh(), left, deliveredWh);
                left = _take(
                    Zones.licenseeOf(uint8(buyZone)),
                    TradeQuestions.byZone(byZone, buyZone),
                    left,
                    deliveredWh
                );
            }
            left = _take(TO_PLATFORM, rules.platformSatPerKwh(), left, deliveredWh);
            if (left != 0) _take(TO_CONGESTION, left, left, deliveredWh);
        }
    }

    /// @dev Adds a receiver's part to the charges: at most 50 bits a trade. A chunk whose charges for one receiver outgrow the 51 bits
    /// of its field, 22,517 bitcoin, does not balance and is refused.
    function _take(uint256 receiver, uint256 part, uint256 left, uint256 deliveredWh) private pure returns (uint256) {
        unchecked {
            if (part > left) part = left;
            assembly ("memory-safe") {
                mstore(AT_CHARGES, add(mload(AT_CHARGES), shl(mul(51, receiver), mul(part, deliveredWh))))
            }
            return left - part;
        }
    }
}
