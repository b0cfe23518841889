// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

uint256 constant AT_FORM = 0x400;
uint256 constant AT_TRADER = 0x420;
uint256 constant AT_METER = 0x440;
uint256 constant AT_WINDOW = 0x460;
uint256 constant AT_SIDE = 0x480;
uint256 constant AT_CLASS = 0x4a0;
uint256 constant AT_TIME_IN_FORCE = 0x4c0;
uint256 constant AT_FLAGS = 0x4e0;
uint256 constant AT_PRICE = 0x500;
uint256 constant AT_ENERGY = 0x520;
uint256 constant AT_SEQUENCE = 0x540;
uint256 constant AT_EPOCH = 0x560;
uint256 constant AT_VALID_UNTIL = 0x580;
uint256 constant AT_DIRECTIVE = 0x5a0;
uint256 constant AT_DIGESTED = 0x5c0;
uint256 constant AT_SEPARATOR = 0x5c2;
uint256 constant AT_STRUCT_HASH = 0x5e2;
uint256 constant AT_DIGEST = 0x620;
uint256 constant AT_RECOVERY = 0x640;
uint256 constant AT_R = 0x660;
uint256 constant AT_S = 0x680;
uint256 constant AT_METER_IDS = 0x6a0;
uint256 constant AT_METERS = 0x6c0;
uint256 constant AT_METER_COUNT = 0x6e0;
uint256 constant AT_SELL_METER_COUNT = 0x700;
uint256 constant AT_ORDERS_END = 0x720;
uint256 constant AT_ACCOUNTS_END = 0x740;
uint256 constant AT_NEXT_ACCOUNT = 0x760;
uint256 constant AT_NEXT_COUNT = 0x780;
uint256 constant AT_NEXT_WORD = 0x7a0;
uint256 constant AT_NEXT_UPDATE = 0x7c0;
uint256 constant AT_NEXT_INDEX = 0x7e0;
uint256 constant AT_NOT_PLAIN = 0x800;
uint256 constant AT_LAST_METER = 0x820;
uint256 constant AT_LICENSEE = 0x840;
uint256 constant AT_BEYOND = 0x860;
uint256 constant AT_ORDERS = 0x880;
uint256 constant AT_ORDER_COUNT = 0x8a0;
uint256 constant AT_READINGS = 0x8c0;
uint256 constant AT_OBLIGATIONS = 0x8e0;
uint256 constant AT_FUNDS = 0x900;
uint256 constant AT_UPDATES = 0x920;
uint256 constant AT_TRANSMISSION = 0x940;
uint256 constant AT_PLATFORM = 0x960;
uint256 constant AT_ANYWHERE = 0x980;
uint256 constant AT_FLOOR = 0x9a0;
uint256 constant AT_CEILING = 0x9c0;
uint256 constant AT_LOSS_CAP = 0x9e0;
uint256 constant AT_CHARGES = 0xa00;
uint256 constant AT_ZONES = 0xa20;

/// @title Fixed places in memory
/// @notice What the loops over orders and trades read and write all the time lies at addresses known when they are compiled: an
/// access is one push and one load. The places are a block of allocated memory like any other, wide enough to cover these
/// addresses wherever the compiler's own memory ends.
///
/// The form of an order's EIP-712 hash: 14 words of the struct; `0x1901`, the domain separator and the struct's hash
/// | address | place |
/// |---------|-------|
/// | 0x400 | FORM, the type hash |
/// | 0x420 | TRADER |
/// | 0x440 | METER, its number |
/// | 0x460 | WINDOW, the delivery window |
/// | 0x480 | SIDE |
/// | 0x4a0 | CLASS |
/// | 0x4c0 | TIME_IN_FORCE |
/// | 0x4e0 | FLAGS, post-only and self-trade mode |
/// | 0x500 | PRICE |
/// | 0x520 | ENERGY |
/// | 0x540 | SEQUENCE |
/// | 0x560 | EPOCH |
/// | 0x580 | VALID_UNTIL |
/// | 0x5a0 | DIRECTIVE |
/// | 0x5c0 | DIGESTED, `0x1901` |
/// | 0x5c2 | SEPARATOR, the domain separator |
/// | 0x5e2 | STRUCT_HASH |
///
/// The question to ecrecover
/// | address | place |
/// |---------|-------|
/// | 0x620 | DIGEST |
/// | 0x640 | RECOVERY, 27 or 28 |
/// | 0x660 | R |
/// | 0x680 | S |
///
/// While orders are read
/// | address | place |
/// |---------|-------|
/// | 0x6a0 | METER_IDS, where the first meter's number is, in calldata |
/// | 0x6c0 | METERS, where the first meter is |
/// | 0x6e0 | METER_COUNT, how many meters a buy may name |
/// | 0x700 | SELL_METER_COUNT, how many a sell may name |
/// | 0x720 | ORDERS_END, where the orders' states end |
/// | 0x740 | ACCOUNTS_END, where the accounts end, in calldata |
/// | 0x760 | NEXT_ACCOUNT, where the next account is, in calldata |
/// | 0x780 | NEXT_COUNT, where its order count is, in calldata |
/// | 0x7a0 | NEXT_WORD, where its TradingWord is |
/// | 0x7c0 | NEXT_UPDATE, where its update is |
/// | 0x7e0 | NEXT_INDEX, its index, where an order's state has it |
/// | 0x800 | NOT_PLAIN, 1 once there was an objection |
///
/// While readings are taken
/// | address | place |
/// |---------|-------|
/// | 0x820 | LAST_METER, number of the last selling meter |
/// | 0x840 | LICENSEE, whose attester signed |
/// | 0x860 | BEYOND, 1 once a reading was above what is known of its meter |
///
/// While trades are settled
/// | address | place |
/// |---------|-------|
/// | 0x880 | ORDERS, where the first order's state is |
/// | 0x8a0 | ORDER_COUNT |
/// | 0x8c0 | READINGS, where the first reading is |
/// | 0x8e0 | OBLIGATIONS, where the first obligation is |
/// | 0x900 | FUNDS, where the first account's funds are |
/// | 0x920 | UPDATES, where the first account's update is |
/// | 0x940 | TRANSMISSION, sat/kWh |
/// | 0x960 | PLATFORM, sat/kWh |
/// | 0x980 | ANYWHERE, what may be charged whatever the zones, sat/kWh |
/// | 0x9a0 | FLOOR, sat/kWh; above every price when a directive holds |
/// | 0x9c0 | CEILING, sat/kWh |
/// | 0x9e0 | LOSS_CAP, permille |
/// | 0xa00 | CHARGES, an AccruedWord |
///
/// By zone
/// | address | place |
/// |---------|-------|
/// | 0xa20 | ZONES, 32 words, as many as the bits of a zone can name: what an order's state says of its zone |
library Places {
    uint256 private constant END = 0xe20;

    /// @notice Takes the places, all zero. To be called before anything else is allocated.
    function take() internal pure {
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        // The compiler's own memory ends below: where it did not, nothing at all would settle.
        assert(free <= AT_FORM);
        assembly ("memory-safe") {
            // Up to END everything is allocated now, and nobody has written there.
            mstore(0x40, END)
        }
    }
}
