// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {Roles} from "./libraries/Roles.sol";
import {Windows} from "./libraries/Windows.sol";
import {Zones} from "./libraries/Zones.sol";
import {MeterWord, MeterWords} from "./types/MeterWord.sol";

/// @title Who may trade, with which meter
/// @notice See IMeterRegistry.
contract MeterRegistry is IMeterRegistry, AccessManaged {
    uint8 private constant MAX_TIER = 4;
    uint8 private constant MAX_SOURCE = 9;
    /// @dev Thailand and the border points of its neighbours, generously.
    int32 private constant MIN_LATITUDE = 5_000_000;
    int32 private constant MAX_LATITUDE = 21_000_000;
    int32 private constant MIN_LONGITUDE = 97_000_000;
    int32 private constant MAX_LONGITUDE = 106_000_000;

    /// @notice The vault, whose account words carry the licence for settlement.
    ICollateralVault public immutable VAULT;

    mapping(uint32 meterId => MeterWord) private _meters;
    mapping(uint32 meterId => uint64) private _places;
    mapping(address account => Licence) private _licences;
    /// @inheritdoc IMeterRegistry
    mapping(address attester => uint8 licensee) public attesterLicensee;
    mapping(address account => mapping(address device => uint32 untilWindow)) private _delegates;

    constructor(address manager, ICollateralVault vault) AccessManaged(manager) {
        VAULT = vault;
    }

    /// @inheritdoc IMeterRegistry
    function licenseParticipants(Licence[] calldata licences) external {
        _requireRegistrar(Zones.ERC);
        for (uint256 i = 0; i < licences.length; ++i) {
            Licence calldata granted = licences[i];
            if (granted.account == address(0)) revert InvalidAccount();
            if (granted.tier == 0 || granted.tier > MAX_TIER) revert InvalidTier(granted.tier);
            // Also a renewal must not take a licence from windows that may be committed.
            uint32 untilWindow = Windows.saturate(granted.validUntil);
            if (untilWindow < Windows.nextEffective()) revert LicenceInPast(granted.validUntil);
            _licences[granted.account] = granted;
            VAULT.noteLicence(granted.account, untilWindow);
            emit ParticipantLicensed(granted.account, granted.tier, granted.validUntil);
        }
    }

    /// @inheritdoc IMeterRegistry
    function revokeLicence(address account) external {
        _requireRegistrar(Zones.ERC);
        Licence memory held = _licences[account];
        uint32 effectiveWindow = Windows.nextEffective();
        if (held.tier == 0 || Windows.saturate(held.validUntil) <= effectiveWindow) revert NotLicensed(account);
        _licences[account].validUntil = uint40(Windows.startOf(effectiveWindow));
        VAULT.noteLicence(account, effectiveWindow);
        emit LicenceRevoked(account, effectiveWindow);
    }

    /// @inheritdoc IMeterRegistry
    function registerMeters(Meter[] calldata meters) external {
        for (uint256 i = 0; i < meters.length; ++i) {
            _register(meters[i]);
        }
    }

    /// @inheritdoc IMeterRegistry
    function deactivateMeter(uint32 meterId) external {
        MeterWord word = _meters[meterId];
        if (!word.exists()) revert MeterUnknown(meterId);
        _requireRegistrar(Zones.licenseeOf(word.zoneId()));
        uint32 effectiveWindow = Windows.nextEffective();
        if (word.activeUntilWindow() <= effectiveWindow) revert InvalidMeter(meterId);
        word = word.withActiveUntil(uint24(effectiveWindow));
        _meters[meterId] = word;
        VAULT.noteMeter(word.owner(), meterId, word);
        emit MeterDeactivated(meterId, effectiveWindow);
    }

    /// @inheritdoc IMeterRegistry
    function setAttester(uint8 licensee, address attester, bool allowed) external {
        if (licensee == 0 || licensee > Zones.PEA) revert InvalidLicensee(licensee);
        if (!_hasRole(licensee)) revert NotLicenseeAuthority(msg.sender, licensee);
        uint8 holder = attesterLicensee[attester];
        // One key serves one licensee, and nobody dismisses another's.
        if (attester == address(0) || (holder != 0 && holder != licensee)) revert InvalidAccount();
        attesterLicensee[attester] = allowed ? licensee : 0;
        emit AttesterSet(licensee, attester, allowed);
    }

    /// @inheritdoc IMeterRegistry
    function setDelegate(address device, uint32 untilWindow) external {
        if (device == address(0)) revert InvalidAccount();
        uint32 effective = Windows.nextEffective();
        uint32 until = untilWindow;
        if (until < effective) {
            // Orders in windows that may be committed keep their signer.
            uint32 held = _delegates[msg.sender][device];
            until = held < effective ? held : effective;
        }
        _delegates[msg.sender][device] = until;
        emit DelegateSet(msg.sender, device, until);
    }

    /// @inheritdoc IMeterRegistry
    function meterWord(uint32 meterId) external view returns (uint256) {
        return MeterWord.unwrap(_meters[meterId]);
    }

    /// @inheritdoc IMeterRegistry
    function meterWords(bytes calldata meterIds) external view returns (uint256[] memory) {
        assembly ("memory-safe") {
            // Plain twin: words[i] = _meters[uint32(bytes4(meterIds[i * 4:i * 4 + 4]))], whose encoder copies word by word.
            // 0x00–0x3f is the place of a mapping's key and slot.
            mstore(0x20, _meters.slot)
            let count := shr(2, meterIds.length)
            let answer := mload(0x40)
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), count)
            let place := add(answer, 0x40)
            let end := add(place, shl(5, count))
            for {
                let at := meterIds.offset
            } lt(place, end) {
                place := add(place, 0x20)
                at := add(at, 4)
            } {
                mstore(0, shr(224, calldataload(at)))
                mstore(place, sload(keccak256(0, 0x40)))
            }
            return(answer, sub(end, answer))
        }
    }

    /// @inheritdoc IMeterRegistry
    function licence(address account) external view returns (uint8 tier, uint40 validUntil) {
        Licence memory held = _licences[account];
        return (held.tier, held.validUntil);
    }

    /// @inheritdoc IMeterRegistry
    function isDelegate(address account, address device, uint32 windowId) external view returns (bool) {
        return windowId < _delegates[account][device];
    }

    /// @inheritdoc IMeterRegistry
    function meterPlace(
        uint32 meterId
    ) external view returns (int32 latitudeMicrodegrees, int32 longitudeMicrodegrees) {
        uint64 place = _places[meterId];
        return (int32(uint32(place >> 32)), int32(uint32(place)));
    }

    function _register(Meter calldata meter) private {
        if (meter.meterId == 0) revert InvalidMeter(0);
        if (_meters[meter.meterId].exists()) revert MeterExists(meter.meterId);
        if (meter.owner == address(0)) revert InvalidAccount();
        if (meter.zoneId == 0 || meter.zoneId > Zones.COUNT) revert InvalidZone(meter.zoneId);
        _requireRegistrar(Zones.licenseeOf(meter.zoneId));
        // A consumer's meter injects nothing, every other one something.
        if (meter.source > MAX_SOURCE || (meter.source == 0) != (meter.maxWindowWh == 0)) {
            revert InvalidSource(meter.source);
        }
        _requirePlace(meter.latitudeMicrodegrees, meter.longitudeMicrodegrees);
        MeterWord word = MeterWords.pack(
            meter.owner,
            meter.zoneId,
            meter.source,
            uint24(Windows.NO_END),
            meter.maxWindowWh,
            meter.nodeId
        );
        _meters[meter.meterId] = word;
        VAULT.noteMeter(meter.owner, meter.meterId, word);
        _places[meter.meterId] =
            (uint64(uint32(meter.latitudeMicrodegrees)) << 32) | uint32(meter.longitudeMicrodegrees);
        emit MeterRegistered(
            meter.meterId,
            meter.owner,
            meter.zoneId,
            meter.source,
            meter.maxWindowWh,
            meter.nodeId,
            meter.latitudeMicrodegrees,
            meter.longitudeMicrodegrees
        );
    }

    function _requirePlace(int32 latitude, int32 longitude) private pure {
        bool inside =
            latitude >= MIN_LATITUDE &&
                latitude <= MAX_LATITUDE &&
                longitude >= MIN_LONGITUDE &&
                longitude <= MAX_LONGITUDE;
        if (!inside) revert InvalidPlace(latitude, longitude);
    }

    function _requireRegistrar(uint8 authority_) private view {
        uint64 role = Roles.REGISTRAR + authority_;
        if (!_hasRole(role) && !_hasRole(authority_)) revert NotRegistrar(msg.sender, role);
    }

    function _hasRole(uint64 role) private view returns (bool member) {
        (member, ) = IAccessManager(authority()).hasRole(role, msg.sender);
    }
}
