// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IWindowSettlement} from "../interfaces/IWindowSettlement.sol";

/// @notice A window in one slot. A window of one chunk needs no other.
///
/// | bits   | status               | field |
/// |--------|----------------------|-------|
/// | 0–7    |                      | status |
/// | 8–23   |                      | chunkCount |
/// | 24–255 | Committed            | the commitment without its last three bytes |
/// | 24–39  | Settling             | nextChunk |
/// | 40–71  | Settling             | lastSellMeter |
/// | 24–255 | Settled              | hash of the last chunk's record without its last three bytes |
///
/// 232 bits of a hash: two chunks with the same ones cost 2^116 attempts to find, another record with the same ones 2^232.
type WindowWord is uint256;

/// @title Reads and writes a window's word
/// @notice Reads and writes the fields of a `WindowWord`.
library WindowWords {
    uint256 private constant HASH_BITS = ~uint256(type(uint24).max);

    /// @notice A hash as far as a word has room for it.
    /// @param full The whole hash.
    function shortened(bytes32 full) internal pure returns (bytes32) {
        return bytes32(uint256(full) & HASH_BITS);
    }

    /// @notice A word whose upper bits are a hash.
    /// @param status_ The window's status.
    /// @param chunkCount_ Number of chunks.
    /// @param hash_ What the upper bits say.
    function withHash(
        IWindowSettlement.WindowStatus status_,
        uint16 chunkCount_,
        bytes32 hash_
    ) internal pure returns (WindowWord) {
        return WindowWord.wrap(uint256(shortened(hash_)) | (uint256(chunkCount_) << 8) | uint256(status_));
    }

    /// @notice The word of a half settled window.
    /// @param state The window.
    function settling(IWindowSettlement.Window memory state) internal pure returns (WindowWord) {
        return
            WindowWord.wrap(
                uint256(IWindowSettlement.WindowStatus.Settling) |
                    (uint256(state.chunkCount) << 8) |
                    (uint256(state.nextChunk) << 24) |
                    (uint256(state.lastSellMeter) << 40)
            );
    }

    /// @notice The window's status.
    /// @param word The window's word.
    function status(WindowWord word) internal pure returns (IWindowSettlement.WindowStatus) {
        return IWindowSettlement.WindowStatus(uint8(WindowWord.unwrap(word)));
    }

    /// @notice Number of chunks.
    /// @param word The window's word.
    function chunkCount(WindowWord word) internal pure returns (uint16) {
        return uint16(WindowWord.unwrap(word) >> 8);
    }

    /// @notice The hash in the upper bits.
    /// @param word The window's word.
    function upperHash(WindowWord word) internal pure returns (bytes32) {
        return shortened(bytes32(WindowWord.unwrap(word)));
    }

    /// @notice The window as a struct.
    /// @param word The window's word.
    /// @param restHash What a half settled window keeps besides its word.
    /// @return state The window.
    function open(WindowWord word, bytes32 restHash) internal pure returns (IWindowSettlement.Window memory state) {
        state.status = status(word);
        state.chunkCount = chunkCount(word);
        if (state.status == IWindowSettlement.WindowStatus.Committed) {
            state.nextHash = upperHash(word);
        } else if (state.status == IWindowSettlement.WindowStatus.Settling) {
            state.nextChunk = uint16(WindowWord.unwrap(word) >> 24);
            state.lastSellMeter = uint32(WindowWord.unwrap(word) >> 40);
            state.nextHash = restHash;
        } else if (state.status == IWindowSettlement.WindowStatus.Settled) {
            state.nextChunk = state.chunkCount;
        }
    }
}
