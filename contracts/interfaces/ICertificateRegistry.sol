// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC1888} from "./IERC1888.sol";

/// @title Renewable-energy certificates
/// @notice ERC-1155, one unit = one watt-hour delivered. Anybody issues them from the settled record of a chunk to the buyers in
/// it, once. One id per device and window, self-describing (see `CertificateId`).
interface ICertificateRegistry is IERC1888 {
    /// @notice Certificates of these trades of a chunk were issued to their buyers.
    /// @param windowId The delivery window.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param fromTrade First trade gone through.
    /// @param toTrade One past the last.
    event CertificatesIssued(uint32 indexed windowId, uint16 indexed chunkIndex, uint16 fromTrade, uint16 toTrade);
    /// @notice The certificate can be neither moved nor claimed any more.
    /// @param id The certificate's id.
    /// @param authority The authority that revoked it.
    /// @param reasonHash Hash of the legal order it acts under.
    event CertificateRevoked(uint256 indexed id, uint8 indexed authority, bytes32 reasonHash);
    /// @notice Windows from `fromWindow` on are certified with these factors.
    /// @param version Number of the version, from 0.
    /// @param fromWindow First window the version is used for.
    /// @param gramsPerKwhBySource 16 bits each, source 0 lowest.
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
    /// @param windowId The delivery window.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param record The bytes of `ChunkSettled`.
    /// @param maxTrades The most trades to go through.
    /// @return issuedTo The trade issuance has reached.
    function issue(
        uint32 windowId,
        uint16 chunkIndex,
        bytes calldata record,
        uint16 maxTrades
    ) external returns (uint16 issuedTo);

    /// @notice Retires `value` of the caller's certificates.
    /// @param id The certificate's id.
    /// @param value Units, one watt-hour each.
    /// @param claimData ABI-encoded (beneficiary, location, countryCode, periodStart, periodEnd, purpose).
    function claim(uint256 id, uint256 value, bytes calldata claimData) external;

    /// @notice Blocks transfer and claim of a certificate. The licensee that metered it, or ERC.
    /// @param id The certificate's id.
    /// @param reasonHash Hash of the legal order it acts under.
    function revoke(uint256 id, bytes32 reasonHash) external;

    /// @notice Publishes avoided grams per kWh by source (16 bits each, source 0 lowest) from a future window on. ERC.
    /// @param fromWindow First window the version is used for.
    /// @param gramsPerKwhBySource 16 bits each, source 0 lowest.
    /// @return version The new version's number.
    function publishEmissionFactors(uint32 fromWindow, uint256 gramsPerKwhBySource) external returns (uint16 version);

    /// @notice Carbon avoided by retired certificates of `account`, milligrams (Wh × g/kWh).
    /// @param account The account.
    /// @param id The certificate's id.
    function retiredCarbonMilligrams(address account, uint256 id) external view returns (uint256);

    /// @notice The trade of a chunk up to which certificates are issued.
    /// @param windowId The delivery window.
    /// @param chunkIndex The chunk of the window, from 0.
    function issuedTrades(uint32 windowId, uint16 chunkIndex) external view returns (uint16);

    /// @notice Whether the id is revoked.
    /// @param id The certificate's id.
    function isRevoked(uint256 id) external view returns (bool);

    /// @notice The id of certificates of a device and window.
    /// @param meterId The meter.
    /// @param windowId The delivery window.
    function certificateId(uint32 meterId, uint32 windowId) external view returns (uint256);
}
