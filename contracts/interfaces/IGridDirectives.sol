// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Emergency directives of the authorities
/// @notice HALT, CAP, PRICE_BAND and VOID_WINDOW, each bounded in zone, length and frequency by a table in code, for windows
/// that have not begun. The most restrictive wins. No directive reaches funds, withdrawals or exits.
interface IGridDirectives {
    /// @notice A directive as recorded.
    /// @param authority 1 EGAT, 2 MEA, 3 PEA, 4 ERC, 5 COUNCIL.
    /// @param kind 1 HALT, 2 CAP, 3 PRICE_BAND, 4 VOID_WINDOW.
    /// @param zoneId 1–16; 0 covers every zone.
    /// @param value CAP: the most Wh sold out of, and the most bought into, the zone per window. PRICE_BAND: floor × 65536 + ceiling.
    /// @param previousId The one before it of the same authority, kind and zone; 0 for the first.
    struct Directive {
        uint32 fromWindow;
        uint32 toWindow;
        uint64 value;
        uint32 previousId;
        uint40 setAt;
        uint8 authority;
        uint8 kind;
        uint8 zoneId;
        bool lifted;
    }

    /// @notice What an authority may do.
    /// @param zones Bit z allows zone z; bit 0 allows "every zone".
    /// @param maxWindows Longest directive; 0 when the kind is not allowed.
    /// @param cooldownWindows Windows that must pass after one directive before the next begins.
    struct Power {
        uint24 zones;
        uint16 maxWindows;
        uint16 cooldownWindows;
    }

    /// @notice An authority's directive was recorded.
    /// @param directiveId The directive's number, from 1.
    /// @param authority 1 EGAT, 2 MEA, 3 PEA, 4 ERC, 5 COUNCIL.
    /// @param kind 1 HALT, 2 CAP, 3 PRICE_BAND, 4 VOID_WINDOW.
    /// @param zoneId 1–16; 0 covers every zone.
    /// @param fromWindow First window it holds for.
    /// @param toWindow Last window it holds for.
    /// @param value CAP: Wh per window. PRICE_BAND: floor × 65536 + ceiling.
    /// @param reasonHash Hash of the legal order it acts under.
    event DirectiveSet(
        uint32 indexed directiveId,
        uint8 indexed authority,
        uint8 indexed kind,
        uint8 zoneId,
        uint32 fromWindow,
        uint32 toWindow,
        uint64 value,
        bytes32 reasonHash
    );
    /// @notice The directive holds for windows up to and including `lastWindow` only.
    /// @param directiveId The directive.
    /// @param liftedBy The authority in whose name it was lifted.
    /// @param lastWindow Last window it still holds for.
    event DirectiveLifted(uint32 indexed directiveId, uint8 indexed liftedBy, uint32 lastWindow);

    error NotAuthority(address caller, uint8 authority);
    error PowerNotGranted(uint8 authority, uint8 kind, uint8 zoneId);
    error DirectiveTooLong(uint32 windows, uint32 maxWindows);
    error DirectiveRetroactive(uint32 fromWindow, uint32 earliest);
    error DirectiveTooFarAhead(uint32 fromWindow, uint32 latest);
    error DirectiveRangeInvalid(uint32 fromWindow, uint32 toWindow);
    error DirectiveCoolingDown(uint32 earliestFromWindow);
    error InvalidValue(uint8 kind, uint64 value);
    error ReasonRequired();
    error DirectiveUnknown(uint32 directiveId);
    error DirectiveOver(uint32 directiveId);
    error DirectiveStillNeeded(uint32 directiveId);

    /// @notice Records a directive. Only the authority's multisig.
    /// @param authority 1 EGAT, 2 MEA, 3 PEA, 4 ERC, 5 COUNCIL.
    /// @param kind 1 HALT, 2 CAP, 3 PRICE_BAND, 4 VOID_WINDOW.
    /// @param zoneId 1–16; 0 covers every zone.
    /// @param fromWindow First window it holds for.
    /// @param toWindow Last window it holds for.
    /// @param value CAP: Wh per window. PRICE_BAND: floor × 65536 + ceiling.
    /// @param reasonHash Hash of the legal order it acts under.
    /// @return directiveId Its number.
    function setDirective(
        uint8 authority,
        uint8 kind,
        uint8 zoneId,
        uint32 fromWindow,
        uint32 toWindow,
        uint64 value,
        bytes32 reasonHash
    ) external returns (uint32 directiveId);

    /// @notice Ends a directive for windows that have not begun. Its own authority, or the council.
    /// @param directiveId The directive's number, from 1.
    /// @param asAuthority In whose name the caller acts.
    function liftDirective(uint32 directiveId, uint8 asAuthority) external;

    /// @notice Takes directives that no window still to be settled can need out of the index. Anybody.
    /// @param authority 1 EGAT, 2 MEA, 3 PEA, 4 ERC, 5 COUNCIL.
    /// @param kind 1 HALT, 2 CAP, 3 PRICE_BAND, 4 VOID_WINDOW.
    /// @param zoneId 1–16; 0 for directives that cover every zone.
    function pruneDirective(uint8 authority, uint8 kind, uint8 zoneId) external;

    /// @notice A directive by its number.
    /// @param directiveId The directive's number, from 1.
    function directive(uint32 directiveId) external view returns (Directive memory);

    /// @notice Number of directives ever set; ids run from 1.
    function directiveCount() external view returns (uint32);

    /// @notice The table of powers.
    /// @param authority 1 EGAT, 2 MEA, 3 PEA, 4 ERC, 5 COUNCIL.
    /// @param kind 1 HALT, 2 CAP, 3 PRICE_BAND, 4 VOID_WINDOW.
    function power(uint8 authority, uint8 kind) external pure returns (Power memory);

    /// @notice What holds in `windowId`: whether it is void, and per zone (index zoneId) a `ZoneRule` word, 0 = no restriction.
    /// @param windowId The delivery window.
    /// @return voided Whether the window is void.
    /// @return zoneRules `ZoneRule` words, index zoneId; index 0 is not used.
    function effectiveRules(uint32 windowId) external view returns (bool voided, uint256[17] memory zoneRules);

    /// @notice What can be told by one read in quiet times.
    /// @param windowId The delivery window.
    /// @return voided Whether it is voided.
    /// @return narrowed False when no directive narrows any zone in any window; else `effectiveRules` tells.
    function standing(uint32 windowId) external view returns (bool voided, bool narrowed);

    /// @notice Whether `windowId` is voided.
    /// @param windowId The delivery window.
    function isVoided(uint32 windowId) external view returns (bool);

    /// @notice Whether the directive is one of EGAT's or the council's HALT or CAP and covers the window and the zone.
    /// @param directiveId The directive's number, from 1.
    /// @param windowId The delivery window.
    /// @param zoneId The zone, 1–16.
    function authorisesEmergency(uint32 directiveId, uint32 windowId, uint8 zoneId) external view returns (bool);
}
