// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Byte layout of a chunk, and the words settlement keeps in memory
/// @notice A chunk is: header, meters, account groups with their orders, trades.
///
/// Header, 16 bytes
/// | offset | bytes | field |
/// |--------|-------|-------|
/// | 0  | 4 | windowId |
/// | 4  | 2 | chunkIndex |
/// | 6  | 2 | sellMeterCount |
/// | 8  | 2 | meterCount (selling ones first, ascending) |
/// | 10 | 2 | accountCount |
/// | 12 | 2 | orderCount |
/// | 14 | 2 | tradeCount |
///
/// Meter, 4 bytes: meterId.
///
/// Account group, 22 bytes and its orders; groups ascend by account
/// | 0  | 20 | account |
/// | 20 | 2  | bit 15: buys use stored fills; bits 14–0: number of orders |
///
/// Order, 27 bytes and its signature; orders of a group ascend by sequence
/// | 0  | 1 | bit 0 side, bits 1–2 class, bits 3–4 time in force, bit 5 post-only, bits 6–7 self-trade mode |
/// | 1  | 1 | bit 0: contract signature |
/// | 2  | 2 | meter index in this chunk |
/// | 4  | 2 | priceSatPerKwh |
/// | 6  | 4 | energyWh |
/// | 10 | 4 | sequence |
/// | 14 | 4 | epoch |
/// | 18 | 5 | validUntil |
/// | 23 | 4 | directiveId |
/// | 27 | 64 | ERC-2098 signature; or 2 bytes length and an ERC-1271 signature |
///
/// Trade, 16 bytes
/// | 0  | 2 | sell order index in this chunk |
/// | 2  | 2 | buy order index in this chunk |
/// | 4  | 4 | energyWh |
/// | 8  | 4 | lossWh |
/// | 12 | 2 | sellerPriceSatPerKwh |
/// | 14 | 2 | buyerPriceSatPerKwh |
///
/// Order state (memory only)
/// | bits    | field |
/// |---------|-------|
/// | 0–15    | account index |
/// | 16–31   | meter index |
/// | 32–47   | limit price |
/// | 48–79   | energyWh |
/// | 80–111  | filled Wh |
/// | 112–143 | sequence |
/// | 144     | sell |
/// | 145     | stored fills |
/// | 146     | filled in this chunk |
/// | 152–159 | settlement code |
library ChunkLayout {
    uint256 internal constant HEADER_BYTES = 16;
    uint256 internal constant METER_BYTES = 4;
    uint256 internal constant GROUP_BYTES = 22;
    uint256 internal constant ORDER_HEAD_BYTES = 27;
    uint256 internal constant TRADE_BYTES = 16;
    uint256 private constant SIGNATURE_BYTES = 64;
    uint256 private constant STATE_SELL = 1 << 144;
    uint256 private constant STATE_STORED = 1 << 145;
    uint256 private constant STATE_TOUCHED = 1 << 146;

    struct Header {
        uint32 windowId;
        uint16 chunkIndex;
        uint256 sellMeterCount;
        uint256 meterCount;
        uint256 accountCount;
        uint256 orderCount;
        uint256 tradeCount;
    }

    /// @notice The 32 bytes at `at`; beyond the end they are whatever follows in calldata, so callers check lengths.
    /// @param chunk The chunk.
    /// @param at Offset in bytes.
    /// @return value The 32 bytes.
    function word(bytes calldata chunk, uint256 at) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            // Plain Solidity would copy a slice: uint256(bytes32(chunk[at:at + 32])).
            value := calldataload(add(chunk.offset, at))
        }
    }

    function header(bytes calldata chunk) internal pure returns (Header memory) {
        uint256 value = word(chunk, 0);
        return
            Header({
                windowId: uint32(value >> 224),
                chunkIndex: uint16(value >> 208),
                sellMeterCount: uint16(value >> 192),
                meterCount: uint16(value >> 176),
                accountCount: uint16(value >> 160),
                orderCount: uint16(value >> 144),
                tradeCount: uint16(value >> 128)
            });
    }

    function meterId(bytes calldata chunk, uint256 index) internal pure returns (uint32) {
        return uint32(word(chunk, HEADER_BYTES + index * METER_BYTES) >> 224);
    }

    function group(
        bytes calldata chunk,
        uint256 at
    ) internal pure returns (address account, uint256 count, bool stored) {
        uint256 value = word(chunk, at);
        return (address(uint160(value >> 96)), (value >> 80) & 0x7fff, (value >> 95) & 1 != 0);
    }

    /// @notice Length of the order at `at` with its signature.
    /// @param chunk The chunk.
    /// @param at Offset in bytes.
    function orderBytes(bytes calldata chunk, uint256 at) internal pure returns (uint256) {
        uint256 head = word(chunk, at);
        if (!orderHasContractSignature(head)) return ORDER_HEAD_BYTES + SIGNATURE_BYTES;
        return ORDER_HEAD_BYTES + 2 + uint16(head >> 24);
    }

    function orderSide(uint256 head) internal pure returns (uint256) {
        return (head >> 248) & 1;
    }

    function orderClass(uint256 head) internal pure returns (uint256) {
        return (head >> 249) & 3;
    }

    function orderHasContractSignature(uint256 head) internal pure returns (bool) {
        return (head >> 240) & 1 != 0;
    }

    function orderMeterIndex(uint256 head) internal pure returns (uint256) {
        return uint16(head >> 224);
    }

    function orderPrice(uint256 head) internal pure returns (uint256) {
        return uint16(head >> 208);
    }

    function orderEnergy(uint256 head) internal pure returns (uint256) {
        return uint32(head >> 176);
    }

    function orderSequence(uint256 head) internal pure returns (uint32) {
        return uint32(head >> 144);
    }

    function orderEpoch(uint256 head) internal pure returns (uint32) {
        return uint32(head >> 112);
    }

    function orderDirectiveId(uint256 head) internal pure returns (uint32) {
        return uint32(head >> 40);
    }

    function compactSignature(bytes calldata chunk, uint256 at) internal pure returns (bytes32 r, bytes32 vs) {
        r = bytes32(word(chunk, at + ORDER_HEAD_BYTES));
        vs = bytes32(word(chunk, at + ORDER_HEAD_BYTES + 32));
    }

    function contractSignature(bytes calldata chunk, uint256 at) internal pure returns (bytes calldata) {
        uint256 from = at + ORDER_HEAD_BYTES + 2;
        return chunk[from:at + orderBytes(chunk, at)];
    }

    /// @notice EIP-712 hash of an order. Plain twin: `keccak256(abi.encode(typehash, trader, …))` and `toTypedDataHash`.
    /// @param typehash EIP-712 type hash of an order.
    /// @param separator EIP-712 domain separator.
    /// @param head First 32 bytes of the order.
    /// @param trader The group's account.
    /// @param meterId_ The order's meter.
    /// @param windowId The delivery window.
    /// @return digest What the trader signs.
    function orderHash(
        bytes32 typehash,
        bytes32 separator,
        uint256 head,
        address trader,
        uint32 meterId_,
        uint32 windowId
    ) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            // 14 words behind the free pointer, used at once and left: abi.encode would allocate 480 bytes per order.
            let at := mload(0x40)
            mstore(at, typehash)
            mstore(add(at, 0x20), trader)
            mstore(add(at, 0x40), meterId_)
            mstore(add(at, 0x60), windowId)
            mstore(add(at, 0x80), and(shr(248, head), 1))
            mstore(add(at, 0xa0), and(shr(249, head), 3))
            mstore(add(at, 0xc0), and(shr(251, head), 3))
            mstore(add(at, 0xe0), shr(253, head))
            mstore(add(at, 0x100), and(shr(208, head), 0xffff))
            mstore(add(at, 0x120), and(shr(176, head), 0xffffffff))
            mstore(add(at, 0x140), and(shr(144, head), 0xffffffff))
            mstore(add(at, 0x160), and(shr(112, head), 0xffffffff))
            mstore(add(at, 0x180), and(shr(72, head), 0xffffffffff))
            mstore(add(at, 0x1a0), and(shr(40, head), 0xffffffff))
            let structHash := keccak256(at, 0x1c0)
            mstore(at, shl(240, 0x1901))
            mstore(add(at, 2), separator)
            mstore(add(at, 34), structHash)
            digest := keccak256(at, 66)
        }
    }

    function orderState(
        uint256 head,
        uint256 accountIndex,
        uint256 filled,
        bool stored,
        uint256 code
    ) internal pure returns (uint256 state) {
        state =
            accountIndex |
            (orderMeterIndex(head) << 16) |
            (orderPrice(head) << 32) |
            (orderEnergy(head) << 48) |
            (filled << 80) |
            (uint256(orderSequence(head)) << 112) |
            (code << 152);
        if (orderSide(head) == 1) state |= STATE_SELL;
        if (stored) state |= STATE_STORED;
    }

    function stateAccountIndex(uint256 state) internal pure returns (uint256) {
        return uint16(state);
    }

    function stateMeterIndex(uint256 state) internal pure returns (uint256) {
        return uint16(state >> 16);
    }

    function statePrice(uint256 state) internal pure returns (uint256) {
        return uint16(state >> 32);
    }

    function stateEnergy(uint256 state) internal pure returns (uint256) {
        return uint32(state >> 48);
    }

    function stateFilled(uint256 state) internal pure returns (uint256) {
        return uint32(state >> 80);
    }

    function stateSequence(uint256 state) internal pure returns (uint256) {
        return uint32(state >> 112);
    }

    function stateIsSell(uint256 state) internal pure returns (bool) {
        return state & STATE_SELL != 0;
    }

    function stateStored(uint256 state) internal pure returns (bool) {
        return state & STATE_STORED != 0;
    }

    function stateTouched(uint256 state) internal pure returns (bool) {
        return state & STATE_TOUCHED != 0;
    }

    function stateCode(uint256 state) internal pure returns (uint256) {
        return uint8(state >> 152);
    }

    /// @notice Adds a fill the caller has checked against the order's energy, so it stays within its 32 bits.
    /// @param state The order's state word.
    /// @param energyWh Wh to add.
    function addFill(uint256 state, uint256 energyWh) internal pure returns (uint256) {
        return (state + (energyWh << 80)) | STATE_TOUCHED;
    }

    function trade(bytes calldata chunk, uint256 tradesAt, uint256 index) internal pure returns (uint256) {
        return word(chunk, tradesAt + index * TRADE_BYTES) >> 128;
    }

    function tradeSellIndex(uint256 packed) internal pure returns (uint256) {
        return uint16(packed >> 112);
    }

    function tradeBuyIndex(uint256 packed) internal pure returns (uint256) {
        return uint16(packed >> 96);
    }

    function tradeEnergy(uint256 packed) internal pure returns (uint256) {
        return uint32(packed >> 64);
    }

    function tradeLoss(uint256 packed) internal pure returns (uint256) {
        return uint32(packed >> 32);
    }

    function tradeSellerPrice(uint256 packed) internal pure returns (uint256) {
        return uint16(packed >> 16);
    }

    function tradeBuyerPrice(uint256 packed) internal pure returns (uint256) {
        return uint16(packed);
    }

    /// @notice Writes the two words of a trade's record; `index` is below the number of trades the record was made for.
    /// @param record The record.
    /// @param index The trade.
    /// @param first First word.
    /// @param second Second word.
    function setRecord(bytes memory record, uint256 index, uint256 first, uint256 second) internal pure {
        assembly ("memory-safe") {
            // No plain Solidity writes words into bytes.
            let at := add(add(record, 0x20), shl(6, index))
            mstore(at, first)
            mstore(add(at, 0x20), second)
        }
    }

    function getRecord(bytes memory record, uint256 index) internal pure returns (uint256 first, uint256 second) {
        assembly ("memory-safe") {
            let at := add(add(record, 0x20), shl(6, index))
            first := mload(at)
            second := mload(add(at, 0x20))
        }
    }
}
