// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC1888} from "./IERC1888.sol";

/// @title Renewable-energy certificates
/// @notice ERC-1155, one unit = one watt-hour delivered. Anybody issues them from the settled record of a chunk to the buyers in
/// it, once. One id per device and window, self-describing (see `CertificateId`).
interface ICertificateRegistry is IERC1888 {
    event CertificatesIssued(uint32 indexed windowId, uint16 indexed chunkIndex, uint16 fromTrade, uint16 toTrade);
    event CertificateRevoked(uint256 indexed id, uint8 indexed authority, bytes32 reasonHash);
    event EmissionFactorsPublished(uint16 indexed version, uint32 fromWindow, uint256 gramsPerKwhBySource);

    error RecordMismatch(uint32 windowId, uint16 chunkIndex);
    error CertificateIsRevoked(uint256 id);
    error NotIssuer(address caller, uint256 id);
    error NotIssued(uint256 id);
    error FactorsOutOfOrder(uint32 fromWindow);
    error NoFactors(uint32 windowId);
    error ClaimExceedsBalance(address account, uint256 id, uint256 balance, uint256 value);

    /// @notice Issues the certificates of the next `maxTrades` trades of a settled chunk to their buyers. Anybody; nothing happens
    /// when all are issued.
    /// @param record The bytes of `ChunkSettled`.
    /// @return issuedTo The trade issuance has reached.
    function issue(
        uint32 windowId,
        uint16 chunkIndex,
        bytes calldata record,
        uint16 maxTrades
    ) external returns (uint16 issuedTo);

    /// @notice Retires `value` of the caller's certificates.
    /// @param claimData ABI-encoded (beneficiary, location, countryCode, periodStart, periodEnd, purpose).
    function claim(uint256 id, uint256 value, bytes calldata claimData) external;

    /// @notice Blocks transfer and claim of a certificate. The licensee that metered it, or ERC.
    function revoke(uint256 id, bytes32 reasonHash) external;

    /// @notice Publishes avoided grams per kWh by source (16 bits each, source 0 lowest) from a future window on. ERC.
    function publishEmissionFactors(uint32 fromWindow, uint256 gramsPerKwhBySource) external returns (uint16 version);

    /// @notice Carbon avoided by retired certificates of `account`, milligrams (Wh × g/kWh).
    function retiredCarbonMilligrams(address account, uint256 id) external view returns (uint256);

    /// @notice The trade of a chunk up to which certificates are issued.
    function issuedTrades(uint32 windowId, uint16 chunkIndex) external view returns (uint16);

    /// @notice Whether the id is revoked.
    function isRevoked(uint256 id) external view returns (bool);

    /// @notice The id of certificates of a device and window.
    function certificateId(uint32 meterId, uint32 windowId) external view returns (uint256);
}
