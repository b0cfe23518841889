// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Why settlement skipped a trade
/// @notice Written into the record. Twin of settlementCode.ts. 1–11 belong to an order, 20–31 to a trade.
library SettlementCodes {
    uint256 internal constant SETTLED = 0;
    uint256 internal constant SIGNATURE_INVALID = 1;
    uint256 internal constant MALFORMED = 2;
    uint256 internal constant EPOCH_STALE = 3;
    uint256 internal constant EXIT_PENDING = 4;
    uint256 internal constant LICENCE_EXPIRED = 5;
    uint256 internal constant METER_NOT_OWNED = 6;
    uint256 internal constant METER_INACTIVE = 7;
    uint256 internal constant METER_CANNOT_SELL = 8;
    uint256 internal constant CLASS_NOT_ALLOWED = 9;
    uint256 internal constant DIRECTIVE_REQUIRED = 10;
    uint256 internal constant ORDER_REPEATED = 11;
    uint256 internal constant SELL_OVERFILLED = 20;
    uint256 internal constant BUY_OVERFILLED = 21;
    uint256 internal constant BELOW_SELL_LIMIT = 22;
    uint256 internal constant ABOVE_BUY_LIMIT = 23;
    uint256 internal constant PRICE_BAND = 24;
    uint256 internal constant CHARGE_CAP = 25;
    uint256 internal constant LOSS_CAP = 26;
    uint256 internal constant ZONE_HALTED = 27;
    uint256 internal constant DIRECTIVE_CAP = 28;
    uint256 internal constant FUNDS_INSUFFICIENT = 29;
    uint256 internal constant READING_MISSING = 30;
    uint256 internal constant SIDE_MISMATCH = 31;
}
