// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

/// @title Settlement token of local and test chains
/// @notice 8 decimals: one base unit is one satoshi. On a public chain the vault takes an existing bitcoin-backed token instead.
contract SatoshiToken is ERC20, AccessManaged {
    constructor(address manager) ERC20("Local Satoshi", "lsBTC") AccessManaged(manager) {}

    /// @notice Hands out test tokens. Open to whom the manager allows; on local chains to everybody.
    /// @param account Who receives them.
    /// @param amountSat Token base units (one satoshi).
    function mint(address account, uint256 amountSat) external restricted {
        _mint(account, amountSat);
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 8;
    }
}
