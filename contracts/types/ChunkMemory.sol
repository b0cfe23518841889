// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Words} from "../libraries/Words.sol";
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
    /// By meter: MeterWord, or what its owner's TradingWord says of it at the place of zone and source in a MeterWord, without an owner;
    /// 0 when no order names it.
    uint256[] meters;
    /// By selling meter: the complement of its reading, 0 when there is none; what its trades oblige it to inject; how much of that is
    /// gone through.
    uint256[] readings;
    uint256[] obligations;
    uint256[] passed;
    /// By account: TradingWord until its orders are read, then its funds: balance before the chunk − account · 2^96.
    uint256[] words;
    /// UPDATES_HEADER_WORDS, then by account two words for the vault: account · 2^96 + change of the balance; new cursor (0 = unchanged).
    /// Funds and the first of them sum to the balance now.
    uint256[] updates;
    /// By order: state word, see ChunkLayout; hash, where fills are stored.
    uint256[] orders;
    uint256[] orderHashes;
    bytes record;
}

using ChunkMemories for ChunkMemory global;

/// @title Reads and changes a chunk in memory
/// @notice For everything but the loops in assembly. An index is below the length of its array: it was checked when it was read.
library ChunkMemories {
    using Words for uint256[];

    /// @notice Words before the first update: room for the head of the call to the vault.
    uint256 internal constant UPDATES_HEADER_WORDS = 7;
    /// @notice No reading yet.
    uint256 internal constant NO_READING = type(uint256).max;

    /// @notice A meter's reading in Wh, or NO_READING.
    /// @param held The chunk.
    /// @param meterIndex The selling meter.
    function reading(ChunkMemory memory held, uint256 meterIndex) internal pure returns (uint256) {
        return ~held.readings.get(meterIndex);
    }

    /// @notice Replaces a meter's reading.
    /// @param held The chunk.
    /// @param meterIndex The selling meter.
    /// @param exportedWh The reading.
    function setReading(ChunkMemory memory held, uint256 meterIndex, uint256 exportedWh) internal pure {
        held.readings.set(meterIndex, ~exportedWh);
    }

    /// @notice An account's balance after the trades so far.
    /// @param held The chunk.
    /// @param accountIndex The account.
    function balanceMsat(ChunkMemory memory held, uint256 accountIndex) internal pure returns (uint256) {
        unchecked {
            return held.words.get(accountIndex) + held.updates.get(UPDATES_HEADER_WORDS + 2 * accountIndex);
        }
    }

    /// @notice Takes from an account what the caller knows it has.
    /// @param held The chunk.
    /// @param accountIndex The account.
    /// @param amountMsat How much.
    function debit(ChunkMemory memory held, uint256 accountIndex, uint256 amountMsat) internal pure {
        unchecked {
            held.updates.increase(UPDATES_HEADER_WORDS + 2 * accountIndex, 0 - amountMsat);
        }
    }

    /// @notice Gives to an account.
    /// @param held The chunk.
    /// @param accountIndex The account.
    /// @param amountMsat How much.
    function credit(ChunkMemory memory held, uint256 accountIndex, uint256 amountMsat) internal pure {
        unchecked {
            held.updates.increase(UPDATES_HEADER_WORDS + 2 * accountIndex, amountMsat);
        }
    }

    /// @notice Notes a filled buy: of an account's buys the one with the highest sequence leaves its cursor, or a cursor that says that
    /// its fills are stored. Plain twin of what TradePass does.
    /// @param held The chunk.
    /// @param accountIndex The account.
    /// @param sequence Of the order.
    /// @param filledWh Of it so far.
    /// @param stored Whether fills are stored.
    function noteFill(
        ChunkMemory memory held,
        uint256 accountIndex,
        uint256 sequence,
        uint256 filledWh,
        bool stored
    ) internal pure {
        unchecked {
            uint256 place = UPDATES_HEADER_WORDS + 2 * accountIndex + 1;
            if (stored) {
                held.updates.set(place, held.windowId);
            } else if (sequence >= uint32(held.updates.get(place) >> 24)) {
                held.updates.set(place, held.windowId | (sequence << 24) | (filledWh << 56));
            }
        }
    }
}
