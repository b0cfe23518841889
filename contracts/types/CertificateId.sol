// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice A certificate's id tells what it certifies.
///
/// | bits    | field                 |
/// |---------|-----------------------|
/// | 0–31    | windowId              |
/// | 32–63   | meterId (the device)  |
/// | 64–71   | zoneId                |
/// | 72–79   | source                |
/// | 80–87   | authority that metered it |
/// | 88–103  | emission-factor version |
type CertificateId is uint256;

using CertificateIds for CertificateId global;

/// @title Makes and reads certificate ids
/// @notice Makes and reads a `CertificateId`.
library CertificateIds {
    function pack(
        uint32 windowId_,
        uint32 meterId_,
        uint8 zoneId_,
        uint8 source_,
        uint8 authority_,
        uint16 factorVersion_
    ) internal pure returns (CertificateId) {
        return
            CertificateId.wrap(
                uint256(windowId_) |
                    (uint256(meterId_) << 32) |
                    (uint256(zoneId_) << 64) |
                    (uint256(source_) << 72) |
                    (uint256(authority_) << 80) |
                    (uint256(factorVersion_) << 88)
            );
    }

    function windowId(CertificateId id) internal pure returns (uint32) {
        return uint32(CertificateId.unwrap(id));
    }

    function meterId(CertificateId id) internal pure returns (uint32) {
        return uint32(CertificateId.unwrap(id) >> 32);
    }

    function zoneId(CertificateId id) internal pure returns (uint8) {
        return uint8(CertificateId.unwrap(id) >> 64);
    }

    function source(CertificateId id) internal pure returns (uint8) {
        return uint8(CertificateId.unwrap(id) >> 72);
    }

    function authority(CertificateId id) internal pure returns (uint8) {
        return uint8(CertificateId.unwrap(id) >> 80);
    }

    function factorVersion(CertificateId id) internal pure returns (uint16) {
        return uint16(CertificateId.unwrap(id) >> 88);
    }
}
