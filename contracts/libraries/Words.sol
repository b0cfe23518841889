// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Words in memory, without a bounds check at every access
/// @notice Settlement checks an index once, when it reads it from the chunk, and uses it some ten times.
library Words {
    error UnexpectedAnswer(address target);

    /// @dev `index` is below the array's length.
    function get(uint256[] memory array, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(array, 0x20), shl(5, index)))
        }
    }

    /// @dev `index` is below the array's length.
    function set(uint256[] memory array, uint256 index, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(array, 0x20), shl(5, index)), value)
        }
    }

    /// @dev `index` is below the array's length.
    function increase(uint256[] memory array, uint256 index, uint256 amount) internal pure {
        assembly ("memory-safe") {
            let place := add(add(array, 0x20), shl(5, index))
            mstore(place, add(mload(place), amount))
        }
    }

    /// @notice Asks for one word for each entry of a packed table. Plain twin: `Target(target).words(table)`, whose decoder copies
    /// word by word.
    /// @param target Whom to ask.
    /// @param selector Of a `function (bytes) view returns (uint256[])`.
    /// @param table The packed entries.
    /// @param count Their number.
    /// @return words The answer.
    function ask(
        address target,
        bytes4 selector,
        bytes calldata table,
        uint256 count
    ) internal view returns (uint256[] memory words) {
        bool answered;
        assembly ("memory-safe") {
            let question := mload(0x40)
            mstore(question, selector)
            mstore(add(question, 0x04), 0x20)
            mstore(add(question, 0x24), table.length)
            calldatacopy(add(question, 0x44), table.offset, table.length)
            answered := staticcall(gas(), target, question, add(0x44, table.length), 0, 0)
            // Offset, length and the words, exactly.
            answered := and(answered, eq(returndatasize(), add(0x40, shl(5, count))))
            if answered {
                words := question
                returndatacopy(words, 0x20, sub(returndatasize(), 0x20))
                mstore(0x40, add(add(words, 0x20), shl(5, count)))
                answered := eq(mload(words), count)
            }
        }
        if (!answered) revert UnexpectedAnswer(target);
    }
}
