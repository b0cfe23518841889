// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CollateralVault} from "./CollateralVault.sol";
import {IGridDirectives} from "./interfaces/IGridDirectives.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {AccountWord} from "./types/AccountWord.sol";
import {MeterWord} from "./types/MeterWord.sol";
import {ZoneRule} from "./types/ZoneRule.sol";

/// @title What an auditor asks, in one call each
/// @notice Reads only; holds no state and no power.
contract AuditLens {
    /// @notice An account unpacked.
    struct Account {
        uint64 balanceMsat;
        uint32 epoch;
        uint32 epochFromWindow;
        uint32 exitFromWindow;
        uint256 exitDueAt;
        uint32 licensedUntilWindow;
        uint8 tier;
        uint40 validUntil;
        uint32 cursorWindow;
        uint32 cursorSequence;
        uint32 cursorFillWh;
    }

    /// @notice A meter unpacked.
    struct Meter {
        address owner;
        uint8 zoneId;
        uint8 source;
        uint32 activeUntilWindow;
        uint32 maxWindowWh;
        uint32 nodeId;
        int32 latitudeMicrodegrees;
        int32 longitudeMicrodegrees;
    }

    /// @notice What directives leave of a zone.
    struct ZoneState {
        bool halted;
        bool capped;
        uint64 capWh;
        bool banded;
        uint16 floorSatPerKwh;
        uint16 ceilingSatPerKwh;
    }

    /// @notice The vault read.
    CollateralVault public immutable VAULT;
    /// @notice The registry read.
    IMeterRegistry public immutable REGISTRY;
    /// @notice The directives read.
    IGridDirectives public immutable DIRECTIVES;

    constructor(CollateralVault vault, IMeterRegistry registry, IGridDirectives directives) {
        VAULT = vault;
        REGISTRY = registry;
        DIRECTIVES = directives;
    }

    /// @notice Whether the vault holds at least what it owes, and both figures in msat.
    /// @return solvent Whether it holds enough.
    /// @return heldMsat Tokens held.
    /// @return owedMsat Sum of all balances.
    function solvency() external view returns (bool solvent, uint256 heldMsat, uint256 owedMsat) {
        IERC20 token = VAULT.TOKEN();
        heldMsat = token.balanceOf(address(VAULT)) * 1000;
        owedMsat = VAULT.totalMsat();
        return (heldMsat >= owedMsat, heldMsat, owedMsat);
    }

    /// @notice Accounts, unpacked, in the order asked.
    /// @param addresses The accounts asked about.
    /// @return found One for each address.
    function accounts(address[] calldata addresses) external view returns (Account[] memory found) {
        found = new Account[](addresses.length);
        for (uint256 i = 0; i < addresses.length; ++i) {
            AccountWord word = VAULT.accountWord(addresses[i]);
            (uint8 tier, uint40 validUntil) = REGISTRY.licence(addresses[i]);
            found[i] = Account({
                balanceMsat: word.balanceMsat(),
                epoch: word.epoch(),
                epochFromWindow: word.epochFromWindow(),
                exitFromWindow: word.exitFromWindow(),
                exitDueAt: VAULT.exitDueAt(addresses[i]),
                licensedUntilWindow: word.licensedUntilWindow(),
                tier: tier,
                validUntil: validUntil,
                cursorWindow: word.cursorWindow(),
                cursorSequence: word.cursorSequence(),
                cursorFillWh: word.cursorFill()
            });
        }
    }

    /// @notice Meters, unpacked, in the order asked; unknown ones are empty.
    /// @param meterIds The meters.
    /// @return found One for each id.
    function meters(uint32[] calldata meterIds) external view returns (Meter[] memory found) {
        found = new Meter[](meterIds.length);
        for (uint256 i = 0; i < meterIds.length; ++i) {
            MeterWord word = MeterWord.wrap(REGISTRY.meterWord(meterIds[i]));
            (int32 latitude, int32 longitude) = REGISTRY.meterPlace(meterIds[i]);
            found[i] = Meter({
                owner: word.owner(),
                zoneId: word.zoneId(),
                source: word.source(),
                activeUntilWindow: word.activeUntilWindow(),
                maxWindowWh: word.maxWindowWh(),
                nodeId: word.nodeId(),
                latitudeMicrodegrees: latitude,
                longitudeMicrodegrees: longitude
            });
        }
    }

    /// @notice What directives leave of every zone in a window (index zoneId − 1), and whether it is void.
    /// @param windowId The delivery window.
    /// @return voided Whether the window is void.
    /// @return states By zone, index zoneId − 1.
    function zones(uint32 windowId) external view returns (bool voided, ZoneState[16] memory states) {
        uint256[17] memory rules;
        (voided, rules) = DIRECTIVES.effectiveRules(windowId);
        for (uint256 i = 0; i < 16; ++i) {
            ZoneRule rule = ZoneRule.wrap(rules[i + 1]);
            states[i] = ZoneState({
                halted: rule.halted(),
                capped: rule.capped(),
                capWh: rule.capWh(),
                banded: rule.banded(),
                floorSatPerKwh: rule.floorSatPerKwh(),
                ceilingSatPerKwh: rule.ceilingSatPerKwh()
            });
        }
    }
}
