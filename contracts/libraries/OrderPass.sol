// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkMemory} from "../types/ChunkMemory.sol";
import {ChunkLayout} from "./ChunkLayout.sol";

/// @title Reading the orders of a chunk
/// @notice Every order is read, hashed, its signer recovered and every question of `WindowSettlement._judgeOrder` put to it, all at
/// once: nearly always none has an objection. An order with one is marked as not plain, and WindowSettlement judges it again
/// in plain Solidity, one question after the other. Nothing that is accepted here would be refused there.
library OrderPass {
    /// @dev Half the order of secp256k1: of the two forms of a signature the one with the lower `s` counts (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Why the bytes are no orders.
    enum Fault {
        None,
        Accounts,
        Sequences,
        Meters,
        Counts
    }

    /// @dev What the loops need now and then; the stack has room for sixteen values. Places are in memory or calldata, not in the chunk.
    struct Frame {
        /// 0x00: Both limits of a meter index, 16 bits for buys and 16 for sells.
        uint256 limits;
        /// 0x20: Where the meters are.
        uint256 meters;
        /// 0x40: Where the meter ids are.
        uint256 meterIds;
        /// 0x60: State bits of every order of the account: its index and the stored-fills bit.
        uint256 accountBits;
        /// 0x80: Objections against every order of the account.
        uint256 objection;
        /// 0xa0: Epoch of the account.
        uint256 epoch;
        /// 0xc0: Where the accounts end.
        uint256 accountsEnd;
        /// 0xe0: Where the order states end.
        uint256 ordersEnd;
        /// 0x100: Where the account's TradingWord is.
        uint256 wordAt;
        /// 0x120: From there to its balance.
        uint256 toBalance;
        /// 0x140: Where the account's order count is.
        uint256 countAt;
        /// 0x160: Objections against any order so far.
        uint256 notPlain;
        /// 0x180
        uint256 fault;
        /// 0x1a0: Room for the question to ecrecover.
        uint256[4] question;
        /// 0x220: The account's main meter.
        uint256 meterId;
        /// 0x240: What is known of it, as in a `MeterWord` without owner.
        uint256 meter;
    }

    /// @notice Reads every order into its state word.
    /// @param held The chunk in memory.
    /// @param chunk Its bytes.
    /// @return fault Why the chunk cannot be read.
    /// @return allPlain Whether no order was marked.
    /// @return position Where the orders end, or where the fault is, from the chunk's first byte.
    /// @return trader The account at the fault.
    function run(
        ChunkMemory memory held,
        bytes calldata chunk
    ) internal view returns (Fault fault, bool allPlain, uint256 position, address trader) {
        Frame memory frame;
        frame.limits = held.meterCount | (held.sellMeterCount << 16);
        uint256 accountAt = held.accountsAt;
        frame.accountsEnd = accountAt + held.accountCount * ChunkLayout.ACCOUNT_BYTES;
        position = held.ordersAt;
        uint256 orderAt = _link(frame, held);
        assembly ("memory-safe") {
            // Places in calldata.
            let from := chunk.offset
            mstore(add(frame, 0x40), add(from, 16))
            mstore(add(frame, 0xc0), add(from, mload(add(frame, 0xc0))))
            mstore(add(frame, 0x140), mload(add(frame, 0xc0)))
            accountAt := add(accountAt, from)
            position := add(position, from)
        }
        (position, trader) = _walk(frame, held.hashForm, accountAt, position, orderAt);
        assembly ("memory-safe") {
            position := sub(position, chunk.offset)
        }
        return (Fault(frame.fault), frame.notPlain == 0, position, trader);
    }

    /// @dev Places in memory. Returns the first order's.
    function _link(Frame memory frame, ChunkMemory memory held) private pure returns (uint256 orderAt) {
        uint256[] memory meters = held.meters;
        uint256[] memory words = held.words;
        uint256[] memory balances = held.balances;
        uint256[] memory orders = held.orders;
        assembly ("memory-safe") {
            mstore(add(frame, 0x20), add(meters, 0x20))
            mstore(add(frame, 0x100), add(words, 0x20))
            mstore(add(frame, 0x120), sub(balances, words))
            orderAt := add(orders, 0x20)
            mstore(add(frame, 0xe0), add(orderAt, shl(5, mload(orders))))
        }
    }

    // solhint-disable-next-line function-max-lines
    function _walk(
        Frame memory frame,
        bytes memory form,
        uint256 accountAt,
        uint256 position,
        uint256 orderAt
    ) private view returns (uint256, address account) {
        assembly ("memory-safe") {
            let accountIndex := 0
            for {} lt(accountAt, mload(add(frame, 0xc0))) {
                accountAt := add(accountAt, 20)
                accountIndex := add(accountIndex, 1)
            } {
                let end := orderAt
                {
                    let next := shr(96, calldataload(accountAt))
                    // From the second on: an account twice would start with the balance of the first again.
                    if iszero(gt(next, account)) {
                        account := next
                        mstore(add(frame, 0x180), 1)
                        break
                    }
                    account := next
                    mstore(add(form, 0x40), next)
                    let countAt := mload(add(frame, 0x140))
                    let count := shr(240, calldataload(countAt))
                    mstore(add(frame, 0x140), add(countAt, 2))
                    end := add(orderAt, shl(5, and(count, 0x7fff)))
                    if gt(end, mload(add(frame, 0xe0))) {
                        mstore(add(frame, 0x180), 4)
                        break
                    }
                    let wordAt := mload(add(frame, 0x100))
                    mstore(add(frame, 0x100), add(wordAt, 0x20))
                    let word := mload(wordAt)
                    mstore(add(wordAt, mload(add(frame, 0x120))), and(word, 0xffffffffffffffff))
                    mstore(add(frame, 0xa0), and(shr(64, word), 0xffffffff))
                    let stored := shr(15, count)
                    let windowId := mload(add(form, 0x80))
                    // The main meter: zone, source and a bound of what it can inject, each at its place in a MeterWord.
                    let zone := and(shr(152, word), 0x1f)
                    mstore(add(frame, 0x220), and(shr(120, word), 0xffffffff))
                    mstore(
                        add(frame, 0x240),
                        or(
                            or(shl(160, zone), shl(168, and(shr(157, word), 0xf))),
                            shl(200, shr(2, shl(and(shr(161, word), 0x1f), add(4, and(shr(166, word), 3)))))
                        )
                    )
                    mstore(add(frame, 0x60), or(or(shl(96, accountIndex), shl(145, stored)), shl(160, zone)))
                    // Stored fills; no licence, an exit or no active main meter; seen in this window before; at a border.
                    let objection := or(stored, iszero(gt(and(shr(96, word), 0xffffff), windowId)))
                    objection := or(objection, eq(and(shr(168, word), 0xffffff), windowId))
                    mstore(add(frame, 0x80), or(objection, gt(zone, 13)))
                }

                let next := 0
                for {} lt(orderAt, end) {
                    orderAt := add(orderAt, 0x20)
                } {
                    let head := calldataload(position)
                    let objection := mload(add(frame, 0x80))
                    let state := mload(add(frame, 0x60))
                    {
                        let meterIndex := and(shr(224, head), 0xffff)
                        // The side, times 16, chooses the limit.
                        let limit := and(shr(and(shr(244, head), 16), mload(frame)), 0xffff)
                        if iszero(lt(meterIndex, limit)) {
                            mstore(add(frame, 0x180), 3)
                            break
                        }
                        let meterId := shr(224, calldataload(add(mload(add(frame, 0x40)), shl(2, meterIndex))))
                        mstore(add(form, 0x60), meterId)
                        let meter := mload(add(frame, 0x240))
                        state := or(state, shl(168, meterId))
                        // Not the account's main meter; a sell without a source.
                        switch eq(meterId, mload(add(frame, 0x220)))
                        case 0 {
                            objection := 1
                        }
                        default {
                            mstore(add(mload(add(frame, 0x20)), shl(5, meterIndex)), meter)
                            objection := or(objection, and(shr(248, head), iszero(and(shr(168, meter), 0xff))))
                        }
                    }
                    {
                        let sequence := and(shr(144, head), 0xffffffff)
                        if lt(sequence, next) {
                            mstore(add(frame, 0x180), 2)
                            break
                        }
                        next := add(sequence, 1)
                        mstore(add(form, 0x160), sequence)
                    }
                    // The EIP-712 hash, see ChunkLayout.hashForm. No price, no energy, an epoch behind, a special class.
                    {
                        let price := and(shr(208, head), 0xffff)
                        mstore(add(form, 0x120), price)
                        objection := or(objection, iszero(price))
                    }
                    {
                        let energy := and(shr(176, head), 0xffffffff)
                        mstore(add(form, 0x140), energy)
                        objection := or(objection, iszero(energy))
                    }
                    {
                        let epoch := and(shr(112, head), 0xffffffff)
                        mstore(add(form, 0x180), epoch)
                        objection := or(objection, lt(epoch, mload(add(frame, 0xa0))))
                    }
                    objection := or(objection, and(head, shl(250, 1)))
                    mstore(add(form, 0xa0), and(shr(248, head), 1))
                    mstore(add(form, 0xc0), and(shr(249, head), 3))
                    mstore(add(form, 0xe0), and(shr(251, head), 3))
                    mstore(add(form, 0x100), shr(253, head))
                    mstore(add(form, 0x1a0), and(shr(72, head), 0xffffffffff))
                    mstore(add(form, 0x1c0), and(shr(40, head), 0xffffffff))
                    mstore(add(form, 0x202), keccak256(add(form, 0x20), 0x1c0))

                    state := or(state, and(shr(144, head), 0xffffffffffffffffffffffff))
                    state := or(state, and(shr(104, head), shl(144, 1)))
                    switch and(head, shl(240, 1))
                    case 0 {
                        let vs := calldataload(add(position, 59))
                        mstore(add(frame, 0x1a0), keccak256(add(form, 0x1e0), 66))
                        mstore(add(frame, 0x1c0), add(27, shr(255, vs)))
                        mstore(add(frame, 0x1e0), calldataload(add(position, 27)))
                        vs := shr(1, shl(1, vs))
                        mstore(add(frame, 0x200), vs)
                        // A failed recovery answers nothing, so the place of the answer is emptied first.
                        mstore(0, 0)
                        pop(staticcall(gas(), 1, add(frame, 0x1a0), 0x80, 0, 0x20))
                        let signed := gt(eq(mload(0), account), gt(vs, HALF_ORDER))
                        objection := or(objection, iszero(signed))
                        state := or(state, shl(148, signed))
                        position := add(position, 91)
                    }
                    default {
                        objection := 1
                        position := add(position, add(29, and(shr(24, head), 0xffff)))
                    }
                    if objection {
                        mstore(add(frame, 0x160), 1)
                        state := or(state, shl(147, 1))
                    }
                    mstore(orderAt, state)
                }
                if mload(add(frame, 0x180)) {
                    break
                }
            }
            // Every order belongs to an account.
            if iszero(or(mload(add(frame, 0x180)), eq(orderAt, mload(add(frame, 0xe0))))) {
                mstore(add(frame, 0x180), 4)
            }
        }
        return (position, account);
    }
}
