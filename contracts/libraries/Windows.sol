// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Delivery windows and the protocol's clock
/// @notice A window is 15 minutes: `windowId = floor(unixSeconds / 900)`. The bounds below are constants so that no contract can
/// disagree with another about them.
library Windows {
    uint256 internal constant SECONDS = 900;
    /// @notice A window can be committed only in the last quarter hour before it starts. What takes effect later than that cannot
    /// touch a committed window.
    uint256 internal constant COMMIT_LEAD_SECONDS = 900;
    /// @notice After the window's end; until then it can be settled, then it expires.
    uint256 internal constant SETTLEMENT_DEADLINE_SECONDS = 1 days;
    /// @notice After the window's end; until then only the operator settles.
    uint256 internal constant OPEN_SETTLEMENT_SECONDS = 1 hours;
    /// @notice After the window's end; until then no reading may be left out.
    uint256 internal constant READING_GRACE_SECONDS = 6 hours;
    /// @notice Windows are packed into 24 bits; the largest value means "no end".
    uint32 internal constant NO_END = type(uint24).max;

    /// @notice The window running now.
    function current() internal view returns (uint32) {
        return uint32(block.timestamp / SECONDS);
    }

    /// @notice The first window that cannot have been committed yet.
    function nextEffective() internal view returns (uint32) {
        return uint32((block.timestamp + COMMIT_LEAD_SECONDS) / SECONDS) + 1;
    }

    function startOf(uint32 windowId) internal pure returns (uint256) {
        return uint256(windowId) * SECONDS;
    }

    function endOf(uint32 windowId) internal pure returns (uint256) {
        return (uint256(windowId) + 1) * SECONDS;
    }

    /// @notice The oldest window that may still be settled.
    function oldestOpen() internal view returns (uint32) {
        uint256 closed = block.timestamp - SETTLEMENT_DEADLINE_SECONDS;
        return uint32(closed / SECONDS);
    }

    /// @notice `seconds_` as a window, saturating at "no end".
    /// @param seconds_ Unix seconds.
    function saturate(uint256 seconds_) internal pure returns (uint32) {
        uint256 id = seconds_ / SECONDS;
        return id >= NO_END ? NO_END : uint32(id);
    }
}
