// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IMarketRules} from "./interfaces/IMarketRules.sol";
import {Windows} from "./libraries/Windows.sol";
import {RulesWord} from "./types/RulesWord.sol";

/// @title The regulator's schedule
/// @notice See IMarketRules.
contract MarketRules is IMarketRules, AccessManaged {
    /// @notice Longer than from the opening of a session (16:00 the day before) to its last window.
    uint256 public constant NOTICE_SECONDS = 36 hours;
    uint256 private constant ZONES = 16;
    uint16 private constant MAX_LOSS_PERMILLE = 500;

    struct Version {
        RulesWord parameters;
        uint256 distributionByZone;
    }

    Version[] private _versions;
    /// @dev The last of them once more, at a fixed place: what nearly every window asks for.
    Version private _newest;
    mapping(uint32 windowId => uint256 pricesByZone) private _shortfallPrices;

    /// @notice Deployed once; the rest is wired by the manager.
    /// @param manager The AccessManager that restricted functions ask.
    /// @param first The version in force from the beginning.
    constructor(address manager, Rules memory first) AccessManaged(manager) {
        _publish(first);
    }

    /// @inheritdoc IMarketRules
    function publishRules(Rules calldata rules) external restricted {
        uint32 earliest = earliestWindow();
        if (rules.fromWindow < earliest) revert RulesTooSoon(rules.fromWindow, earliest);
        uint32 last = _versions[_versions.length - 1].parameters.fromWindow();
        if (rules.fromWindow <= last) revert RulesOutOfOrder(rules.fromWindow, last);
        _publish(rules);
    }

    /// @inheritdoc IMarketRules
    function setShortfallPrices(uint32 windowId, uint256 pricesByZone) external restricted {
        if (windowId <= Windows.current()) revert WindowStarted(windowId);
        // From there on the regulator may still narrow the band the prices are held against.
        uint32 latest = earliestWindow() - 1;
        if (windowId > latest) revert WindowTooFarAhead(windowId, latest);
        RulesWord parameters = _versionAt(windowId).parameters;
        for (uint256 zone = 0; zone < ZONES; ++zone) {
            uint16 price = uint16(pricesByZone >> (16 * zone));
            bool outside = price < parameters.shortfallMinSatPerKwh() || price > parameters.shortfallMaxSatPerKwh();
            if (price != 0 && outside) revert ShortfallPriceOutOfBand(uint8(zone + 1), price);
        }
        _shortfallPrices[windowId] = pricesByZone;
        emit ShortfallPricesSet(windowId, pricesByZone);
    }

    /// @inheritdoc IMarketRules
    function rulesAt(uint32 windowId) external view returns (Rules memory rules) {
        Version storage version = _versionAt(windowId);
        RulesWord word = version.parameters;
        rules.fromWindow = word.fromWindow();
        rules.floorSatPerKwh = word.floorSatPerKwh();
        rules.ceilingSatPerKwh = word.ceilingSatPerKwh();
        rules.tickSatPerKwh = word.tickSatPerKwh();
        rules.transmissionSatPerKwh = word.transmissionSatPerKwh();
        rules.platformSatPerKwh = word.platformSatPerKwh();
        rules.congestionCapSatPerKwh = word.congestionCapSatPerKwh();
        rules.lossCapPermille = word.lossCapPermille();
        rules.shortfallSatPerKwh = word.shortfallSatPerKwh();
        rules.shortfallMinSatPerKwh = word.shortfallMinSatPerKwh();
        rules.shortfallMaxSatPerKwh = word.shortfallMaxSatPerKwh();
        for (uint256 zone = 0; zone < ZONES; ++zone) {
            rules.distributionSatPerKwh[zone] = uint16(version.distributionByZone >> (16 * zone));
        }
    }

    /// @inheritdoc IMarketRules
    function packedRulesAt(
        uint32 windowId
    ) external view returns (uint256 parameters, uint256 distributionByZone, uint256 shortfallByZone) {
        Version storage version = _versionAt(windowId);
        return (RulesWord.unwrap(version.parameters), version.distributionByZone, _shortfallPrices[windowId]);
    }

    /// @inheritdoc IMarketRules
    function tariffsAt(uint32 windowId) external view returns (uint256 parameters, uint256 distributionByZone) {
        bool isNewest = _newest.parameters.fromWindow() <= windowId;
        Version storage version = isNewest ? _newest : _versionAt(windowId);
        return (RulesWord.unwrap(version.parameters), version.distributionByZone);
    }

    /// @inheritdoc IMarketRules
    function shortfallPrices(uint32 windowId) external view returns (uint256) {
        return _shortfallPrices[windowId];
    }

    /// @notice Number of versions published.
    function versionCount() external view returns (uint256) {
        return _versions.length;
    }

    /// @inheritdoc IMarketRules
    function earliestWindow() public view returns (uint32) {
        return uint32((block.timestamp + NOTICE_SECONDS) / Windows.SECONDS) + 1;
    }

    function _publish(Rules memory rules) private {
        bool sound =
            rules.floorSatPerKwh != 0 &&
                rules.floorSatPerKwh <= rules.ceilingSatPerKwh &&
                rules.tickSatPerKwh != 0 &&
                rules.lossCapPermille <= MAX_LOSS_PERMILLE &&
                rules.shortfallMinSatPerKwh <= rules.shortfallSatPerKwh &&
                rules.shortfallSatPerKwh <= rules.shortfallMaxSatPerKwh;
        if (!sound) revert InvalidRules();
        uint256 parameters =
            uint256(rules.fromWindow) |
                (uint256(rules.floorSatPerKwh) << 32) |
                (uint256(rules.ceilingSatPerKwh) << 48) |
                (uint256(rules.tickSatPerKwh) << 64) |
                (uint256(rules.transmissionSatPerKwh) << 80) |
                (uint256(rules.platformSatPerKwh) << 96) |
                (uint256(rules.congestionCapSatPerKwh) << 112) |
                (uint256(rules.lossCapPermille) << 128) |
                (uint256(rules.shortfallSatPerKwh) << 144) |
                (uint256(rules.shortfallMinSatPerKwh) << 160) |
                (uint256(rules.shortfallMaxSatPerKwh) << 176);
        uint256 distributionByZone;
        for (uint256 zone = 0; zone < ZONES; ++zone) {
            distributionByZone |= uint256(rules.distributionSatPerKwh[zone]) << (16 * zone);
        }
        _newest = Version(RulesWord.wrap(parameters), distributionByZone);
        _versions.push(_newest);
        emit RulesPublished(rules.fromWindow, rules);
    }

    /// @dev From the newest backwards: settlement asks for one of the last two.
    function _versionAt(uint32 windowId) private view returns (Version storage) {
        for (uint256 i = _versions.length; i != 0; --i) {
            if (_versions[i - 1].parameters.fromWindow() <= windowId) return _versions[i - 1];
        }
        revert NoRules(windowId);
    }
}
