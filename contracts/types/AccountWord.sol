// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice One account of the vault in one slot.
///
/// | bits    | field                | meaning |
/// |---------|----------------------|---------|
/// | 0–63    | balanceMsat          | balance |
/// | 64–95   | epoch                | latest cancel-all counter |
/// | 96–119  | epochFromWindow      | first window `epoch` counts for; earlier ones: the checkpoints |
/// | 120–143 | exitFromWindow       | first window no order settles in; 0 = no exit requested |
/// | 144–167 | licensedUntilWindow  | first window the licence no longer covers |
/// | 168–191 | cursorWindow         | window the cursor below belongs to |
/// | 192–223 | cursorSequence       | highest buy sequence filled in that window |
/// | 224–255 | cursorFill           | Wh filled of it; 0 = buys of that window use stored fills |
///
/// Windows fit 24 bits until the year 2448.
type AccountWord is uint256;

using AccountWords for AccountWord global;

/// @title Reads and writes an account's word
/// @notice Reads and writes the fields of an `AccountWord`.
library AccountWords {
    uint256 internal constant CURSOR_SHIFT = 168;

    function balanceMsat(AccountWord word) internal pure returns (uint64) {
        return uint64(AccountWord.unwrap(word));
    }

    function epoch(AccountWord word) internal pure returns (uint32) {
        return uint32(AccountWord.unwrap(word) >> 64);
    }

    function epochFromWindow(AccountWord word) internal pure returns (uint32) {
        return uint24(AccountWord.unwrap(word) >> 96);
    }

    function exitFromWindow(AccountWord word) internal pure returns (uint32) {
        return uint24(AccountWord.unwrap(word) >> 120);
    }

    function licensedUntilWindow(AccountWord word) internal pure returns (uint32) {
        return uint24(AccountWord.unwrap(word) >> 144);
    }

    function cursorWindow(AccountWord word) internal pure returns (uint32) {
        return uint24(AccountWord.unwrap(word) >> CURSOR_SHIFT);
    }

    function cursorSequence(AccountWord word) internal pure returns (uint32) {
        return uint32(AccountWord.unwrap(word) >> 192);
    }

    function cursorFill(AccountWord word) internal pure returns (uint32) {
        return uint32(AccountWord.unwrap(word) >> 224);
    }

    function withBalance(AccountWord word, uint64 value) internal pure returns (AccountWord) {
        return AccountWord.wrap((AccountWord.unwrap(word) & ~uint256(type(uint64).max)) | value);
    }

    function withEpoch(AccountWord word, uint32 epoch_, uint32 fromWindow) internal pure returns (AccountWord) {
        uint256 cleared = AccountWord.unwrap(word) & ~(uint256(type(uint56).max) << 64);
        return AccountWord.wrap(cleared | (uint256(epoch_) << 64) | (uint256(uint24(fromWindow)) << 96));
    }

    function withExit(AccountWord word, uint32 fromWindow) internal pure returns (AccountWord) {
        uint256 cleared = AccountWord.unwrap(word) & ~(uint256(type(uint24).max) << 120);
        return AccountWord.wrap(cleared | (uint256(uint24(fromWindow)) << 120));
    }

    function withLicence(AccountWord word, uint32 untilWindow) internal pure returns (AccountWord) {
        uint256 cleared = AccountWord.unwrap(word) & ~(uint256(type(uint24).max) << 144);
        return AccountWord.wrap(cleared | (uint256(uint24(untilWindow)) << 144));
    }

    /// @notice Replaces the cursor.
    /// @param word The account's word.
    /// @param cursor The 88 cursor bits, window lowest.
    function withCursor(AccountWord word, uint256 cursor) internal pure returns (AccountWord) {
        uint256 kept = AccountWord.unwrap(word) & ((uint256(1) << CURSOR_SHIFT) - 1);
        return AccountWord.wrap(kept | (cursor << CURSOR_SHIFT));
    }
}
