// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Windows} from "../../../contracts/libraries/Windows.sol";
import {SolidityTest} from "./SolidityTest.sol";

/// @notice U2 windows of 900 seconds.
contract WindowsTest is SolidityTest {
    function testFuzz_aWindowHoldsItsSeconds(uint40 second) external {
        VM.warp(second);
        uint32 id = Windows.current();
        VM.assertLe(Windows.startOf(id), second, "starts at or before");
        VM.assertTrue(second < Windows.endOf(id), "ends after");
        VM.assertEq(Windows.endOf(id) - Windows.startOf(id), 900, "lasts 900 s");
        VM.assertEq(Windows.endOf(id), Windows.startOf(id + 1), "no gap to the next");
    }

    /// @dev What takes effect from `nextEffective` on must not touch a window that can be committed already.
    function testFuzz_nextEffectiveIsTheFirstThatCannotBeCommitted(uint40 second) external {
        VM.warp(second);
        uint32 id = Windows.nextEffective();
        VM.assertTrue(second < Windows.startOf(id) - Windows.COMMIT_LEAD_SECONDS, "its commit lead is ahead");
        VM.assertGe(second, Windows.startOf(id - 1) - Windows.COMMIT_LEAD_SECONDS, "the one before it could be");
    }

    function testFuzz_oldestOpenIsTheOldestThatCanSettle(uint40 second) external {
        VM.assume(second >= 2 days);
        VM.warp(second);
        uint32 id = Windows.oldestOpen();
        VM.assertTrue(second < Windows.endOf(id) + Windows.SETTLEMENT_DEADLINE_SECONDS, "it can settle");
        VM.assertGe(second, Windows.endOf(id - 1) + Windows.SETTLEMENT_DEADLINE_SECONDS, "the one before it cannot");
    }

    function testFuzz_saturateNeverPassesNoEnd(uint256 second) external pure {
        uint32 id = Windows.saturate(second);
        if (second < uint256(Windows.NO_END) * 900) VM.assertEq(id, second / 900, "the window of the second");
        else VM.assertEq(id, 0xffffff, "no end");
    }

    function test_constants() external pure {
        VM.assertEq(Windows.SECONDS, 900, "quarter of an hour");
        VM.assertEq(Windows.COMMIT_LEAD_SECONDS, 900, "commit lead");
        VM.assertEq(Windows.SETTLEMENT_DEADLINE_SECONDS, 86_400, "deadline");
        VM.assertEq(Windows.OPEN_SETTLEMENT_SECONDS, 3600, "open settlement");
        VM.assertEq(Windows.READING_GRACE_SECONDS, 21_600, "reading grace");
    }
}
