// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccountWord} from "../../../contracts/types/AccountWord.sol";
import {SolidityTest} from "./SolidityTest.sol";

/// @notice Every field where the bit table says, and no write that touches another field.
contract AccountWordTest is SolidityTest {
    function testFuzz_fieldsStandWhereTheTableSays(uint256 bits) external pure {
        AccountWord word = AccountWord.wrap(bits);
        VM.assertEq(word.balanceMsat(), bits % 2 ** 64, "balance");
        VM.assertEq(word.epoch(), (bits / 2 ** 64) % 2 ** 32, "epoch");
        VM.assertEq(word.epochFromWindow(), (bits / 2 ** 96) % 2 ** 24, "epoch from");
        VM.assertEq(word.exitFromWindow(), (bits / 2 ** 120) % 2 ** 24, "exit from");
        VM.assertEq(word.licensedUntilWindow(), (bits / 2 ** 144) % 2 ** 24, "licensed until");
        VM.assertEq(word.cursorWindow(), (bits / 2 ** 168) % 2 ** 24, "cursor window");
        VM.assertEq(word.cursorSequence(), (bits / 2 ** 192) % 2 ** 32, "cursor sequence");
        VM.assertEq(word.cursorFill(), bits / 2 ** 224, "cursor fill");
    }

    function testFuzz_withBalance(uint256 bits, uint64 value) external pure {
        _assertReplaced(AccountWord.wrap(bits).withBalance(value), bits, 0, 64, value);
    }

    function testFuzz_withEpoch(uint256 bits, uint32 epoch, uint24 fromWindow) external pure {
        uint256 field = uint256(epoch) + uint256(fromWindow) * 2 ** 32;
        _assertReplaced(AccountWord.wrap(bits).withEpoch(epoch, fromWindow), bits, 64, 56, field);
    }

    function testFuzz_withExit(uint256 bits, uint24 fromWindow) external pure {
        _assertReplaced(AccountWord.wrap(bits).withExit(fromWindow), bits, 120, 24, fromWindow);
    }

    function testFuzz_withLicence(uint256 bits, uint24 untilWindow) external pure {
        _assertReplaced(AccountWord.wrap(bits).withLicence(untilWindow), bits, 144, 24, untilWindow);
    }

    function testFuzz_withCursor(uint256 bits, uint88 cursor) external pure {
        _assertReplaced(AccountWord.wrap(bits).withCursor(cursor), bits, 168, 88, cursor);
    }

    /// @dev Windows above 24 bits must not run into the field above them.
    function testFuzz_tooLargeWindowsStayInTheirField(uint256 bits, uint32 window) external pure {
        _assertReplaced(AccountWord.wrap(bits).withExit(window), bits, 120, 24, window % 2 ** 24);
        _assertReplaced(AccountWord.wrap(bits).withLicence(window), bits, 144, 24, window % 2 ** 24);
        uint256 field = uint256(window % 2 ** 24) * 2 ** 32;
        _assertReplaced(AccountWord.wrap(bits).withEpoch(0, window), bits, 64, 56, field);
    }

    /// @dev Bits `from … from + width` hold `field`, all others are those of `before`.
    function _assertReplaced(
        AccountWord word,
        uint256 before,
        uint256 from,
        uint256 width,
        uint256 field
    ) private pure {
        uint256 afterwards = AccountWord.unwrap(word);
        uint256 low = 2 ** from;
        VM.assertEq(afterwards % low, before % low, "below");
        VM.assertEq((afterwards >> from) % 2 ** width, field, "the field");
        if (from + width < 256) VM.assertEq(afterwards >> (from + width), before >> (from + width), "above");
    }
}
