// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

/// @title ERC-1888 Radical Action Token: the part of it that is not issuing
/// @notice Issuing differs on purpose: there is no issuer who decides, only the settled record.
interface IERC1888 is IERC1155 {
    event ClaimSingle(
        address indexed claimIssuer,
        address indexed claimSubject,
        uint256 indexed topic,
        uint256 id,
        uint256 value,
        bytes claimData
    );
    event ClaimBatch(
        address indexed claimIssuer,
        address indexed claimSubject,
        uint256[] topics,
        uint256[] ids,
        uint256[] values,
        bytes[] claimData
    );

    /// @notice Moves `value` from `from` and retires it in the name of `to`.
    function safeTransferAndClaimFrom(
        address from,
        address to,
        uint256 id,
        uint256 value,
        bytes calldata data,
        bytes calldata claimData
    ) external;

    /// @notice The same for several ids.
    function safeBatchTransferAndClaimFrom(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata data,
        bytes[] calldata claimData
    ) external;

    /// @notice Units of `id` retired in the name of `owner`.
    function claimedBalanceOf(address owner, uint256 id) external view returns (uint256);

    /// @notice The same for several.
    function claimedBalanceOfBatch(
        address[] calldata owners,
        uint256[] calldata ids
    ) external view returns (uint256[] memory);

    /// @notice Issuer, topic, a call that tells validity, and the described data of a certificate.
    function getCertificate(
        uint256 id
    ) external view returns (address issuer, uint256 topic, bytes memory validityCall, bytes memory data);
}
