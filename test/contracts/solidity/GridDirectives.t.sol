// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {GridDirectives} from "../../../contracts/GridDirectives.sol";
import {DirectivesHandler} from "./DirectivesHandler.sol";
import {SolidityTest} from "./SolidityTest.sol";

/// @notice A2–A3 whatever the authorities do in whatever order: the most restrictive holds, and nobody widens another's.
contract GridDirectivesTest is SolidityTest {
    GridDirectives private _directives;
    DirectivesHandler private _handler;

    function setUp() external {
        VM.warp(EPOCH_SECONDS);
        AccessManager manager = new AccessManager(address(this));
        _directives = new GridDirectives(address(manager));
        _handler = new DirectivesHandler(_directives);
        for (uint8 authority = 1; authority <= 5; ++authority) {
            manager.grantRole(authority, _handler.safeOf(authority), 0);
        }
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = DirectivesHandler.setDirective.selector;
        selectors[1] = DirectivesHandler.liftDirective.selector;
        selectors[2] = DirectivesHandler.intrude.selector;
        selectors[3] = DirectivesHandler.prune.selector;
        selectors[4] = DirectivesHandler.passTime.selector;
        target(address(_handler), selectors);
    }

    /// @notice For a window that can still be settled, one running and some ahead: the naive intersection, exactly.
    function invariant_mostRestrictiveHolds() external view {
        uint32 current = uint32(block.timestamp / 900);
        _handler.requireEffective(current - 90);
        _handler.requireEffective(current - 1);
        _handler.requireEffective(current);
        _handler.requireEffective(current + 1);
        _handler.requireEffective(current + 7);
        _handler.requireEffective(current + 30);
    }

    function invariant_countsEveryDirective() external view {
        VM.assertEq(_directives.directiveCount(), _handler.set(), "one id for each");
    }
}
