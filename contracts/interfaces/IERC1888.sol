// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

/// @title ERC-1888 Radical Action Token: the part of it that is not issuing
/// @notice Issuing differs on purpose: there is no issuer who decides, only the settled record.
interface IERC1888 is IERC1155 {
    /// @notice Certificates were retired.
    /// @param claimIssuer This registry.
    /// @param claimSubject In whose name it was retired.
    /// @param topic Authority that metered it × 256 + source.
    /// @param id The certificate's id.
    /// @param value Units, one watt-hour each.
    /// @param claimData ABI-encoded (beneficiary, location, countryCode, periodStart, periodEnd, purpose).
    event ClaimSingle(
        address indexed claimIssuer,
        address indexed claimSubject,
        uint256 indexed topic,
        uint256 id,
        uint256 value,
        bytes claimData
    );
    /// @notice Certificates of several ids were retired.
    /// @param claimIssuer This registry.
    /// @param claimSubject In whose name it was retired.
    /// @param topics Topic of each id.
    /// @param ids The certificates' ids.
    /// @param values Units of each id.
    /// @param claimData ABI-encoded (beneficiary, location, countryCode, periodStart, periodEnd, purpose).
    event ClaimBatch(
        address indexed claimIssuer,
        address indexed claimSubject,
        uint256[] topics,
        uint256[] ids,
        uint256[] values,
        bytes[] claimData
    );

    /// @notice Moves `value` from `from` and retires it in the name of `to`.
    /// @param from Who held them.
    /// @param to In whose name they are retired.
    /// @param id The certificate's id.
    /// @param value Units, one watt-hour each.
    /// @param data Not used.
    /// @param claimData ABI-encoded (beneficiary, location, countryCode, periodStart, periodEnd, purpose).
    function safeTransferAndClaimFrom(
        address from,
        address to,
        uint256 id,
        uint256 value,
        bytes calldata data,
        bytes calldata claimData
    ) external;

    /// @notice The same for several ids.
    /// @param from Who held them.
    /// @param to In whose name they are retired.
    /// @param ids The certificates' ids.
    /// @param values Units of each id.
    /// @param data Not used.
    /// @param claimData ABI-encoded (beneficiary, location, countryCode, periodStart, periodEnd, purpose).
    function safeBatchTransferAndClaimFrom(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata data,
        bytes[] calldata claimData
    ) external;

    /// @notice Units of `id` retired in the name of `owner`.
    /// @param owner Who trades it, or holds it.
    /// @param id The certificate's id.
    function claimedBalanceOf(address owner, uint256 id) external view returns (uint256);

    /// @notice The same for several.
    /// @param owners The accounts, one for each id.
    /// @param ids The certificates' ids.
    function claimedBalanceOfBatch(
        address[] calldata owners,
        uint256[] calldata ids
    ) external view returns (uint256[] memory);

    /// @notice Issuer, topic, a call that tells validity, and the described data of a certificate.
    /// @param id The certificate's id.
    /// @return issuer This registry.
    /// @return topic Authority that metered it × 256 + source.
    /// @return validityCall Call that answers whether it is revoked.
    /// @return data What it certifies, ABI-encoded.
    function getCertificate(
        uint256 id
    ) external view returns (address issuer, uint256 topic, bytes memory validityCall, bytes memory data);
}
