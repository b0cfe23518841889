// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice Charges the vault holds for their receivers and has not written into their accounts yet, in one slot: a chunk writes one word
/// instead of five. They count as the receivers' balances.
///
/// | bits    | field          | number |
/// |---------|----------------|--------|
/// | 0–50    | congestionMsat | 0 |
/// | 51–101  | egatMsat       | 1 |
/// | 102–152 | meaMsat        | 2 |
/// | 153–203 | peaMsat        | 3 |
/// | 204–254 | platformMsat   | 4 |
///
/// 51 bits of msat are 22,517 bitcoin. Bit 255 is not used.
type AccruedWord is uint256;

using AccruedWords for AccruedWord global;

/// @title Reads and changes accrued charges
/// @notice Reads and changes the fields of an `AccruedWord`.
library AccruedWords {
    /// @notice Number of receivers.
    uint256 internal constant RECEIVERS = 5;
    uint256 private constant FIELD_BITS = 51;
    uint256 private constant FIELD = (1 << FIELD_BITS) - 1;
    /// @dev The highest bit of each field, and bit 255.
    uint256 private constant LARGE =
        (1 << 50) | (1 << (51 + 50)) | (1 << (102 + 50)) | (1 << (153 + 50)) | (1 << (204 + 50)) | (1 << 255);

    /// @notice What has accrued for a receiver.
    /// @param word The word.
    /// @param receiver Its number.
    function amountMsat(AccruedWord word, uint256 receiver) internal pure returns (uint256) {
        return (AccruedWord.unwrap(word) >> (FIELD_BITS * receiver)) & FIELD;
    }

    /// @notice Whether a field has more than half of what it can hold.
    /// @param word The word.
    function anyLarge(AccruedWord word) internal pure returns (bool) {
        return AccruedWord.unwrap(word) & LARGE != 0;
    }

    /// @notice The sums of the fields.
    /// @param word A word with no large field.
    /// @param other Another one.
    function plus(AccruedWord word, AccruedWord other) internal pure returns (AccruedWord) {
        return AccruedWord.wrap(AccruedWord.unwrap(word) + AccruedWord.unwrap(other));
    }
}
