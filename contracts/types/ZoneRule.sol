// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice What all directives together leave of a zone in one window. 0 is no restriction.
///
/// | bits   | field            | combined by |
/// |--------|------------------|-------------|
/// | 0      | halted           | or          |
/// | 1      | capped           | or          |
/// | 2      | banded           | or          |
/// | 16–31  | floorSatPerKwh   | maximum     |
/// | 32–47  | ceilingSatPerKwh | minimum     |
/// | 64–127 | capWh            | minimum     |
type ZoneRule is uint256;

using ZoneRules for ZoneRule global;

/// @title Reads and narrows a zone rule
/// @notice Reads a `ZoneRule` and narrows it; nothing here can widen one.
library ZoneRules {
    function halted(ZoneRule rule) internal pure returns (bool) {
        return ZoneRule.unwrap(rule) & 1 != 0;
    }

    function capped(ZoneRule rule) internal pure returns (bool) {
        return ZoneRule.unwrap(rule) & 2 != 0;
    }

    function banded(ZoneRule rule) internal pure returns (bool) {
        return ZoneRule.unwrap(rule) & 4 != 0;
    }

    function floorSatPerKwh(ZoneRule rule) internal pure returns (uint16) {
        return uint16(ZoneRule.unwrap(rule) >> 16);
    }

    function ceilingSatPerKwh(ZoneRule rule) internal pure returns (uint16) {
        return uint16(ZoneRule.unwrap(rule) >> 32);
    }

    function capWh(ZoneRule rule) internal pure returns (uint64) {
        return uint64(ZoneRule.unwrap(rule) >> 64);
    }

    function withHalt(ZoneRule rule) internal pure returns (ZoneRule) {
        return ZoneRule.wrap(ZoneRule.unwrap(rule) | 1);
    }

    function withCap(ZoneRule rule, uint64 cap) internal pure returns (ZoneRule) {
        if (rule.capped() && rule.capWh() <= cap) return rule;
        uint256 cleared = ZoneRule.unwrap(rule) & ~(uint256(type(uint64).max) << 64);
        return ZoneRule.wrap(cleared | 2 | (uint256(cap) << 64));
    }

    /// @dev An empty intersection is a halt.
    function withBand(ZoneRule rule, uint16 floor, uint16 ceiling) internal pure returns (ZoneRule) {
        if (rule.banded()) {
            if (rule.floorSatPerKwh() > floor) floor = rule.floorSatPerKwh();
            if (rule.ceilingSatPerKwh() < ceiling) ceiling = rule.ceilingSatPerKwh();
        }
        uint256 cleared = ZoneRule.unwrap(rule) & ~(uint256(type(uint32).max) << 16);
        uint256 narrowed = cleared | 4 | (uint256(floor) << 16) | (uint256(ceiling) << 32);
        return ZoneRule.wrap(floor > ceiling ? narrowed | 1 : narrowed);
    }
}
