// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that keeps a fee and calls back. For tests only.
contract HostileToken is ERC20 {
    /// @notice Kept of every transfer, per mille.
    uint256 public feePermille;
    /// @notice Called during every transfer with `payload`, when set.
    address public victim;
    bytes public payload;
    /// @notice How the call back ended.
    bool public calledBack;
    bytes public answer;

    constructor() ERC20("Hostile", "HOST") {}

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function setFee(uint256 permille) external {
        feePermille = permille;
    }

    function setCallback(address victim_, bytes calldata payload_) external {
        victim = victim_;
        payload = payload_;
    }

    function decimals() public pure override returns (uint8) {
        return 8;
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) ? 0 : (value * feePermille) / 1000;
        super._update(from, to, value - fee);
        if (fee != 0) super._update(from, address(0xfee), fee);
        if (victim == address(0) || from == address(0)) return;
        address target = victim;
        victim = address(0);
        (calledBack, answer) = target.call(payload);
    }
}
