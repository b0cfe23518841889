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
/// 51 bits of msat are 22,517 bitcoin; what does not fit goes into the account.
type AccruedWord is uint256;

using AccruedWords for AccruedWord global;

/// @title Reads and changes accrued charges
/// @notice Reads and changes the fields of an `AccruedWord`.
library AccruedWords {
    /// @notice Number of receivers.
    uint256 internal constant RECEIVERS = 5;
    /// @notice Most a field can hold.
    uint256 internal constant MOST_MSAT = (1 << 51) - 1;
    uint256 private constant FIELD_BITS = 51;

    /// @notice What has accrued for a receiver.
    /// @param word The word.
    /// @param receiver Its number.
    function amountMsat(AccruedWord word, uint256 receiver) internal pure returns (uint256) {
        return (AccruedWord.unwrap(word) >> (FIELD_BITS * receiver)) & MOST_MSAT;
    }

    /// @notice The word with another amount.
    /// @param word The word.
    /// @param receiver Its number.
    /// @param value At most MOST_MSAT.
    function withAmount(AccruedWord word, uint256 receiver, uint256 value) internal pure returns (AccruedWord) {
        uint256 shift = FIELD_BITS * receiver;
        return AccruedWord.wrap((AccruedWord.unwrap(word) & ~(MOST_MSAT << shift)) | (value << shift));
    }
}
