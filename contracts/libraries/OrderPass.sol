// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkMemories, ChunkMemory} from "../types/ChunkMemory.sol";
import {ChunkLayout} from "./ChunkLayout.sol";
// Used in assembly, where solhint does not look.
// solhint-disable no-unused-import
import {
    AT_ACCOUNTS_END,
    AT_CLASS,
    AT_DIGEST,
    AT_DIGESTED,
    AT_DIRECTIVE,
    AT_ENERGY,
    AT_EPOCH,
    AT_FLAGS,
    AT_FORM,
    AT_METER,
    AT_METERS,
    AT_METER_COUNT,
    AT_METER_IDS,
    AT_NEXT_ACCOUNT,
    AT_NEXT_COUNT,
    AT_NEXT_INDEX,
    AT_NEXT_UPDATE,
    AT_NEXT_WORD,
    AT_NOT_PLAIN,
    AT_ORDERS_END,
    AT_PRICE,
    AT_R,
    AT_RECOVERY,
    AT_S,
    AT_SELL_METER_COUNT,
    AT_SEPARATOR,
    AT_SEQUENCE,
    AT_SIDE,
    AT_STRUCT_HASH,
    AT_TIME_IN_FORCE,
    AT_TRADER,
    AT_VALID_UNTIL,
    AT_WINDOW,
    AT_ZONES
} from "./Places.sol";
// solhint-enable no-unused-import

