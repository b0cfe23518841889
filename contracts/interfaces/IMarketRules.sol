// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title The regulator's schedule
/// @notice Price band, charges, loss cap and shortfall price, versioned by the window they start with. A version is
/// published so far ahead that no window it touches has a trading session yet.
interface IMarketRules {
    /// @notice One version. Prices and charges in sat/kWh.
    /// @param distributionSatPerKwh Use of the licensee's network, by zone (index zoneId − 1).
    /// @param transmissionSatPerKwh Use of the transmission network, for trades between zones.
    /// @param lossCapPermille The most loss a trade may lay on the seller, per mille of the energy.
    struct Rules {
        uint32 fromWindow;
        uint16 floorSatPerKwh;
        uint16 ceilingSatPerKwh;
        uint16 tickSatPerKwh;
        uint16[16] distributionSatPerKwh;
        uint16 transmissionSatPerKwh;
        uint16 platformSatPerKwh;
        uint16 congestionCapSatPerKwh;
        uint16 lossCapPermille;
        uint16 shortfallSatPerKwh;
        uint16 shortfallMinSatPerKwh;
        uint16 shortfallMaxSatPerKwh;
    }

    /// @notice A version of the rules was published.
    /// @param fromWindow First window the version is in force for.
    /// @param rules The version.
    event RulesPublished(uint32 indexed fromWindow, Rules rules);
    /// @notice Shortfall prices of a window by zone, 16 bits each, zone 1 lowest; 0 is the rules' price.
    /// @param windowId The delivery window.
    /// @param pricesByZone 16 bits each in sat/kWh, zone 1 lowest; 0 keeps the rules' price.
    event ShortfallPricesSet(uint32 indexed windowId, uint256 pricesByZone);

    error RulesTooSoon(uint32 fromWindow, uint32 earliest);
    error RulesOutOfOrder(uint32 fromWindow, uint32 last);
    error InvalidRules();
    error NoRules(uint32 windowId);
    error ShortfallPriceOutOfBand(uint8 zoneId, uint16 satPerKwh);
    error WindowStarted(uint32 windowId);
    /// @notice The rules of that window may still change.
    error WindowTooFarAhead(uint32 windowId, uint32 latest);

    /// @notice Publishes a version. ERC.
    /// @param rules The version.
    function publishRules(Rules calldata rules) external;

    /// @notice Sets shortfall prices of a window that has not begun, within the regulator's band. The system operator.
    /// @param windowId The delivery window.
    /// @param pricesByZone 16 bits each in sat/kWh, zone 1 lowest; 0 keeps the rules' price.
    function setShortfallPrices(uint32 windowId, uint256 pricesByZone) external;

    /// @notice The version in force for `windowId`, readable.
    /// @param windowId The delivery window.
    function rulesAt(uint32 windowId) external view returns (Rules memory);

    /// @notice The version in force, packed as `RulesWord` tells: parameters, distribution charges and shortfall prices.
    /// @param windowId The delivery window.
    /// @return parameters A `RulesWord`.
    /// @return distributionByZone 16 bits each, zone 1 lowest.
    /// @return shortfallByZone 16 bits each, zone 1 lowest; 0 is the rules' price.
    function packedRulesAt(
        uint32 windowId
    ) external view returns (uint256 parameters, uint256 distributionByZone, uint256 shortfallByZone);

    /// @notice The version in force, packed, without the window's shortfall prices: those only matter where a trade falls short.
    /// @param windowId The delivery window.
    /// @return parameters A `RulesWord`.
    /// @return distributionByZone 16 bits each, zone 1 lowest.
    function tariffsAt(uint32 windowId) external view returns (uint256 parameters, uint256 distributionByZone);

    /// @notice Shortfall prices of a window.
    /// @param windowId The delivery window.
    /// @return pricesByZone 16 bits each, zone 1 lowest; 0 is the rules' price.
    function shortfallPrices(uint32 windowId) external view returns (uint256 pricesByZone);

    /// @notice The first window a version published now may start with.
    function earliestWindow() external view returns (uint32);
}
