// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {CollateralVault} from "../../../contracts/CollateralVault.sol";
import {chargeAccount, Market} from "./Market.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {SolidityTest} from "./SolidityTest.sol";

/// @notice C1, C3–C6, R1 the whole protocol under a dishonest operator, in every order of events.
contract WindowSettlementTest is SolidityTest {
    SettlementHandler private _handler;

    function setUp() external {
        VM.warp(EPOCH_SECONDS);
        Market market = new Market();
        _handler = new SettlementHandler(market);
        market.handOver(address(_handler));
        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = SettlementHandler.commitWindow.selector;
        selectors[1] = SettlementHandler.settleNext.selector;
        selectors[2] = SettlementHandler.setDirective.selector;
        selectors[3] = SettlementHandler.deposit.selector;
        selectors[4] = SettlementHandler.withdraw.selector;
        selectors[5] = SettlementHandler.requestExit.selector;
        selectors[6] = SettlementHandler.cancelExit.selector;
        selectors[7] = SettlementHandler.exit.selector;
        selectors[8] = SettlementHandler.raiseEpoch.selector;
        selectors[9] = SettlementHandler.passTime.selector;
        // Drawn evenly: settling more often than the rest.
        selectors[10] = SettlementHandler.settleNext.selector;
        selectors[11] = SettlementHandler.settleNext.selector;
        selectors[12] = SettlementHandler.commitWindow.selector;
        selectors[13] = SettlementHandler.settleNext.selector;
        target(address(_handler), selectors);
    }

    /// @notice Σ debits = Σ credits + charges, to the millisatoshi, and covered by tokens.
    function invariant_conservation() external view {
        uint256 chargesMsat;
        for (uint256 i = 0; i < 5; ++i) {
            chargesMsat += _handler.vault().balanceOf(chargeAccount(i));
        }
        VM.assertEq(chargesMsat, _handler.chargedMsat(), "charges are delivered energy times the price difference");
        uint256 sumMsat = chargesMsat;
        for (uint256 i = 0; i < _handler.actorCount(); ++i) {
            sumMsat += _handler.vault().balanceOf(_handler.account(i));
        }
        VM.assertEq(sumMsat, _handler.vault().totalMsat(), "all balances");
        VM.assertEq(sumMsat, (_handler.depositedSat() - _handler.paidOutSat()) * 1000, "deposits less payments");
        VM.assertLe(sumMsat, _handler.token().balanceOf(address(_handler.vault())) * 1000, "covered");
    }

    /// @notice Certificates = delivered renewable energy ≤ what the meter read; one device and window an id.
    function invariant_certificates() external view {
        for (uint256 k = 0; k < _handler.idCount(); ++k) {
            uint256 id = _handler.idAt(k);
            uint256 supply;
            for (uint256 i = 0; i < _handler.actorCount(); ++i) {
                supply += _handler.certificates().balanceOf(_handler.account(i), id);
            }
            VM.assertEq(supply, _handler.certifiedWh(id), "issued once, to the buyers");
            VM.assertLe(supply, _handler.readingWh(uint32(id), uint32(id >> 32)), "metered");
            VM.assertEq((id >> 72) & 0xff, 1, "renewable only");
        }
    }

    /// @notice Whatever is half settled, voided or halted: everybody leaves with everything.
    function afterInvariant() external {
        CollateralVault vault = _handler.vault();
        for (uint256 i = 0; i < _handler.actorCount(); ++i) {
            address account = _handler.account(i);
            if (vault.exitDueAt(account) != 0) continue;
            VM.prank(account);
            vault.requestExit();
        }
        VM.warp(block.timestamp + 1 days + 1800);
        for (uint256 i = 0; i < _handler.actorCount(); ++i) {
            _handler.exitDue(_handler.account(i));
        }
    }

    /// @notice A run of nothing but windows settles many trades and skips some: the handler is not idle.
    function test_theHandlerReallySettles() external {
        for (uint256 i = 0; i < 30; ++i) {
            _handler.commitWindow(uint256(keccak256(abi.encode(i))));
            for (uint256 k = 0; k < 3; ++k) {
                _handler.settleNext(uint256(keccak256(abi.encode(i, k))));
            }
        }
        VM.assertGe(_handler.settledTrades(), 60, "settled trades");
        VM.assertGe(_handler.skippedTrades(), 30, "skipped trades");
        VM.assertGe(_handler.idCount(), 20, "certificates");
        this.invariant_conservation();
        this.invariant_certificates();
    }
}