/// @title Reading the orders of a chunk
/// @notice Every order is read, hashed, its signer recovered and every question of `OrderQuestions` put to it, all at once: nearly
/// always none has an objection. An order with one is marked as not plain, and it is judged again in plain Solidity, one
/// question after the other. Nothing that is accepted here would be refused there.
library OrderPass {
    /// @dev Half the order of secp256k1: of the two forms of a signature the one with the lower `s` counts (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    /// @dev What hardly ever differs from one order to the next: bits 249–255 (class, time in force, post-only, self-trade mode) and
    /// 40–143 (epoch, validUntil, directive) of an order's first word.
    uint256 private constant RARE = 0xfe00000000000000000000000000ffffffffffffffffffffffffff0000000000;
    /// @dev Licensee by zone, 4 bits each: Zones.licenseeOf.
    uint256 private constant LICENSEES = 0x11133333333333320;
    /// @dev The sequence, energy, price and meter index of an order's first word, shifted down to where its state has them.
    uint256 private constant TERMS = 0xffffffffffffffffffffffff;

    /// @notice Why the bytes are no orders.
    enum Fault {
        None,
        Accounts,
        Sequences,
        Meters,
        Counts
    }

    /// @notice Reads every order into its state word, and every account into its funds and its update.
    /// @param held The chunk in memory.
    /// @param chunk Its bytes.
    /// @param typehash EIP-712 type hash of an order.
    /// @param separator EIP-712 domain separator.
    /// @return fault Why the chunk cannot be read.
    /// @return allPlain Whether no order was marked.
    /// @return position Where the orders end, or where the fault is, from the chunk's first byte.
    /// @return trader The account at the fault.
    function run(
        ChunkMemory memory held,
        bytes calldata chunk,
        bytes32 typehash,
        bytes32 separator
    ) internal view returns (Fault fault, bool allPlain, uint256 position, address trader) {
        _link(held, chunk, typehash, separator);
        position = held.ordersAt;
        assembly ("memory-safe") {
            position := add(position, chunk.offset)
        }
        (fault, position) = _walk(held.orders, position);
        assembly ("memory-safe") {
            position := sub(position, chunk.offset)
            allPlain := iszero(mload(AT_NOT_PLAIN))
            trader := mload(AT_TRADER)
        }
    }

    /// @dev Fills the places the walk reads.
    function _link(ChunkMemory memory held, bytes calldata chunk, bytes32 typehash, bytes32 separator) private pure {
        uint256 windowId = held.windowId;
        uint256 sellMeterCount = held.sellMeterCount;
        uint256 meterCount = held.meterCount;
        uint256 accountsAt = held.accountsAt;
        uint256 accountsEnd = accountsAt + held.accountCount * ChunkLayout.ACCOUNT_BYTES;
        uint256 headerBytes = ChunkLayout.HEADER_BYTES;
        uint256 tariffs = held.distributionByZone;
        uint256[] memory meters = held.meters;
        uint256[] memory orders = held.orders;
        uint256[] memory words = held.words;
        uint256[] memory updates = held.updates;
        uint256 updatesHeader = ChunkMemories.UPDATES_HEADER_WORDS;
        assembly ("memory-safe") {
            // What a state says of each zone, see ChunkLayout.inZone; a border's orders are never plain.
            for {
                let zone := 1
            } lt(zone, 17) {
                zone := add(zone, 1)
            } {
                let receiver := mul(51, and(shr(shl(2, zone), LICENSEES), 0xf))
                let bits := or(or(shl(160, zone), shl(200, and(tariffs, 0xffff))), shl(216, receiver))
                mstore(add(AT_ZONES, shl(5, zone)), or(bits, shl(147, gt(zone, 13))))
                tariffs := shr(16, tariffs)
            }
            mstore(AT_FORM, typehash)
            mstore(AT_WINDOW, windowId)
            mstore(AT_DIGESTED, shl(240, 0x1901))
            mstore(AT_SEPARATOR, separator)
            mstore(AT_METER_IDS, add(chunk.offset, headerBytes))
            mstore(AT_METERS, add(meters, 0x20))
            mstore(AT_METER_COUNT, meterCount)
            mstore(AT_SELL_METER_COUNT, sellMeterCount)
            mstore(AT_ORDERS_END, add(add(orders, 0x20), shl(5, mload(orders))))
            mstore(AT_ACCOUNTS_END, add(chunk.offset, accountsEnd))
            // The order counts follow the accounts.
            mstore(AT_NEXT_COUNT, add(chunk.offset, accountsEnd))
            mstore(AT_NEXT_ACCOUNT, add(chunk.offset, accountsAt))
            mstore(AT_NEXT_WORD, add(words, 0x20))
            mstore(AT_NEXT_UPDATE, add(add(updates, 0x20), shl(5, updatesHeader)))
        }
    }

    // solhint-disable-next-line function-max-lines
    function _walk(uint256[] memory orders, uint256 position) private view returns (Fault fault, uint256) {
        assembly ("memory-safe") {
            let orderAt := add(orders, 0x20)
            // Where the account's orders end; its TradingWord; what all its orders have in their state; what all are refused for.
            let end := orderAt
            let word := 0
            let base := 0
            let refusal := 0
            // The first word of the order before: what is rare about it stands in the form. At first all of that is 0, as in the form.
            let before := 0
            for {} xor(orderAt, mload(AT_ORDERS_END)) {
                orderAt := add(orderAt, 0x20)
            } {
                if eq(orderAt, end) {
                    // The next account.
                    let from := mload(AT_NEXT_ACCOUNT)
                    let account := shr(96, calldataload(from))
                    // Ascending: an account twice would start with the balance of the first again. And there is one: else the counts say
                    // fewer orders than there are.
                    if iszero(and(gt(account, mload(AT_TRADER)), lt(from, mload(AT_ACCOUNTS_END)))) {
                        mstore(AT_TRADER, account)
                        fault := 1
                        if iszero(lt(from, mload(AT_ACCOUNTS_END))) {
                            fault := 4
                        }
                        break
                    }
                    mstore(AT_NEXT_ACCOUNT, add(from, 20))
                    mstore(AT_TRADER, account)
                    // Nothing has changed yet; the funds are the balance once the update is added, see ChunkMemory.
                    account := shl(96, account)
                    from := mload(AT_NEXT_UPDATE)
                    mstore(AT_NEXT_UPDATE, add(from, 0x40))
                    mstore(from, account)
                    from := mload(AT_NEXT_WORD)
                    mstore(AT_NEXT_WORD, add(from, 0x20))
                    word := mload(from)
                    mstore(from, sub(and(word, 0xffffffffffffffff), account))

                    from := mload(AT_NEXT_COUNT)
                    mstore(AT_NEXT_COUNT, add(from, 2))
                    let count := shr(240, calldataload(from))
                    // No order at all, or more than there are: the end is never met, which is found behind the loop.
                    end := add(orderAt, shl(5, and(count, 0x7fff)))
                    count := shr(15, count)
                    from := mload(AT_NEXT_INDEX)
                    mstore(AT_NEXT_INDEX, add(from, shl(96, 1)))
                    base := or(or(from, shl(145, count)), mload(add(AT_ZONES, and(shr(147, word), 0x3e0))))
                    // Stored fills; no licence, an exit or no active main meter; seen in this window before; at a border.
                    refusal := or(count, iszero(gt(and(shr(96, word), 0xffffff), mload(AT_WINDOW))))
                    refusal := or(refusal, eq(and(shr(168, word), 0xffffff), mload(AT_WINDOW)))
                    refusal := or(refusal, and(base, shl(147, 1)))
                    mstore(AT_SEQUENCE, not(0))
                }

                let head := calldataload(position)
                let state := and(shr(144, head), TERMS)
                {
                    // Ascending within the account; -1 before the first.
                    let sequence := and(state, 0xffffffff)
                    if iszero(sgt(sequence, mload(AT_SEQUENCE))) {
                        fault := 2
                        break
                    }
                    mstore(AT_SEQUENCE, sequence)
                }
                let objection := refusal
                {
                    let side := and(shr(248, head), 1)
                    mstore(AT_SIDE, side)
                    let meterIndex := shr(80, state)
                    switch lt(meterIndex, mload(AT_SELL_METER_COUNT))
                    case 0 {
                        // Sells name the first meters, buys any.
                        if or(side, iszero(lt(meterIndex, mload(AT_METER_COUNT)))) {
                            fault := 3
                            break
                        }
                    }
                    default {
                        // Zone, source and reach of the account's main meter, see TradingWord.
                        mstore(add(mload(AT_METERS), shl(5, meterIndex)), shl(160, and(shr(152, word), 0xffff)))
                    }
                    let meterId := shr(224, calldataload(add(mload(AT_METER_IDS), shl(2, meterIndex))))
                    mstore(AT_METER, meterId)
                    state := or(or(state, base), or(shl(168, meterId), shl(144, side)))
                    // Not the main meter; a sell without a source.
                    objection := or(objection, xor(meterId, and(shr(120, word), 0xffffffff)))
                    objection := or(objection, lt(and(shr(157, word), 0xf), side))
                }
                {
                    let price := and(shr(208, head), 0xffff)
                    mstore(AT_PRICE, price)
                    let energy := and(shr(176, head), 0xffffffff)
                    mstore(AT_ENERGY, energy)
                    objection := or(objection, iszero(mul(price, energy)))
                }
                if and(xor(head, before), RARE) {
                    before := head
                    mstore(AT_CLASS, and(shr(249, head), 3))
                    mstore(AT_TIME_IN_FORCE, and(shr(251, head), 3))
                    mstore(AT_FLAGS, shr(253, head))
                    mstore(AT_EPOCH, and(shr(112, head), 0xffffffff))
                    mstore(AT_VALID_UNTIL, and(shr(72, head), 0xffffffffff))
                    mstore(AT_DIRECTIVE, and(shr(40, head), 0xffffffff))
                }
                // An epoch behind; a special class.
                objection := or(objection, lt(mload(AT_EPOCH), and(shr(64, word), 0xffffffff)))
                objection := or(objection, and(head, shl(250, 1)))
                mstore(AT_STRUCT_HASH, keccak256(AT_FORM, 0x1c0))

                let signed := 0
                switch and(head, shl(240, 1))
                case 0 {
                    mstore(AT_DIGEST, keccak256(AT_DIGESTED, 66))
                    mstore(AT_R, calldataload(add(position, 27)))
                    let s := calldataload(add(position, 59))
                    position := add(position, 91)
                    mstore(AT_RECOVERY, add(27, shr(255, s)))
                    s := and(s, not(shl(255, 1)))
                    mstore(AT_S, s)
                    // A failed recovery answers nothing, so the place of the answer is emptied first.
                    mstore(0, 0)
                    pop(staticcall(gas(), 1, AT_DIGEST, 0x80, 0, 0x20))
                    signed := gt(eq(mload(0), mload(AT_TRADER)), gt(s, HALF_ORDER))
                }
                default {
                    position := add(position, add(29, and(shr(24, head), 0xffff)))
                }
                if or(objection, iszero(signed)) {
                    mstore(AT_NOT_PLAIN, 1)
                    state := or(state, or(shl(147, 1), shl(148, signed)))
                }
                mstore(orderAt, state)
            }
            // The counts say more orders than there are, or an account has none.
            if iszero(or(fault, and(eq(orderAt, end), eq(mload(AT_NEXT_ACCOUNT), mload(AT_ACCOUNTS_END))))) {
                fault := 4
            }
        }
        return (fault, position);
    }
}
