// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IWindowSettlement} from "../interfaces/IWindowSettlement.sol";

/// @title The record of a chunk, told from where it was written
/// @notice `emit` would copy the record, the largest thing in memory, to where memory is dearest.
library RecordEvent {
    /// @notice An empty record with room before it for what the event says first.
    /// @param length Its length in bytes, of whole words.
    /// @return record The record, all zero.
    function room(uint256 length) internal pure returns (bytes memory record) {
        record = new bytes(0x40 + length);
        assembly ("memory-safe") {
            // The last part of what was allocated.
            record := add(record, 0x40)
            mstore(record, length)
        }
    }

    /// @notice Plain twin: `emit IWindowSettlement.ChunkSettled(windowId, chunkIndex, last, record)`.
    /// @param windowId The delivery window.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param last Whether this completes the window.
    /// @param record Made by `room`.
    function log(uint32 windowId, uint16 chunkIndex, bool last, bytes memory record) internal {
        bytes32 topic = IWindowSettlement.ChunkSettled.selector;
        assembly ("memory-safe") {
            let data := sub(record, 0x40)
            mstore(data, last)
            mstore(add(data, 0x20), 0x40)
            log3(data, add(0x60, mload(record)), topic, windowId, chunkIndex)
        }
    }
}
