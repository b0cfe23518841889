// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Bidding zones and their licensees
/// @notice Zone 1 is MEA's area, 2–13 are PEA's twelve, 14–16 the cross-border hubs metered by EGAT. Twin of zones.ts.
library Zones {
    uint8 internal constant COUNT = 16;
    uint8 internal constant FIRST_CROSS_BORDER = 14;

    uint8 internal constant EGAT = 1;
    uint8 internal constant MEA = 2;
    uint8 internal constant PEA = 3;
    uint8 internal constant ERC = 4;
    uint8 internal constant COUNCIL = 5;

    /// @notice The authority whose licensee meters the zone.
    /// @param zoneId The zone, 1–16.
    function licenseeOf(uint8 zoneId) internal pure returns (uint8) {
        if (zoneId == 1) return MEA;
        return zoneId < FIRST_CROSS_BORDER ? PEA : EGAT;
    }
}
