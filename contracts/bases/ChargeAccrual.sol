// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccruedWord, AccruedWords} from "../types/AccruedWord.sol";

/// @title Charges that accrue for five receivers in one slot
/// @notice A part of the vault. What accrued is part of its receiver's balance; whatever pays out a balance spreads it first.
abstract contract ChargeAccrual {
    /// @notice Receives transmission charges, and distribution charges at the borders.
    address public immutable EGAT_ACCOUNT;
    /// @notice Receives distribution charges of MEA's zone.
    address public immutable MEA_ACCOUNT;
    /// @notice Receives distribution charges of PEA's zones.
    address public immutable PEA_ACCOUNT;
    /// @notice Receives congestion charges.
    address public immutable CONGESTION_ACCOUNT;
    /// @notice Receives platform charges.
    address public immutable PLATFORM_ACCOUNT;

    AccruedWord private _accrued;

    struct ChargeAccounts {
        address egat;
        address mea;
        address pea;
        address congestion;
        address platform;
    }

    constructor(ChargeAccounts memory receivers) {
        EGAT_ACCOUNT = receivers.egat;
        MEA_ACCOUNT = receivers.mea;
        PEA_ACCOUNT = receivers.pea;
        CONGESTION_ACCOUNT = receivers.congestion;
        PLATFORM_ACCOUNT = receivers.platform;
    }

    /// @dev Adds the charges to what accrued, and a word for each to the changes the event tells. `deltas` is the last thing in memory.
    function _accrue(AccruedWord charges, bytes memory deltas) internal returns (int256 sumMsat) {
        unchecked {
            for (uint256 i = 0; i < AccruedWords.RECEIVERS; ++i) {
                uint256 amountMsat = charges.amountMsat(i);
                if (amountMsat == 0) continue;
                sumMsat += int256(amountMsat);
                address receiver = _receiver(i);
                assembly ("memory-safe") {
                    let place := add(add(deltas, 0x20), mload(deltas))
                    mstore(place, or(shl(96, receiver), amountMsat))
                    mstore(deltas, add(mload(deltas), 0x20))
                    mstore(0x40, add(place, 0x20))
                }
            }
            if (sumMsat == 0) return 0;
            // No field in the upper half of its range, so no sum carries.
            if (_accrued.anyLarge()) _spread();
            if (charges.anyLarge()) {
                _creditAll(charges);
            } else {
                _accrued = _accrued.plus(charges);
            }
        }
    }

    /// @dev Writes what accrued into the accounts.
    function _spread() internal {
        AccruedWord accrued = _accrued;
        _accrued = AccruedWord.wrap(0);
        _creditAll(accrued);
    }

    /// @dev Adds to what stands in an account. Reverts where that would not fit.
    function _credit(address account, uint256 amountMsat) internal virtual;

    /// @dev What accrued for an account, which may receive several charges or, as nearly all, none.
    function _accruedOf(address account) internal view returns (uint64 amountMsat) {
        bool receives =
            account == CONGESTION_ACCOUNT ||
                account == EGAT_ACCOUNT ||
                account == MEA_ACCOUNT ||
                account == PEA_ACCOUNT ||
                account == PLATFORM_ACCOUNT;
        if (!receives) return 0;
        AccruedWord accrued = _accrued;
        for (uint256 i = 0; i < AccruedWords.RECEIVERS; ++i) {
            if (_receiver(i) == account) amountMsat += uint64(accrued.amountMsat(i));
        }
    }

    function _creditAll(AccruedWord amounts) private {
        for (uint256 i = 0; i < AccruedWords.RECEIVERS; ++i) {
            uint256 amountMsat = amounts.amountMsat(i);
            if (amountMsat != 0) _credit(_receiver(i), amountMsat);
        }
    }

    function _receiver(uint256 number) private view returns (address) {
        if (number == 0) return CONGESTION_ACCOUNT;
        if (number == 1) return EGAT_ACCOUNT;
        if (number == 2) return MEA_ACCOUNT;
        return number == 3 ? PEA_ACCOUNT : PLATFORM_ACCOUNT;
    }
}
