// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {GridDirectives} from "../../../contracts/GridDirectives.sol";
import {IGridDirectives} from "../../../contracts/interfaces/IGridDirectives.sol";
import {ZoneRule} from "../../../contracts/types/ZoneRule.sol";
import {Vm} from "./Vm.sol";
import {within} from "./SolidityTest.sol";

/// @notice The five authorities giving, lifting and clearing away directives in any order, and a naive list of what holds.
contract DirectivesHandler {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint8 private constant HALT = 1;
    uint8 private constant CAP = 2;
    uint8 private constant PRICE_BAND = 3;
    uint8 private constant VOID_WINDOW = 4;

    struct Held {
        uint8 authority;
        uint8 kind;
        uint8 zoneId;
        uint32 fromWindow;
        uint32 toWindow;
        uint64 value;
    }

    GridDirectives public immutable DIRECTIVES;
    uint256 public set;
    uint256 public lifted;
    uint256 public refused;
    Held[] private _held;

    constructor(GridDirectives directives) {
        DIRECTIVES = directives;
    }

    function safeOf(uint8 authority) public pure returns (address) {
        return address(uint160(0x5afe00 + uint256(authority)));
    }

    /// @notice Tries a directive, whether the authority may or not; what it allows is narrowed only.
    function setDirective(uint8 who, uint8 what, uint8 where, uint32 start, uint32 length, uint64 value) external {
        Held memory next;
        next.authority = uint8(within(who, 1, 5));
        next.kind = uint8(within(what, 1, 4));
        next.zoneId = next.kind == VOID_WINDOW ? 0 : uint8(within(where, 0, 16));
        uint32 current = uint32(block.timestamp / 900);
        next.fromWindow = current + uint32(within(start, 0, 60));
        next.toWindow = next.fromWindow + uint32(within(length, 0, 20));
        next.value = _value(next.kind, value);
        uint256 lookAt = next.fromWindow + (value % 21);
        uint256[17] memory before = _rules(uint32(lookAt));
        VM.prank(safeOf(next.authority));
        try
            DIRECTIVES.setDirective(
                next.authority,
                next.kind,
                next.zoneId,
                next.fromWindow,
                next.toWindow,
                next.value,
                keccak256("order")
            )
        returns (uint32 directiveId) {
            _held.push(next);
            ++set;
            VM.assertEq(directiveId, _held.length, "ids count up");
            VM.assertTrue(next.kind == VOID_WINDOW || next.fromWindow > current, "not retroactive");
            _requireNarrowed(before, _rules(uint32(lookAt)), value);
        } catch {
            ++refused;
        }
    }

    /// @notice Only the authority itself and the council lift.
    function liftDirective(uint256 which, uint8 who) external {
        if (_held.length == 0) return;
        uint32 id = uint32(which % _held.length) + 1;
        Held storage held = _held[id - 1];
        uint8 acting = uint8(within(who, 1, 5));
        uint32 current = uint32(block.timestamp / 900);
        VM.prank(safeOf(acting));
        try DIRECTIVES.liftDirective(id, acting) {
            VM.assertTrue(acting == held.authority || acting == 5, "lifted another's");
            held.toWindow = held.fromWindow > current ? held.fromWindow - 1 : current;
            ++lifted;
        } catch {}
    }

    /// @notice An outsider achieves nothing.
    function intrude(uint8 who, uint8 what, uint256 which) external {
        address stranger = address(0xbad);
        VM.prank(stranger);
        try
            DIRECTIVES.setDirective(
                uint8(within(who, 0, 6)),
                what,
                1,
                uint32(block.timestamp / 900) + 1,
                uint32(block.timestamp / 900) + 1,
                0,
                keccak256("x")
            )
        {
            VM.assertTrue(false, "a stranger gave a directive");
        } catch {}
        if (_held.length == 0) return;
        VM.prank(stranger);
        try DIRECTIVES.liftDirective(uint32(which % _held.length) + 1, _held[which % _held.length].authority) {
            VM.assertTrue(false, "a stranger lifted a directive");
        } catch {}
    }

    /// @notice Anybody clears away what no open window needs; nothing that matters changes.
    function prune(uint8 who, uint8 what, uint8 where) external {
        try
            DIRECTIVES.pruneDirective(uint8(within(who, 1, 5)), uint8(within(what, 1, 4)), uint8(within(where, 0, 16)))
        {} catch {}
    }

    function passTime(uint256 seconds_) external {
        VM.warp(block.timestamp + within(seconds_, 1, 6 hours));
    }

    /// @notice The contract's answer for a window is the intersection of everything that holds, and nothing more.
    function requireEffective(uint32 windowId) external view {
        (bool voided, uint256[17] memory rules) = DIRECTIVES.effectiveRules(windowId);
        VM.assertTrue(voided == DIRECTIVES.isVoided(windowId), "voided, both ways");
        (bool voidedToo, bool narrowed) = DIRECTIVES.standing(windowId);
        VM.assertTrue(voided == voidedToo, "voided, told with the rest");
        for (uint256 zone = 1; zone <= 16; ++zone) {
            VM.assertTrue(narrowed || rules[zone] == 0, "no zone is narrowed without a sign");
        }
        bool expectedVoid;
        uint256[17] memory expected;
        for (uint256 i = 0; i < _held.length; ++i) {
            Held memory held = _held[i];
            bool covers = held.fromWindow <= windowId && windowId <= held.toWindow;
            if (!covers) continue;
            if (held.kind == VOID_WINDOW) {
                expectedVoid = true;
                continue;
            }
            for (uint256 zone = 1; zone <= 16; ++zone) {
                if (held.zoneId != 0 && held.zoneId != zone) continue;
                expected[zone] = _narrowed(expected[zone], held);
            }
        }
        VM.assertTrue(voided == expectedVoid, "voided");
        for (uint256 zone = 0; zone <= 16; ++zone) {
            VM.assertEq(rules[zone], expected[zone], "rule of the zone");
        }
    }

    function _rules(uint32 windowId) private view returns (uint256[17] memory rules) {
        (, rules) = DIRECTIVES.effectiveRules(windowId);
    }

    function _requireNarrowed(uint256[17] memory before, uint256[17] memory afterwards, uint64 seed) private pure {
        uint16 seller = uint16(seed >> 8);
        uint16 buyer = uint16(seed >> 24);
        uint64 energy = seed >> 40;
        for (uint256 zone = 1; zone <= 16; ++zone) {
            bool now_ = _allows(ZoneRule.wrap(afterwards[zone]), seller, buyer, energy);
            VM.assertTrue(!now_ || _allows(ZoneRule.wrap(before[zone]), seller, buyer, energy), "widened");
        }
    }

    function _allows(ZoneRule rule, uint16 seller, uint16 buyer, uint64 energy) private pure returns (bool) {
        if (rule.halted()) return false;
        if (rule.capped() && energy > rule.capWh()) return false;
        return !rule.banded() || (seller >= rule.floorSatPerKwh() && buyer <= rule.ceilingSatPerKwh());
    }

    /// @dev Written without the library's functions, by the bit table.
    function _narrowed(uint256 rule, Held memory held) private pure returns (uint256) {
        uint256 flags = rule & 7;
        uint256 floor = (rule >> 16) & 0xffff;
        uint256 ceiling = (rule >> 32) & 0xffff;
        uint256 cap = (rule >> 64) & 0xffffffffffffffff;
        if (held.kind == HALT) flags |= 1;
        if (held.kind == CAP) {
            if (flags & 2 == 0 || held.value < cap) cap = held.value;
            flags |= 2;
        }
        if (held.kind == PRICE_BAND) {
            uint256 low = (held.value >> 16) & 0xffff;
            uint256 high = held.value & 0xffff;
            if (flags & 4 == 0 || low > floor) floor = low;
            if (flags & 4 == 0 || high < ceiling) ceiling = high;
            flags |= floor > ceiling ? 5 : 4;
        }
        return flags | (floor << 16) | (ceiling << 32) | (cap << 64);
    }

    function _value(uint8 kind, uint64 value) private pure returns (uint64) {
        if (kind == CAP) return value % 1e9;
        return kind == PRICE_BAND ? value % 2 ** 32 : 0;
    }
}
