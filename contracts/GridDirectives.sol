// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IGridDirectives} from "./interfaces/IGridDirectives.sol";
import {Windows} from "./libraries/Windows.sol";
import {Zones} from "./libraries/Zones.sol";
import {ZoneRule} from "./types/ZoneRule.sol";

/// @title Emergency directives of the authorities
/// @notice See IGridDirectives.
/// @dev Directives are never overwritten: each (authority, kind, zone) is a chain of disjoint, ascending ranges, newest first, so a
/// window that settles late is judged by what held when it was delivered. One index word tells which chains exist, so that
/// settlement in quiet times costs one read.
contract GridDirectives is IGridDirectives, AccessManaged {
    uint8 private constant HALT = 1;
    uint8 private constant CAP = 2;
    uint8 private constant PRICE_BAND = 3;
    uint8 private constant VOID_WINDOW = 4;
    uint8 private constant AUTHORITIES = 5;
    /// @dev Zone 0 ("every zone") and the 16 zones.
    uint256 private constant ZONE_SLOTS = 17;
    /// @dev Index bit of VOID_WINDOW: above the 3 × 5 × 17 bits of the other kinds. One bit for all five authorities.
    uint256 private constant VOID_BIT = 255;
    /// @notice How far ahead a directive may begin.
    uint32 public constant HORIZON_WINDOWS = 672;

    uint24 private constant EVERY_ZONE = 0x1ffff;
    uint24 private constant MARKET_ONLY = 0x1;
    uint24 private constant MEA_ZONES = 0x2;
    uint24 private constant PEA_ZONES = 0x3ffc;

    uint256 private _index;
    /// @inheritdoc IGridDirectives
    uint32 public directiveCount;
    mapping(uint32 directiveId => Directive) private _directives;
    /// @dev Newest directive by authority × kind × zone, see `_chain`.
    mapping(uint256 chain => uint32 directiveId) private _newest;

    constructor(address manager) AccessManaged(manager) {}

    /// @inheritdoc IGridDirectives
    function setDirective(
        uint8 authority_,
        uint8 kind,
        uint8 zoneId,
        uint32 fromWindow,
        uint32 toWindow,
        uint64 value,
        bytes32 reasonHash
    ) external returns (uint32 directiveId) {
        _requireAuthority(authority_);
        if (reasonHash == 0) revert ReasonRequired();
        Power memory granted = power(authority_, kind);
        if (zoneId > Zones.COUNT || granted.zones & (uint24(1) << zoneId) == 0) {
            revert PowerNotGranted(authority_, kind, zoneId);
        }
        _requireRange(kind, fromWindow, toWindow, granted.maxWindows);
        _requireValue(kind, value);

        uint256 chain = _chain(authority_, kind, zoneId);
        uint32 previousId = _newest[chain];
        if (previousId != 0) {
            Directive storage previous = _directives[previousId];
            // One lifted before it began never held and cools nothing down; a voiding may have been executed all the same.
            bool neverHeld = kind != VOID_WINDOW && previous.toWindow < previous.fromWindow;
            uint32 earliest = previous.toWindow + 1 + (neverHeld ? 0 : granted.cooldownWindows);
            if (fromWindow < earliest) revert DirectiveCoolingDown(earliest);
        }
        directiveId = ++directiveCount;
        _directives[directiveId] = Directive({
            fromWindow: fromWindow,
            toWindow: toWindow,
            value: value,
            previousId: previousId,
            setAt: uint40(block.timestamp),
            authority: authority_,
            kind: kind,
            zoneId: zoneId,
            lifted: false
        });
        _newest[chain] = directiveId;
        _index |= uint256(1) << (kind == VOID_WINDOW ? VOID_BIT : chain);
        emit DirectiveSet(directiveId, authority_, kind, zoneId, fromWindow, toWindow, value, reasonHash);
    }

    /// @inheritdoc IGridDirectives
    function liftDirective(uint32 directiveId, uint8 asAuthority) external {
        Directive storage held = _directives[directiveId];
        if (held.authority == 0) revert DirectiveUnknown(directiveId);
        if (asAuthority != held.authority && asAuthority != Zones.COUNCIL) {
            revert NotAuthority(msg.sender, held.authority);
        }
        _requireAuthority(asAuthority);
        uint32 current = Windows.current();
        // A window that has begun keeps its directive.
        uint32 lastWindow = held.fromWindow > current ? held.fromWindow - 1 : current;
        if (held.lifted || lastWindow >= held.toWindow) revert DirectiveOver(directiveId);
        held.toWindow = lastWindow;
        held.lifted = true;
        emit DirectiveLifted(directiveId, asAuthority, lastWindow);
    }

    /// @inheritdoc IGridDirectives
    function pruneDirective(uint8 authority_, uint8 kind, uint8 zoneId) external {
        uint32 oldestOpen = Windows.oldestOpen();
        if (kind == VOID_WINDOW) {
            for (uint8 each = 1; each <= AUTHORITIES; ++each) {
                _requireOver(_newest[_chain(each, VOID_WINDOW, 0)], oldestOpen);
            }
            _index &= ~(uint256(1) << VOID_BIT);
            return;
        }
        if (authority_ == 0 || authority_ > AUTHORITIES || kind == 0 || kind > VOID_WINDOW || zoneId > Zones.COUNT) {
            revert PowerNotGranted(authority_, kind, zoneId);
        }
        uint256 chain = _chain(authority_, kind, zoneId);
        _requireOver(_newest[chain], oldestOpen);
        _index &= ~(uint256(1) << chain);
    }

    /// @inheritdoc IGridDirectives
    function directive(uint32 directiveId) external view returns (Directive memory) {
        return _directives[directiveId];
    }

    /// @inheritdoc IGridDirectives
    function effectiveRules(uint32 windowId) external view returns (bool voided, uint256[17] memory zoneRules) {
        uint256 index = _index;
        if (index == 0) return (false, zoneRules);
        voided = _isVoided(index, windowId);
        index &= ~(uint256(1) << VOID_BIT);
        while (index != 0) {
            uint256 chain = _lowestBit(index);
            index &= index - 1;
            uint32 directiveId = _covering(chain, windowId);
            if (directiveId == 0) continue;
            Directive memory held = _directives[directiveId];
            uint256 first = held.zoneId == 0 ? 1 : held.zoneId;
            uint256 last = held.zoneId == 0 ? Zones.COUNT : held.zoneId;
            for (uint256 zone = first; zone <= last; ++zone) {
                zoneRules[zone] = ZoneRule.unwrap(_narrow(ZoneRule.wrap(zoneRules[zone]), held));
            }
        }
    }

    /// @inheritdoc IGridDirectives
    function standing(uint32 windowId) external view returns (bool voided, bool narrowed) {
        uint256 index = _index;
        return (_isVoided(index, windowId), index & ~(uint256(1) << VOID_BIT) != 0);
    }

    /// @inheritdoc IGridDirectives
    function isVoided(uint32 windowId) external view returns (bool) {
        return _isVoided(_index, windowId);
    }

    /// @inheritdoc IGridDirectives
    function authorisesEmergency(uint32 directiveId, uint32 windowId, uint8 zoneId) external view returns (bool) {
        Directive memory held = _directives[directiveId];
        bool fits =
            (held.authority == Zones.EGAT || held.authority == Zones.COUNCIL) &&
                (held.kind == HALT || held.kind == CAP) &&
                (held.zoneId == 0 || held.zoneId == zoneId);
        return fits && held.fromWindow <= windowId && windowId <= held.toWindow;
    }

    /// @notice Newest directive of a chain; 0 when there is none.
    /// @param authority_ 1 EGAT, 2 MEA, 3 PEA, 4 ERC, 5 COUNCIL.
    /// @param kind 1 HALT, 2 CAP, 3 PRICE_BAND, 4 VOID_WINDOW.
    /// @param zoneId 1–16; 0 for directives that cover every zone.
    function newestDirective(uint8 authority_, uint8 kind, uint8 zoneId) external view returns (uint32) {
        return _newest[_chain(authority_, kind, zoneId)];
    }

    /// @inheritdoc IGridDirectives
    function power(uint8 authority_, uint8 kind) public pure returns (Power memory) {
        if (authority_ == Zones.EGAT) {
            if (kind == HALT) return Power(EVERY_ZONE, 96, 4);
            if (kind == CAP) return Power(EVERY_ZONE, 192, 4);
            if (kind == VOID_WINDOW) return Power(MARKET_ONLY, 8, 96);
        } else if (authority_ == Zones.MEA || authority_ == Zones.PEA) {
            uint24 own = authority_ == Zones.MEA ? MEA_ZONES : PEA_ZONES;
            if (kind == HALT) return Power(own, 48, 4);
            if (kind == CAP) return Power(own, 96, 4);
        } else if (authority_ == Zones.ERC) {
            if (kind == HALT) return Power(EVERY_ZONE, 96, 96);
            if (kind == PRICE_BAND) return Power(EVERY_ZONE, 672, 96);
            if (kind == VOID_WINDOW) return Power(MARKET_ONLY, 8, 96);
        } else if (authority_ == Zones.COUNCIL) {
            if (kind == VOID_WINDOW) return Power(MARKET_ONLY, 96, 0);
            if (kind != 0 && kind < VOID_WINDOW) return Power(EVERY_ZONE, 672, 0);
        }
        return Power(0, 0, 0);
    }

    function _requireAuthority(uint8 authority_) private view {
        bool member;
        if (authority_ != 0 && authority_ <= AUTHORITIES) {
            (member, ) = IAccessManager(authority()).hasRole(authority_, msg.sender);
        }
        if (!member) revert NotAuthority(msg.sender, authority_);
    }

    function _requireRange(uint8 kind, uint32 fromWindow, uint32 toWindow, uint16 maxWindows) private view {
        if (toWindow < fromWindow || toWindow >= Windows.NO_END) revert DirectiveRangeInvalid(fromWindow, toWindow);
        uint32 length = toWindow - fromWindow + 1;
        if (length > maxWindows) revert DirectiveTooLong(length, maxWindows);
        uint32 current = Windows.current();
        // A voiding may reach back to windows that are delivered but not settled.
        uint32 earliest = kind == VOID_WINDOW ? Windows.oldestOpen() : current + 1;
        if (fromWindow < earliest) revert DirectiveRetroactive(fromWindow, earliest);
        if (fromWindow > current + HORIZON_WINDOWS) {
            revert DirectiveTooFarAhead(fromWindow, current + HORIZON_WINDOWS);
        }
    }

    function _requireValue(uint8 kind, uint64 value) private pure {
        bool sound = kind == CAP || (kind == PRICE_BAND ? value <= type(uint32).max : value == 0);
        if (!sound) revert InvalidValue(kind, value);
    }

    function _requireOver(uint32 directiveId, uint32 oldestOpen) private view {
        if (directiveId != 0 && _directives[directiveId].toWindow >= oldestOpen) {
            revert DirectiveStillNeeded(directiveId);
        }
    }

    function _isVoided(uint256 index, uint32 windowId) private view returns (bool) {
        if (index >> VOID_BIT == 0) return false;
        for (uint8 each = 1; each <= AUTHORITIES; ++each) {
            if (_covering(_chain(each, VOID_WINDOW, 0), windowId) != 0) return true;
        }
        return false;
    }

    /// @dev The directive of a chain that covers the window; 0 when none does. Cooldowns bound the walk.
    function _covering(uint256 chain, uint32 windowId) private view returns (uint32 directiveId) {
        directiveId = _newest[chain];
        while (directiveId != 0) {
            Directive storage held = _directives[directiveId];
            uint32 toWindow = held.toWindow;
            if (held.fromWindow <= windowId && windowId <= toWindow) return directiveId;
            if (toWindow < windowId && held.fromWindow <= windowId) return 0;
            directiveId = held.previousId;
        }
    }

    function _narrow(ZoneRule rule, Directive memory held) private pure returns (ZoneRule) {
        if (held.kind == HALT) return rule.withHalt();
        if (held.kind == CAP) return rule.withCap(held.value);
        return rule.withBand(uint16(held.value >> 16), uint16(held.value));
    }

    /// @dev Below VOID_BIT for the first three kinds, above it for VOID_WINDOW.
    function _chain(uint8 authority_, uint8 kind, uint8 zoneId) private pure returns (uint256) {
        if (kind == VOID_WINDOW) return 256 + uint256(authority_);
        return ((uint256(kind) - 1) * AUTHORITIES + (uint256(authority_) - 1)) * ZONE_SLOTS + zoneId;
    }

    /// @dev Position of the lowest set bit, by halving.
    function _lowestBit(uint256 word) private pure returns (uint256 position) {
        for (uint256 width = 128; width != 0; width >>= 1) {
            if (word & ((uint256(1) << width) - 1) == 0) {
                word >>= width;
                position += width;
            }
        }
    }
}
