// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkMemory} from "../types/ChunkMemory.sol";
import {RulesWord} from "../types/RulesWord.sol";

/// @title The trades of a chunk that nothing objects to
/// @notice Both passes of settlement put all their questions to a trade at once. When nothing objects, the trade is done here; else
/// nothing has happened yet and WindowSettlement goes through it in plain Solidity, one question after the other. No field
/// is wider than 32 bits, so no product or sum below overflows.
library TradePass {
    /// @dev Licensee by zone, 4 bits each: Zones.licenseeOf.
    uint256 private constant LICENSEES = 0x11133333333333320;

    /// @notice What is the same for all trades of a chunk.
    struct Terms {
        uint256 orders;
        uint256 orderCount;
        uint256 readings;
        uint256 obligations;
        uint256 balances;
        uint256 charges;
        uint256 distributionByZone;
        uint256 transmission;
        uint256 platform;
        /// Platform and the most congestion may cost.
        uint256 anywhere;
        uint256 floor;
        uint256 ceiling;
        uint256 lossCapPermille;
        /// 1 when a directive holds.
        uint256 directed;
    }

    function terms(ChunkMemory memory held) internal pure returns (Terms memory made) {
        RulesWord rules = held.rules;
        uint256[] memory orders = held.orders;
        uint256[] memory readings = held.readings;
        uint256[] memory obligations = held.obligations;
        uint256[] memory balances = held.balances;
        uint256[5] memory charges = held.charges;
        assembly ("memory-safe") {
            // Where the entries begin.
            mstore(made, add(orders, 0x20))
            mstore(add(made, 0x40), add(readings, 0x20))
            mstore(add(made, 0x60), add(obligations, 0x20))
            mstore(add(made, 0x80), add(balances, 0x20))
            mstore(add(made, 0xa0), charges)
        }
        made.orderCount = held.orderCount;
        made.distributionByZone = held.distributionByZone;
        made.transmission = rules.transmissionSatPerKwh();
        made.platform = rules.platformSatPerKwh();
        made.anywhere = uint256(rules.platformSatPerKwh()) + rules.congestionCapSatPerKwh();
        made.floor = rules.floorSatPerKwh();
        made.ceiling = rules.ceilingSatPerKwh();
        made.lossCapPermille = rules.lossCapPermille();
        made.directed = held.anyRule == 0 ? 0 : 1;
    }

    /// @notice Fills both orders and notes what the meter owes and, in the record, what the second pass needs. False, with nothing
    /// done, when a question of `TradeQuestions` or a directive has an objection or the reading is missing.
    /// @param made What is the same for all trades.
    /// @param trade The trade as in the chunk.
    /// @param recordAt Place in memory of the trade's record.
    /// @return admitted Whether it was done.
    // solhint-disable-next-line function-max-lines
    function admit(Terms memory made, uint256 trade, uint256 recordAt) internal pure returns (bool admitted) {
        assembly ("memory-safe") {
            let sellAt := shr(112, trade)
            let buyAt := and(shr(96, trade), 0xffff)
            let objection := mload(add(made, 0x20))
            // Both orders exist; else their words are not looked at.
            switch and(lt(sellAt, objection), lt(buyAt, objection))
            case 1 {
                sellAt := add(mload(made), shl(5, sellAt))
                buyAt := add(mload(made), shl(5, buyAt))
                let sell := mload(sellAt)
                let buy := mload(buyAt)
                let sellerPrice := and(shr(16, trade), 0xffff)
                let buyerPrice := and(trade, 0xffff)
                // A sell, a buy, both without a code; directives.
                objection := or(
                    mload(add(made, 0x1a0)),
                    or(
                        and(xor(sell, shl(144, 1)), or(shl(144, 1), shl(152, 0xff))),
                        and(buy, or(shl(144, 1), shl(152, 0xff)))
                    )
                )
                // Limits of the orders, band of the rules.
                objection := or(objection, lt(sellerPrice, and(shr(64, sell), 0xffff)))
                objection := or(objection, gt(buyerPrice, and(shr(64, buy), 0xffff)))
                objection := or(objection, lt(sellerPrice, mload(add(made, 0x140))))
                objection := or(objection, gt(buyerPrice, mload(add(made, 0x160))))
                objection := or(objection, lt(buyerPrice, sellerPrice))
                {
                    // What may be charged: anywhere, in the seller's zone and, from zone to zone, on the way and in the buyer's.
                    let zone := shr(156, and(sell, shl(160, 0xff)))
                    let highest := add(
                        add(sellerPrice, mload(add(made, 0x120))),
                        and(shr(sub(zone, 16), mload(add(made, 0xc0))), 0xffff)
                    )
                    if and(xor(sell, buy), shl(160, 0xff)) {
                        zone := shr(156, and(buy, shl(160, 0xff)))
                        highest := add(
                            add(highest, mload(add(made, 0xe0))),
                            and(shr(sub(zone, 16), mload(add(made, 0xc0))), 0xffff)
                        )
                    }
                    objection := or(objection, gt(buyerPrice, highest))
                }
                {
                    let energy := and(shr(64, trade), 0xffffffff)
                    let loss := and(shr(32, trade), 0xffffffff)
                    objection := or(objection, iszero(energy))
                    objection := or(objection, gt(mul(loss, 1000), mul(energy, mload(add(made, 0x180)))))
                    // Both orders have that much left.
                    let filled := add(sell, shl(112, energy))
                    objection := or(
                        objection,
                        gt(add(and(shr(112, sell), 0xffffffff), energy), and(shr(32, sell), 0xffffffff))
                    )
                    objection := or(
                        objection,
                        gt(add(and(shr(112, buy), 0xffffffff), energy), and(shr(32, buy), 0xffffffff))
                    )
                    let meterOffset := shr(75, and(sell, shl(80, 0xffff)))
                    // NO_READING is all ones.
                    objection := or(objection, iszero(not(mload(add(mload(add(made, 0x40)), meterOffset)))))
                    if iszero(objection) {
                        admitted := 1
                        mstore(sellAt, or(filled, shl(146, 1)))
                        mstore(buyAt, or(add(buy, shl(112, energy)), shl(146, 1)))
                        let owedAt := add(mload(add(made, 0x60)), meterOffset)
                        mstore(owedAt, add(mload(owedAt), add(energy, loss)))
                        mstore(recordAt, or(shl(128, energy), loss))
                    }
                }
            }
        }
    }

    /// @notice Pays an admitted trade whose meter has injected all it owes and writes its record. False, with nothing done, when it has
    /// not, or the buyer cannot pay, or the trade was not admitted.
    /// @param made What is the same for all trades.
    /// @param trade The trade as in the chunk.
    /// @param recordAt Place in memory of the trade's record.
    /// @param accountsAt Place in calldata of the chunk's accounts.
    /// @return paid Whether it was done.
    // solhint-disable-next-line function-max-lines
    function pay(
        Terms memory made,
        uint256 trade,
        uint256 recordAt,
        uint256 accountsAt
    ) internal pure returns (bool paid) {
        assembly ("memory-safe") {
            let orders := mload(made)
            let sell := mload(add(orders, shl(5, shr(112, trade))))
            let buy := mload(add(orders, shl(5, and(shr(96, trade), 0xffff))))
            let admitted := mload(recordAt)
            let energy := shr(128, admitted)
            let sellerPrice := and(shr(16, trade), 0xffff)
            let charge := sub(and(trade, 0xffff), sellerPrice)
            let meterOffset := shl(5, and(shr(80, sell), 0xffff))
            let balances := mload(add(made, 0x80))
            let buyer := and(shr(96, buy), 0xffff)
            let buyerAt := add(balances, shl(5, buyer))
            let held := mload(buyerAt)
            let due := mul(energy, and(trade, 0xffff))
            // Not admitted: energy 0 or a code. Short: the reading is below what the meter owes.
            let objection := or(
                or(iszero(energy), mload(add(recordAt, 0x20))),
                or(
                    lt(
                        mload(add(mload(add(made, 0x40)), meterOffset)),
                        mload(add(mload(add(made, 0x60)), meterOffset))
                    ),
                    lt(held, due)
                )
            )
            if iszero(objection) {
                paid := 1
                mstore(buyerAt, sub(held, due))
                let sellerAt := add(balances, shl(5, and(shr(96, sell), 0xffff)))
                mstore(sellerAt, add(mload(sellerAt), mul(energy, sellerPrice)))

                if charge {
                    // The networks' parts first, then the platform's; what is left is congestion.
                    let charges := mload(add(made, 0xa0))
                    let byZone := mload(add(made, 0xc0))
                    let sellZone := and(shr(160, sell), 0xff)
                    let buyZone := and(shr(160, buy), 0xff)
                    let part := and(shr(shl(4, sub(sellZone, 1)), byZone), 0xffff)
                    part := xor(part, mul(xor(part, charge), gt(part, charge)))
                    let place := add(charges, shl(5, and(shr(shl(2, sellZone), LICENSEES), 0xf)))
                    mstore(place, add(mload(place), mul(part, energy)))
                    charge := sub(charge, part)
                    if xor(sellZone, buyZone) {
                        part := mload(add(made, 0xe0))
                        part := xor(part, mul(xor(part, charge), gt(part, charge)))
                        place := add(charges, 0x20)
                        mstore(place, add(mload(place), mul(part, energy)))
                        charge := sub(charge, part)
                        part := and(shr(shl(4, sub(buyZone, 1)), byZone), 0xffff)
                        part := xor(part, mul(xor(part, charge), gt(part, charge)))
                        place := add(charges, shl(5, and(shr(shl(2, buyZone), LICENSEES), 0xf)))
                        mstore(place, add(mload(place), mul(part, energy)))
                        charge := sub(charge, part)
                    }
                    part := mload(add(made, 0x100))
                    part := xor(part, mul(xor(part, charge), gt(part, charge)))
                    place := add(charges, 0x80)
                    mstore(place, add(mload(place), mul(part, energy)))
                    mstore(charges, add(mload(charges), mul(sub(charge, part), energy)))
                }

                // ChunkLayout.recordDelivery and recordTerms.
                mstore(
                    recordAt,
                    or(
                        or(
                            shl(96, shr(96, calldataload(add(accountsAt, mul(buyer, 20))))),
                            shl(64, and(shr(168, sell), 0xffffffff))
                        ),
                        or(shl(32, energy), add(energy, and(admitted, 0xffffffff)))
                    )
                )
                mstore(
                    add(recordAt, 0x20),
                    or(
                        or(shl(224, sell), shl(192, and(buy, 0xffffffff))),
                        or(
                            or(shl(160, and(shr(168, buy), 0xffffffff)), shl(128, and(shr(64, trade), 0xffffffff))),
                            shl(64, and(trade, 0xffffffff))
                        )
                    )
                )
            }
        }
    }
}
