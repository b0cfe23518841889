// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {RulesWord} from "./RulesWord.sol";

/// @notice Everything of a chunk in memory while it settles.
struct ChunkMemory {
    uint256 windowId;
    /// Counts and places of the chunk's parts. Places count from the chunk's first byte.
    uint256 sellMeterCount;
    uint256 meterCount;
    uint256 accountCount;
    uint256 orderCount;
    uint256 tradeCount;
    uint256 accountsAt;
    uint256 ordersAt;
    uint256 tradesAt;
    RulesWord rules;
    uint256 distributionByZone;
    uint256 shortfallByZone;
    uint256[17] zoneRules;
    /// All zone rules or-ed: 0 when no directive holds.
    uint256 anyRule;
    /// By meter: MeterWord; without owner, and with a bound for maxWindowWh, when it is known from its owner's TradingWord; 0 when no order
    /// names it.
    uint256[] meters;
    /// By selling meter: reading, or NO_READING; what its trades oblige it to inject; how much of that is gone through.
    uint256[] readings;
    uint256[] obligations;
    uint256[] passed;
    /// By account: TradingWord, running balance, new cursor (0 = unchanged).
    uint256[] words;
    uint256[] balances;
    uint256[] cursors;
    /// By order: state word, see ChunkLayout; hash, where fills are stored.
    uint256[] orders;
    uint256[] orderHashes;
    /// See ChunkLayout.hashForm.
    bytes hashForm;
    /// By receiver: congestion, EGAT, MEA, PEA, platform.
    uint256[5] charges;
    bytes record;
}
