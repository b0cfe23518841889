// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CollateralVault} from "../../../contracts/CollateralVault.sol";
import {ChargeAccrual} from "../../../contracts/bases/ChargeAccrual.sol";
import {SatoshiToken} from "../../../contracts/SatoshiToken.sol";
import {Roles} from "../../../contracts/libraries/Roles.sol";
import {SolidityTest} from "./SolidityTest.sol";
import {VaultHandler} from "./VaultHandler.sol";

/// @notice C1 solvency and leaving, from every state the handler reaches.
contract CollateralVaultTest is SolidityTest {
    SatoshiToken private _token;
    CollateralVault private _vault;
    VaultHandler private _handler;

    function setUp() external {
        VM.warp(EPOCH_SECONDS);
        AccessManager manager = new AccessManager(address(this));
        _token = new SatoshiToken(address(manager));
        // The handler's actors receive the charges, one of them several.
        _vault = new CollateralVault(
            address(manager),
            IERC20(address(_token)),
            ChargeAccrual.ChargeAccounts({
                egat: address(0xac7000),
                mea: address(0xac7001),
                pea: address(0xac7002),
                congestion: address(0xac7003),
                platform: address(0xac7003)
            })
        );
        _handler = new VaultHandler(_token, _vault);
        manager.grantRole(Roles.OPERATOR, VM.addr(_handler.OPERATOR_KEY()), 0);
        manager.grantRole(Roles.FAUCET, address(_handler), 0);
        bytes4[] memory mint = new bytes4[](1);
        mint[0] = SatoshiToken.mint.selector;
        manager.setTargetFunctionRole(address(_token), mint, Roles.FAUCET);
        _vault.setSettlement(address(_handler));
        _vault.setRegistry(address(_handler));

        bytes4[] memory selectors = new bytes4[](13);
        selectors[0] = VaultHandler.deposit.selector;
        selectors[1] = VaultHandler.depositFor.selector;
        selectors[2] = VaultHandler.donate.selector;
        selectors[3] = VaultHandler.withdraw.selector;
        selectors[4] = VaultHandler.requestExit.selector;
        selectors[5] = VaultHandler.cancelExit.selector;
        selectors[6] = VaultHandler.exit.selector;
        selectors[7] = VaultHandler.raiseEpoch.selector;
        selectors[8] = VaultHandler.noteLicence.selector;
        selectors[9] = VaultHandler.applySettlement.selector;
        selectors[10] = VaultHandler.applyUnbalanced.selector;
        selectors[11] = VaultHandler.passTime.selector;
        selectors[12] = VaultHandler.spreadCharges.selector;
        target(address(_handler), selectors);
    }

    /// @notice Σ balances = the vault's total ≤ its tokens, to the millisatoshi.
    function invariant_solvency() external view {
        uint256 sumMsat;
        for (uint256 i = 0; i < _handler.actorCount(); ++i) {
            sumMsat += _vault.balanceOf(_handler.actor(i));
        }
        VM.assertEq(sumMsat, _vault.totalMsat(), "the total is the sum of all balances");
        VM.assertLe(sumMsat, _token.balanceOf(address(_vault)) * 1000, "covered by tokens");
        VM.assertEq(sumMsat, (_handler.depositedSat() - _handler.paidSat()) * 1000, "deposits less payments");
    }

    /// @notice Whatever happened: everybody can leave now, without anybody's help, and all together.
    function afterInvariant() external {
        for (uint256 i = 0; i < _handler.actorCount(); ++i) {
            address account = _handler.actor(i);
            if (_vault.exitDueAt(account) != 0) continue;
            VM.prank(account);
            _vault.requestExit();
        }
        VM.warp(block.timestamp + 1 days + 1800);
        for (uint256 i = 0; i < _handler.actorCount(); ++i) {
            _handler.exitDue(_handler.actor(i));
        }
        VM.assertTrue(_vault.totalMsat() < 1000 * _handler.actorCount(), "only dust stays");
    }
}
