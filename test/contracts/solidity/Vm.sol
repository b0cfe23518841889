// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice An event as the runner recorded it.
struct Log {
    bytes32[] topics;
    bytes data;
    address emitter;
}

/// @notice The cheatcodes of the Solidity test runner these tests use.
interface Vm {
    function warp(uint256 timestamp) external;

    function prank(address sender) external;

    function assume(bool condition) external pure;

    function addr(uint256 privateKey) external pure returns (address);

    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    function signCompact(uint256 privateKey, bytes32 digest) external pure returns (bytes32 r, bytes32 vs);

    function recordLogs() external;

    function getRecordedLogs() external returns (Log[] memory logs);

    function expectRevert() external;

    function expectRevert(bytes4 selector) external;

    function expectRevert(bytes calldata data) external;

    function assertTrue(bool condition, string calldata what) external pure;

    function assertEq(uint256 left, uint256 right, string calldata what) external pure;

    function assertLe(uint256 left, uint256 right, string calldata what) external pure;

    function assertGe(uint256 left, uint256 right, string calldata what) external pure;
}
