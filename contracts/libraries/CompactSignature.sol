// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Recovery of ERC-2098 signatures
/// @notice Recovery without copying a signature to memory.
library CompactSignature {
    /// @dev Half the order of secp256k1; a signature has one form, the one with the lower `s` (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Who signed; 0 when nobody did. Plain twin: `ECDSA.tryRecover(digest, r, vs)`.
    /// @param digest What was signed.
    /// @param r First half.
    /// @param vs Second half, the recovery bit on top.
    /// @return signer Who signed; 0 when nobody did.
    function recover(bytes32 digest, bytes32 r, bytes32 vs) internal view returns (address signer) {
        assembly ("memory-safe") {
            // The question lies behind the free pointer and is left there; the answer goes to scratch space. A failed recovery
            // answers nothing, so the place is emptied first.
            let s := shr(1, shl(1, vs))
            let question := mload(0x40)
            mstore(question, digest)
            mstore(add(question, 0x20), add(27, shr(255, vs)))
            mstore(add(question, 0x40), r)
            mstore(add(question, 0x60), s)
            mstore(0, 0)
            pop(staticcall(gas(), 1, question, 0x80, 0, 0x20))
            signer := mul(mload(0), iszero(gt(s, HALF_ORDER)))
        }
    }
}
