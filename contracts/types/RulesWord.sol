// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice The parameters of a version of the market rules in one slot.
///
/// | bits    | field                  |
/// |---------|------------------------|
/// | 0–31    | fromWindow             |
/// | 32–47   | floorSatPerKwh         |
/// | 48–63   | ceilingSatPerKwh       |
/// | 64–79   | tickSatPerKwh          |
/// | 80–95   | transmissionSatPerKwh  |
/// | 96–111  | platformSatPerKwh      |
/// | 112–127 | congestionCapSatPerKwh |
/// | 128–143 | lossCapPermille        |
/// | 144–159 | shortfallSatPerKwh     |
/// | 160–175 | shortfallMinSatPerKwh  |
/// | 176–191 | shortfallMaxSatPerKwh  |
type RulesWord is uint256;

using RulesWords for RulesWord global;

/// @title Reads the word of a rules version
/// @notice Reads the fields of a `RulesWord`.
library RulesWords {
    function fromWindow(RulesWord word) internal pure returns (uint32) {
        return uint32(RulesWord.unwrap(word));
    }

    function floorSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 32);
    }

    function ceilingSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 48);
    }

    function tickSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 64);
    }

    function transmissionSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 80);
    }

    function platformSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 96);
    }

    function congestionCapSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 112);
    }

    function lossCapPermille(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 128);
    }

    function shortfallSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 144);
    }

    function shortfallMinSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 160);
    }

    function shortfallMaxSatPerKwh(RulesWord word) internal pure returns (uint16) {
        return uint16(RulesWord.unwrap(word) >> 176);
    }
}
