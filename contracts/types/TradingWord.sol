// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccountWord} from "./AccountWord.sol";
import {MeterWord} from "./MeterWord.sol";

/// @notice All that settlement needs of an account whose orders trade its main meter and have nothing special, in one slot.
///
/// | bits    | field            | meaning |
/// |---------|------------------|---------|
/// | 0–63    | balanceMsat      | as in `AccountWord` |
/// | 64–95   | epoch            | as in `AccountWord` |
/// | 96–119  | clearUntilWindow | from this window on settlement asks for the whole `AccountWord` and the meter's word |
/// | 120–151 | meterId          | the main meter; 0 = none |
/// | 152–156 | zoneId           | its zone |
/// | 157–160 | source           | its source |
/// | 161–167 | reach            | e (low 5 bits) and m: it can inject at least ⌊(4 + m) · 2^e / 4⌋ Wh in a window |
/// | 168–255 | cursor           | as in `AccountWord` |
///
/// Its fields say less than the words they are taken from, never something else: an order they do not clear is judged by those.
type TradingWord is uint256;

/// @notice The rest of an account in a second slot, read when something changes and by orders that are special.
///
/// | bits    | field            | meaning |
/// |---------|------------------|---------|
/// | 0–23    | meterUntilWindow | first window the main meter may not be traded in |
/// | 96–119  | epochFromWindow  | as in `AccountWord` |
/// | 120–143 | exitFromWindow   | as in `AccountWord` |
/// | 144–167 | licensedUntilWindow | as in `AccountWord` |
type StandingWord is uint256;

/// @title The two stored words of an account
/// @notice Takes an account apart into its stored words and puts it together again.
library TradingWords {
    /// @dev Of an `AccountWord`: what the standing word has.
    uint256 private constant STANDING_BITS = uint256(type(uint72).max) << 96;
    /// @dev Of a `TradingWord`: the main meter.
    uint256 private constant METER_BITS = uint256(type(uint48).max) << 120;

    /// @notice The account as one word.
    /// @param trading The first slot.
    /// @param standing The second slot.
    function whole(TradingWord trading, StandingWord standing) internal pure returns (AccountWord) {
        return
            AccountWord.wrap(
                (TradingWord.unwrap(trading) & ~STANDING_BITS) | (StandingWord.unwrap(standing) & STANDING_BITS)
            );
    }

    /// @notice The second slot with what an account's word says.
    /// @param standing The second slot.
    /// @param account The account as one word.
    function withAccount(StandingWord standing, AccountWord account) internal pure returns (StandingWord) {
        uint256 kept = StandingWord.unwrap(standing) & ~STANDING_BITS;
        return StandingWord.wrap(kept | (AccountWord.unwrap(account) & STANDING_BITS));
    }

    /// @notice The second slot with the main meter's end.
    /// @param standing The second slot.
    /// @param untilWindow First window the meter may not be traded in.
    function withMeterUntil(StandingWord standing, uint256 untilWindow) internal pure returns (StandingWord) {
        uint256 kept = StandingWord.unwrap(standing) & ~uint256(type(uint24).max);
        return StandingWord.wrap(kept | uint24(untilWindow));
    }

    /// @notice First window the main meter may not be traded in.
    /// @param standing The second slot.
    function meterUntilWindow(StandingWord standing) internal pure returns (uint256) {
        return uint24(StandingWord.unwrap(standing));
    }

    /// @notice The main meter; 0 = none.
    /// @param trading The first slot.
    function meterId(TradingWord trading) internal pure returns (uint32) {
        return uint32(TradingWord.unwrap(trading) >> 120);
    }

    /// @notice The first slot with another main meter.
    /// @param trading The first slot.
    /// @param id The meter's number.
    /// @param meter The meter.
    function withMeter(TradingWord trading, uint32 id, MeterWord meter) internal pure returns (TradingWord) {
        uint256 facts = uint256(meter.zoneId()) | (uint256(meter.source()) << 5) | (_reach(meter.maxWindowWh()) << 9);
        uint256 kept = TradingWord.unwrap(trading) & ~METER_BITS;
        return TradingWord.wrap(kept | (uint256(id) << 120) | (facts << 152));
    }

    /// @notice What a meter can inject at least in a window, by what a first slot says of it.
    /// @param facts Its zone, source and reach, 8 bits higher than in a `TradingWord`.
    function boundOf(uint256 facts) internal pure returns (uint256) {
        unchecked {
            return ((4 + ((facts >> 174) & 3)) << ((facts >> 169) & 0x1f)) >> 2;
        }
    }

    /// @notice The first slot after a change: what the account's word says, and until when nothing is in the way.
    /// @param trading The first slot.
    /// @param standing The second slot after the change.
    /// @param account The account as one word after the change.
    function refreshed(
        TradingWord trading,
        StandingWord standing,
        AccountWord account
    ) internal pure returns (TradingWord) {
        uint256 clearUntil = account.licensedUntilWindow();
        uint256 exitFrom = account.exitFromWindow();
        if (exitFrom != 0 && exitFrom < clearUntil) clearUntil = exitFrom;
        if (meterUntilWindow(standing) < clearUntil) clearUntil = meterUntilWindow(standing);
        return
            TradingWord.wrap(
                (AccountWord.unwrap(account) & ~STANDING_BITS) |
                    (TradingWord.unwrap(trading) & METER_BITS) |
                    (clearUntil << 96)
            );
    }

    /// @dev The two digits behind the leading one are m. 0 for 0 too, which only a meter without a source has: it cannot sell.
    function _reach(uint256 mostWh) private pure returns (uint256) {
        uint256 exponent;
        while (mostWh >> exponent > 1) ++exponent;
        uint256 digits = ((mostWh << 2) >> exponent) & 3;
        return exponent | (digits << 5);
    }
}
