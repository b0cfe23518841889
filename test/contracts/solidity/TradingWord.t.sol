// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccountWord} from "../../../contracts/types/AccountWord.sol";
import {MeterWord, MeterWords} from "../../../contracts/types/MeterWord.sol";
import {StandingWord, TradingWord, TradingWords} from "../../../contracts/types/TradingWord.sol";
import {SolidityTest} from "./SolidityTest.sol";

/// @notice An account taken apart comes back whole, and the first slot never clears what the whole forbids.
contract TradingWordTest is SolidityTest {
    function testFuzz_comesBackWhole(uint256 trading, uint256 standing, uint256 account) external pure {
        (TradingWord first, StandingWord second) = _keep(trading, standing, account);
        VM.assertEq(AccountWord.unwrap(TradingWords.whole(first, second)), account, "whole");
    }

    function testFuzz_keepsTheMeter(uint256 trading, uint256 standing, uint256 account) external pure {
        (TradingWord first, StandingWord second) = _keep(trading, standing, account);
        VM.assertEq((TradingWord.unwrap(first) >> 120) % 2 ** 48, (trading >> 120) % 2 ** 48, "meter");
        VM.assertEq(TradingWords.meterUntilWindow(second), standing % 2 ** 24, "until");
    }

    function testFuzz_clearUntilTheFirstObstacle(
        uint256 trading,
        uint256 standing,
        uint256 account,
        uint24 windowId
    ) external pure {
        (TradingWord first, ) = _keep(trading, standing, account);
        AccountWord word = AccountWord.wrap(account);
        bool leaving = word.exitFromWindow() != 0 && windowId >= word.exitFromWindow();
        bool clear = !leaving && windowId < word.licensedUntilWindow() && windowId < standing % 2 ** 24;
        VM.assertTrue(clear == (windowId < (TradingWord.unwrap(first) >> 96) % 2 ** 24), "clear");
    }

    function testFuzz_meter(uint256 trading, uint32 meterId, uint8 zone, uint8 source, uint32 most) external pure {
        VM.assume(zone < 32 && source < 16);
        MeterWord meter = MeterWords.pack(address(1), zone, source, 7, most, 9);
        TradingWord word = TradingWords.withMeter(TradingWord.wrap(trading), meterId, meter);
        uint256 bits = TradingWord.unwrap(word);
        VM.assertEq(bits % 2 ** 120, trading % 2 ** 120, "below");
        VM.assertEq(bits >> 168, trading >> 168, "above");
        VM.assertEq(TradingWords.meterId(word), meterId, "id");
        VM.assertEq((bits >> 152) % 2 ** 5, zone, "zone");
        VM.assertEq((bits >> 157) % 2 ** 4, source, "source");
        uint256 reach = ((4 + ((bits >> 166) % 4)) << ((bits >> 161) % 32)) / 4;
        // A meter that can inject nothing has no source and cannot sell.
        if (most != 0) VM.assertLe(reach, most, "never above");
        VM.assertLe(uint256(most) * 4, reach * 5 + 4, "at most a fifth below");
    }

    function _keep(
        uint256 trading,
        uint256 standing,
        uint256 account
    ) private pure returns (TradingWord first, StandingWord second) {
        AccountWord word = AccountWord.wrap(account);
        second = TradingWords.withAccount(StandingWord.wrap(standing), word);
        first = TradingWords.refreshed(TradingWord.wrap(trading), second, word);
    }
}
