// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Role numbers in the AccessManager
/// @notice 0 is the manager's admin (the council, delayed). 1–5 are the multisigs of the authorities, the same numbers as in
/// directives. Registrars are working keys an authority appoints and dismisses.
library Roles {
    uint64 internal constant EGAT = 1;
    uint64 internal constant MEA = 2;
    uint64 internal constant PEA = 3;
    uint64 internal constant ERC = 4;
    uint64 internal constant COUNCIL = 5;
    /// @notice Commits, settles and co-signs withdrawals.
    uint64 internal constant OPERATOR = 20;
    /// @notice `REGISTRAR + authority`: 11 EGAT, 12 MEA, 13 PEA, 14 ERC.
    uint64 internal constant REGISTRAR = 10;
    /// @notice Sets shortfall prices within the regulator's band; appointed by EGAT.
    uint64 internal constant SYSTEM_OPERATOR = 21;
    /// @notice Hands out test tokens where not everybody may; nobody holds it.
    uint64 internal constant FAUCET = 22;
}
