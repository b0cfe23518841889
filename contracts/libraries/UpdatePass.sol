// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {ChunkMemory} from "../types/ChunkMemory.sol";
// Used in assembly, where solhint does not look.
// solhint-disable no-unused-import
import {AT_CHARGES} from "./Places.sol";
// solhint-enable no-unused-import

/// @title Handing a chunk's outcome to the vault
/// @notice The last step of a chunk. The updates already lie in memory as the vault takes them: settlement has counted in them. Before
/// them there is room for the head of the call, behind them for the charges.
library UpdatePass {
    /// @notice Calls `applySettlement`. Plain twin: `vault.applySettlement(windowId, chunkIndex, last, updates)`, whose encoder copies
    /// the words.
    /// @param held The chunk in memory.
    /// @param receivers Of the charges, in the order of `AT_CHARGES`.
    /// @param vault The vault.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param last Whether this completes the window.
    function send(
        ChunkMemory memory held,
        address[5] memory receivers,
        address vault,
        uint256 chunkIndex,
        bool last
    ) internal {
        uint256[] memory updates = held.updates;
        uint256 accountCount = held.accountCount;
        uint256 windowId = held.windowId;
        bytes4 selector = ICollateralVault.applySettlement.selector;
        assembly ("memory-safe") {
            // 6 words before the first update; a call's head has 4 bytes and 5 words.
            let call_ := add(updates, 0x3c)
            mstore(call_, selector)
            mstore(add(call_, 0x04), windowId)
            mstore(add(call_, 0x24), chunkIndex)
            mstore(add(call_, 0x44), last)
            mstore(add(call_, 0x64), 0x80)
            let place := add(add(call_, 0xa4), shl(6, accountCount))
            for {
                let offset := 0
            } lt(offset, 0xa0) {
                offset := add(offset, 0x20)
            } {
                let amount := mload(add(AT_CHARGES, offset))
                if amount {
                    mstore(place, add(shl(96, mload(add(receivers, offset))), amount))
                    place := add(place, 0x40)
                }
            }
            mstore(add(call_, 0x84), shr(5, sub(sub(place, call_), 0xa4)))
            if iszero(call(gas(), vault, 0, call_, sub(place, call_), 0, 0)) {
                let answer := mload(0x40)
                returndatacopy(answer, 0, returndatasize())
                revert(answer, returndatasize())
            }
        }
    }
}
