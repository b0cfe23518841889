// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title EIP-712 hashes of orders
/// @notice The form OrderPass has at fixed places, for orders that are judged again.
library OrderForm {
    uint256 private constant FORM_BYTES = 14 * 32 + 66;

    /// @notice A form for the hashes of a chunk's orders: 14 words of the struct, then `0x1901`, the domain separator and room for
    /// the struct's hash. Only what differs between two orders is written again.
    /// @param typehash EIP-712 type hash of an order.
    /// @param separator EIP-712 domain separator.
    /// @param windowId The delivery window.
    /// @return form The form.
    function make(bytes32 typehash, bytes32 separator, uint256 windowId) internal pure returns (bytes memory form) {
        form = new bytes(FORM_BYTES);
        assembly ("memory-safe") {
            // Words of `form`; plain Solidity would encode all of them for every order.
            mstore(add(form, 0x20), typehash)
            mstore(add(form, 0x80), windowId)
            mstore(add(form, 0x1e0), shl(240, 0x1901))
            mstore(add(form, 0x1e2), separator)
        }
    }

    /// @notice Puts another trader into the form.
    /// @param form The form.
    /// @param trader Whose orders follow.
    function setTrader(bytes memory form, address trader) internal pure {
        assembly ("memory-safe") {
            mstore(add(form, 0x40), trader)
        }
    }

    /// @notice EIP-712 hash of an order. Plain twin: `keccak256(abi.encode(typehash, trader, …))` and `toTypedDataHash`.
    /// @param form The form, with the trader in it.
    /// @param head First 32 bytes of the order.
    /// @param meterId_ The order's meter.
    /// @return digest What the trader signs.
    function hash(bytes memory form, uint256 head, uint256 meterId_) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            mstore(add(form, 0x60), meterId_)
            mstore(add(form, 0xa0), and(shr(248, head), 1))
            mstore(add(form, 0xc0), and(shr(249, head), 3))
            mstore(add(form, 0xe0), and(shr(251, head), 3))
            mstore(add(form, 0x100), shr(253, head))
            mstore(add(form, 0x120), and(shr(208, head), 0xffff))
            mstore(add(form, 0x140), and(shr(176, head), 0xffffffff))
            mstore(add(form, 0x160), and(shr(144, head), 0xffffffff))
            mstore(add(form, 0x180), and(shr(112, head), 0xffffffff))
            mstore(add(form, 0x1a0), and(shr(72, head), 0xffffffffff))
            mstore(add(form, 0x1c0), and(shr(40, head), 0xffffffff))
            mstore(add(form, 0x202), keccak256(add(form, 0x20), 0x1c0))
            digest := keccak256(add(form, 0x1e0), 66)
        }
    }
}
