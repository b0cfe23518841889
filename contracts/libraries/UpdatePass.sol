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
/// them there is room for the head of the call.
library UpdatePass {
    /// @notice Calls `applySettlement`. Plain twin: `vault.applySettlement(windowId, chunkIndex, last, charges, updates)`, whose encoder
    /// copies the words.
    /// @param held The chunk in memory.
    /// @param vault The vault.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param last Whether this completes the window.
    function send(ChunkMemory memory held, address vault, uint256 chunkIndex, bool last) internal {
        uint256[] memory updates = held.updates;
        uint256 accountCount = held.accountCount;
        uint256 windowId = held.windowId;
        bytes4 selector = ICollateralVault.applySettlement.selector;
        assembly ("memory-safe") {
            // 7 words before the first update; a call's head has 4 bytes and 6 words.
            let call_ := add(updates, 0x3c)
            mstore(call_, selector)
            mstore(add(call_, 0x04), windowId)
            mstore(add(call_, 0x24), chunkIndex)
            mstore(add(call_, 0x44), last)
            mstore(add(call_, 0x64), mload(AT_CHARGES))
            mstore(add(call_, 0x84), 0xa0)
            mstore(add(call_, 0xa4), shl(1, accountCount))
            if iszero(call(gas(), vault, 0, call_, add(0xc4, shl(6, accountCount)), 0, 0)) {
                let answer := mload(0x40)
                returndatacopy(answer, 0, returndatasize())
                revert(answer, returndatasize())
            }
        }
    }
}
