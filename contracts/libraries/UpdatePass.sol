// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {ChunkMemory} from "../types/ChunkMemory.sol";

/// @title Handing a chunk's outcome to the vault
/// @notice The last step of a chunk: cursors and differences of balances.
library UpdatePass {
    /// @notice The cursor of each account whose buys the chunk filled, for the vault. Orders ascend by sequence within an account, so
    /// the last one leaves it. Plain twin: for each filled buy,
    /// `cursors[account] = windowId | stored ? 0 : sequence << 24 | filled << 56`.
    /// @param held The chunk.
    /// @return stored Not 0 when fills have to be stored.
    function keepCursors(ChunkMemory memory held) internal pure returns (uint256 stored) {
        uint256[] memory orders = held.orders;
        uint256[] memory cursors = held.cursors;
        uint256 windowId = held.windowId;
        assembly ("memory-safe") {
            let end := add(add(orders, 0x20), shl(5, mload(orders)))
            for {
                let at := add(orders, 0x20)
            } lt(at, end) {
                at := add(at, 0x20)
            } {
                let order := mload(at)
                // Filled in this chunk, and no sell.
                if eq(and(order, shl(144, 5)), shl(146, 1)) {
                    let cursor := or(shl(24, and(order, 0xffffffff)), shl(56, and(shr(112, order), 0xffffffff)))
                    if and(order, shl(145, 1)) {
                        stored := 1
                        cursor := 0
                    }
                    mstore(add(add(cursors, 0x20), shl(5, and(shr(96, order), 0xffff))), or(windowId, cursor))
                }
            }
        }
    }

    /// @notice Calls `applySettlement` with two words for each account that changes: account and difference; cursor. Plain twin:
    /// `vault.applySettlement(windowId, chunkIndex, last, updates)`, whose encoder copies the words once more.
    /// @param held The chunk in memory.
    /// @param chunk Its bytes.
    /// @param receivers Of the charges, in the order of `held.charges`.
    /// @param vault The vault.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param last Whether this completes the window.
    // solhint-disable-next-line function-max-lines
    function send(
        ChunkMemory memory held,
        bytes calldata chunk,
        address[5] memory receivers,
        address vault,
        uint256 chunkIndex,
        bool last
    ) internal {
        uint256[] memory words = held.words;
        uint256 toBalance;
        uint256 toCursor;
        uint256 accountAt = held.accountsAt;
        uint256[5] memory charges = held.charges;
        bytes4 selector = ICollateralVault.applySettlement.selector;
        uint256 windowId = held.windowId;
        {
            uint256[] memory balances = held.balances;
            uint256[] memory cursors = held.cursors;
            assembly ("memory-safe") {
                toBalance := sub(balances, words)
                toCursor := sub(cursors, words)
                accountAt := add(accountAt, chunk.offset)
            }
        }
        assembly ("memory-safe") {
            // Everything behind the free pointer is used for the call and left.
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), windowId)
            mstore(add(call_, 0x24), chunkIndex)
            mstore(add(call_, 0x44), last)
            mstore(add(call_, 0x64), 0x80)
            let place := add(call_, 0xa4)
            let end := add(add(words, 0x20), shl(5, mload(words)))
            for {
                let wordAt := add(words, 0x20)
            } lt(wordAt, end) {
                wordAt := add(wordAt, 0x20)
                accountAt := add(accountAt, 20)
            } {
                let difference := sub(mload(add(wordAt, toBalance)), and(mload(wordAt), 0xffffffffffffffff))
                let cursor := mload(add(wordAt, toCursor))
                if or(difference, cursor) {
                    mstore(
                        place,
                        or(
                            and(calldataload(accountAt), shl(96, 0xffffffffffffffffffffffffffffffffffffffff)),
                            and(difference, 0xffffffffffffffffffffffff)
                        )
                    )
                    mstore(add(place, 0x20), cursor)
                    place := add(place, 0x40)
                }
            }
            for {
                let offset := 0
            } lt(offset, 0xa0) {
                offset := add(offset, 0x20)
            } {
                let amount := mload(add(charges, offset))
                if amount {
                    mstore(place, or(shl(96, mload(add(receivers, offset))), amount))
                    mstore(add(place, 0x20), 0)
                    place := add(place, 0x40)
                }
            }
            mstore(add(call_, 0x84), shr(5, sub(sub(place, call_), 0xa4)))
            if iszero(call(gas(), vault, 0, call_, sub(place, call_), 0, 0)) {
                returndatacopy(call_, 0, returndatasize())
                revert(call_, returndatasize())
            }
        }
    }
}
