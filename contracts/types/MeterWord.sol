// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice One meter in one slot. 0 is no meter.
///
/// | bits    | field             | meaning |
/// |---------|-------------------|---------|
/// | 0–159   | owner             | who trades it |
/// | 160–167 | zoneId            | 1–16 |
/// | 168–175 | source            | index in ENERGY_SOURCES; 0 cannot sell |
/// | 176–199 | activeUntilWindow | first window it may not be traded in; 2^24 − 1 = no end |
/// | 200–231 | maxWindowWh       | most it can inject in a window |
/// | 232–255 | nodeId            | feeder node below the zone |
type MeterWord is uint256;

using MeterWords for MeterWord global;

/// @title Makes and reads a meter's word
/// @notice Reads and writes the fields of a `MeterWord`.
library MeterWords {
    function pack(
        address owner_,
        uint8 zoneId_,
        uint8 source_,
        uint24 activeUntilWindow_,
        uint32 maxWindowWh_,
        uint24 nodeId_
    ) internal pure returns (MeterWord) {
        return
            MeterWord.wrap(
                uint160(owner_) |
                    (uint256(zoneId_) << 160) |
                    (uint256(source_) << 168) |
                    (uint256(activeUntilWindow_) << 176) |
                    (uint256(maxWindowWh_) << 200) |
                    (uint256(nodeId_) << 232)
            );
    }

    function owner(MeterWord word) internal pure returns (address) {
        return address(uint160(MeterWord.unwrap(word)));
    }

    function zoneId(MeterWord word) internal pure returns (uint8) {
        return uint8(MeterWord.unwrap(word) >> 160);
    }

    function source(MeterWord word) internal pure returns (uint8) {
        return uint8(MeterWord.unwrap(word) >> 168);
    }

    function activeUntilWindow(MeterWord word) internal pure returns (uint24) {
        return uint24(MeterWord.unwrap(word) >> 176);
    }

    function maxWindowWh(MeterWord word) internal pure returns (uint32) {
        return uint32(MeterWord.unwrap(word) >> 200);
    }

    function nodeId(MeterWord word) internal pure returns (uint24) {
        return uint24(MeterWord.unwrap(word) >> 232);
    }

    function exists(MeterWord word) internal pure returns (bool) {
        return MeterWord.unwrap(word) != 0;
    }

    function withActiveUntil(MeterWord word, uint24 untilWindow) internal pure returns (MeterWord) {
        uint256 cleared = MeterWord.unwrap(word) & ~(uint256(type(uint24).max) << 176);
        return MeterWord.wrap(cleared | (uint256(untilWindow) << 176));
    }
}
