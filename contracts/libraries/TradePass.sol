// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkMemories, ChunkMemory} from "../types/ChunkMemory.sol";
import {RulesWord} from "../types/RulesWord.sol";
// Used in assembly, where solhint does not look.
// solhint-disable no-unused-import
import {
    AT_ANYWHERE,
    AT_CEILING,
    AT_CHARGES,
    AT_FLOOR,
    AT_FUNDS,
    AT_LOSS_CAP,
    AT_OBLIGATIONS,
    AT_ORDERS,
    AT_ORDER_COUNT,
    AT_PLATFORM,
    AT_READINGS,
    AT_TRANSMISSION,
    AT_UPDATES,
    AT_WINDOW
} from "./Places.sol";
// solhint-enable no-unused-import

/// @title The trades of a chunk that nothing objects to
/// @notice Both passes of settlement put all their questions to a trade at once and do what follows. At the first trade with an
/// objection they stop, with nothing done of it: WindowSettlement goes through that one in plain Solidity, one question after
/// the other, and calls again for the rest. No field is wider than 32 bits, so no product or sum below overflows.
library TradePass {
    /// @notice Fills the places the passes read.
    /// @param held The chunk in memory.
    function link(ChunkMemory memory held) internal pure {
        RulesWord rules = held.rules;
        uint256 floor = held.anyRule == 0 ? rules.floorSatPerKwh() : type(uint256).max;
        uint256 ceiling = rules.ceilingSatPerKwh();
        uint256 lossCap = rules.lossCapPermille();
        uint256 transmission = rules.transmissionSatPerKwh();
        uint256 platform = rules.platformSatPerKwh();
        uint256 anywhere = platform + rules.congestionCapSatPerKwh();
        assembly ("memory-safe") {
            mstore(AT_FLOOR, floor)
            mstore(AT_CEILING, ceiling)
            mstore(AT_LOSS_CAP, lossCap)
            mstore(AT_TRANSMISSION, transmission)
            mstore(AT_PLATFORM, platform)
            mstore(AT_ANYWHERE, anywhere)
        }
        uint256[] memory orders = held.orders;
        uint256[] memory readings = held.readings;
        uint256[] memory obligations = held.obligations;
        uint256[] memory funds = held.words;
        uint256[] memory updates = held.updates;
        uint256 header = ChunkMemories.UPDATES_HEADER_WORDS;
        assembly ("memory-safe") {
            mstore(AT_ORDERS, add(orders, 0x20))
            mstore(AT_ORDER_COUNT, mload(orders))
            mstore(AT_READINGS, add(readings, 0x20))
            mstore(AT_OBLIGATIONS, add(obligations, 0x20))
            mstore(AT_FUNDS, add(funds, 0x20))
            mstore(AT_UPDATES, add(add(updates, 0x20), shl(5, header)))
        }
    }

    /// @notice Fills both orders of each trade and notes what the meter owes, the buyer's cursor and, in the record, what the second
    /// pass needs. Stops where a question of `TradeQuestions` or a directive has an objection, the reading is missing, or the
    /// buyer's fills are stored.
    /// @param at Place in calldata of the first trade.
    /// @param end Where the trades end.
    /// @param recordAt Place in memory of its record.
    /// @return The trade with an objection, or the end.
    /// @return Place of its record.
    // solhint-disable-next-line function-max-lines
    function admit(uint256 at, uint256 end, uint256 recordAt) internal pure returns (uint256, uint256) {
        assembly ("memory-safe") {
            for {} lt(at, end) {
                at := add(at, 16)
                recordAt := add(recordAt, 0x40)
            } {
                let trade := calldataload(at)
                let sellAt := shr(240, trade)
                let buyAt := and(shr(224, trade), 0xffff)
                // Both orders exist; else their words are not looked at.
                if iszero(and(lt(sellAt, mload(AT_ORDER_COUNT)), lt(buyAt, mload(AT_ORDER_COUNT)))) {
                    break
                }
                sellAt := add(mload(AT_ORDERS), shl(5, sellAt))
                buyAt := add(mload(AT_ORDERS), shl(5, buyAt))
                let sell := mload(sellAt)
                let buy := mload(buyAt)
                // A sell, a buy whose fills are not stored, both without a code.
                let objection := or(and(xor(sell, shl(144, 1)), shl(144, 0xff01)), and(buy, shl(144, 0xff03)))
                {
                    // Limits of the orders, band of the rules.
                    let sellerPrice := and(shr(144, trade), 0xffff)
                    let buyerPrice := and(shr(128, trade), 0xffff)
                    objection := or(objection, lt(sellerPrice, and(shr(64, sell), 0xffff)))
                    objection := or(objection, gt(buyerPrice, and(shr(64, buy), 0xffff)))
                    objection := or(objection, lt(sellerPrice, mload(AT_FLOOR)))
                    objection := or(objection, gt(buyerPrice, mload(AT_CEILING)))
                    objection := or(objection, lt(buyerPrice, sellerPrice))
                    // What may be charged: anywhere, in the seller's zone and, from zone to zone, on the way and in the buyer's.
                    let highest := add(add(sellerPrice, mload(AT_ANYWHERE)), and(shr(200, sell), 0xffff))
                    if and(xor(sell, buy), shl(160, 0xff)) {
                        highest := add(highest, add(mload(AT_TRANSMISSION), and(shr(200, buy), 0xffff)))
                    }
                    objection := or(objection, gt(buyerPrice, highest))
                }
                let energy := and(shr(192, trade), 0xffffffff)
                let loss := and(shr(160, trade), 0xffffffff)
                objection := or(objection, iszero(energy))
                objection := or(objection, gt(mul(loss, 1000), mul(energy, mload(AT_LOSS_CAP))))
                // Both orders have that much left.
                let filled := add(and(shr(112, buy), 0xffffffff), energy)
                objection := or(objection, gt(filled, and(shr(32, buy), 0xffffffff)))
                objection := or(
                    objection,
                    gt(add(and(shr(112, sell), 0xffffffff), energy), and(shr(32, sell), 0xffffffff))
                )
                // A missing reading is 0, see ChunkMemory.
                let meterOffset := and(shr(75, sell), 0x1fffe0)
                objection := or(objection, iszero(mload(add(mload(AT_READINGS), meterOffset))))
                if objection {
                    break
                }
                mstore(sellAt, add(sell, shl(112, energy)))
                mstore(buyAt, add(buy, shl(112, energy)))
                let owedAt := add(mload(AT_OBLIGATIONS), meterOffset)
                mstore(owedAt, add(mload(owedAt), add(energy, loss)))
                mstore(recordAt, or(shl(128, energy), loss))
                // Of the buys filled, the one with the highest sequence leaves the cursor.
                let cursorAt := add(add(mload(AT_UPDATES), 0x20), and(shr(90, buy), 0x3fffc0))
                let sequence := and(shl(24, buy), 0xffffffff000000)
                if iszero(lt(sequence, and(mload(cursorAt), 0xffffffff000000))) {
                    mstore(cursorAt, or(or(mload(AT_WINDOW), sequence), shl(56, filled)))
                }
            }
        }
        return (at, recordAt);
    }

    /// @notice Pays each admitted trade whose meter has injected all it owes and writes its record. Stops where it has not, or the
    /// buyer cannot pay, or the trade was not admitted.
    /// @param at Place in calldata of the first trade.
    /// @param end Where the trades end.
    /// @param recordAt Place in memory of its record.
    /// @return The trade with an objection, or the end.
    /// @return Place of its record.
    // solhint-disable-next-line function-max-lines
    function pay(uint256 at, uint256 end, uint256 recordAt) internal pure returns (uint256, uint256) {
        assembly ("memory-safe") {
            for {} lt(at, end) {
                at := add(at, 16)
                recordAt := add(recordAt, 0x40)
            } {
                let trade := calldataload(at)
                let sell := mload(add(mload(AT_ORDERS), shl(5, shr(240, trade))))
                let buy := mload(add(mload(AT_ORDERS), and(shr(219, trade), 0x1fffe0)))
                let energy := shr(128, mload(recordAt))
                let due := mul(energy, and(shr(128, trade), 0xffff))
                let updateAt := and(shr(91, buy), 0x1fffe0)
                let held := mload(add(mload(AT_FUNDS), updateAt))
                updateAt := add(mload(AT_UPDATES), shl(1, updateAt))
                let update := mload(updateAt)
                {
                    // Not admitted; not enough money; short: the reading is below what the meter owes.
                    let meterOffset := and(shr(75, sell), 0x1fffe0)
                    if or(
                        or(iszero(energy), lt(add(held, update), due)),
                        lt(
                            not(mload(add(mload(AT_READINGS), meterOffset))),
                            mload(add(mload(AT_OBLIGATIONS), meterOffset))
                        )
                    ) {
                        break
                    }
                }
                mstore(updateAt, sub(update, due))
                let charge := and(shr(144, trade), 0xffff)
                {
                    let sellerAt := add(mload(AT_UPDATES), and(shr(90, sell), 0x3fffc0))
                    mstore(sellerAt, add(mload(sellerAt), mul(energy, charge)))
                }
                charge := sub(and(shr(128, trade), 0xffff), charge)
                if charge {
                    // The networks' parts first, then the platform's; what is left is congestion. Each is the lesser of tariff and rest, and
                    // stands in its receiver's field of an AccruedWord: at most 18 bits, 50 once times the energy.
                    let part := and(shr(200, sell), 0xffff)
                    part := xor(part, mul(xor(part, charge), gt(part, charge)))
                    charge := sub(charge, part)
                    let split := shl(and(shr(216, sell), 0xff), part)
                    if and(xor(sell, buy), shl(160, 0xff)) {
                        part := mload(AT_TRANSMISSION)
                        part := xor(part, mul(xor(part, charge), gt(part, charge)))
                        charge := sub(charge, part)
                        split := add(split, shl(51, part))
                        part := and(shr(200, buy), 0xffff)
                        part := xor(part, mul(xor(part, charge), gt(part, charge)))
                        charge := sub(charge, part)
                        split := add(split, shl(and(shr(216, buy), 0xff), part))
                    }
                    part := mload(AT_PLATFORM)
                    part := xor(part, mul(xor(part, charge), gt(part, charge)))
                    split := add(split, add(shl(204, part), sub(charge, part)))
                    mstore(AT_CHARGES, add(mload(AT_CHARGES), mul(split, energy)))
                }

                // ChunkLayout.recordDelivery and recordTerms. An update is an account · 2^96 + a change.
                mstore(
                    recordAt,
                    or(
                        or(
                            and(add(update, shl(95, 1)), shl(96, 0xffffffffffffffffffffffffffffffffffffffff)),
                            and(shr(104, sell), shl(64, 0xffffffff))
                        ),
                        or(shl(32, energy), add(energy, and(mload(recordAt), 0xffffffff)))
                    )
                )
                mstore(
                    add(recordAt, 0x20),
                    or(
                        or(shl(224, sell), and(shl(192, buy), shl(192, 0xffffffff))),
                        or(
                            and(shr(8, buy), shl(160, 0xffffffff)),
                            and(shr(64, trade), 0xffffffff00000000ffffffff0000000000000000)
                        )
                    )
                )
            }
        }
        return (at, recordAt);
    }
}
