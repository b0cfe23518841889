// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Zones} from "./Zones.sol";

/// @title Byte layout of a chunk, and the words settlement keeps in memory
/// @notice A chunk is: header, meters, accounts, order counts, orders, trades.
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
/// Meter
/// | 0  | 4 | meterId |
///
/// Account; ascending
/// | 0  | 20 | account |
///
/// Order count, one for each account
/// | 0  | 2 | bit 15: buys use stored fills; bits 14–0: number of its orders |
///
/// Order, 27 bytes and its signature; by account, then ascending by sequence
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
/// Order state (memory only); bits 0–95 stand as in the order
/// | bits    | field |
/// |---------|-------|
/// | 0–31    | sequence |
/// | 32–63   | energyWh |
/// | 64–79   | limit price |
/// | 80–95   | meter index |
/// | 96–111  | account index |
/// | 112–143 | filled Wh |
/// | 144     | sell |
/// | 145     | stored fills |
/// | 146     | filled in this chunk |
/// | 147     | not plain, see OrderPass |
/// | 148     | signed by the account itself |
/// | 152–159 | settlement code |
/// | 160–167 | zone of the meter |
/// | 168–199 | meter id |
/// | 200–215 | distribution tariff of the zone, sat/kWh |
/// | 216–223 | 51 × the zone's licensee: where its field of an AccruedWord begins |
library ChunkLayout {
    uint256 internal constant HEADER_BYTES = 16;
    uint256 internal constant METER_BYTES = 4;
    uint256 internal constant ACCOUNT_BYTES = 20;
    uint256 internal constant COUNT_BYTES = 2;
    uint256 internal constant ORDER_HEAD_BYTES = 27;
    uint256 internal constant TRADE_BYTES = 16;
    uint256 internal constant RECORD_BYTES = 64;
    uint256 private constant SIGNATURE_BYTES = 64;
    uint256 private constant STATE_SELL = 1 << 144;
    uint256 private constant STATE_STORED = 1 << 145;
    uint256 private constant STATE_TOUCHED = 1 << 146;
    uint256 private constant STATE_SPECIAL = 1 << 147;
    uint256 private constant STATE_SIGNED = 1 << 148;
    uint256 private constant STATE_ZONE = (0xff << 160) | (0xffffff << 200);

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

    /// @notice Hash of a chunk.
    /// @param chunk The chunk.
    /// @return digest Its keccak256.
    function hash(bytes calldata chunk) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            // Plain twin: keccak256(chunk), whose copy in memory would stay and make all that comes behind it dearer.
            let copy := mload(0x40)
            calldatacopy(copy, chunk.offset, chunk.length)
            digest := keccak256(copy, chunk.length)
        }
    }

    function meterId(bytes calldata chunk, uint256 index) internal pure returns (uint256) {
        unchecked {
            return word(chunk, HEADER_BYTES + index * METER_BYTES) >> 224;
        }
    }

    /// @notice Whether the selling meters ascend, within the chunk and from those before: the sells of a meter lie in one chunk, so its
    /// reading is used once. Plain twin: `meterId(chunk, i) > last` for each.
    /// @param chunk The chunk.
    /// @param count Number of selling meters.
    /// @param last The highest meter of the chunks before.
    /// @return ascend Whether they do.
    /// @return The last one, or the first that does not ascend.
    function metersAscend(
        bytes calldata chunk,
        uint256 count,
        uint256 last
    ) internal pure returns (bool ascend, uint256) {
        uint256 at = HEADER_BYTES;
        assembly ("memory-safe") {
            at := add(chunk.offset, at)
            let end := add(at, shl(2, count))
            ascend := 1
            for {} lt(at, end) {
                at := add(at, 4)
            } {
                let id := shr(224, calldataload(at))
                if iszero(gt(id, last)) {
                    ascend := 0
                    end := 0
                }
                last := id
            }
        }
        return (ascend, last);
    }

    function account(bytes calldata chunk, uint256 accountsAt, uint256 index) internal pure returns (address) {
        unchecked {
            return address(uint160(word(chunk, accountsAt + index * ACCOUNT_BYTES) >> 96));
        }
    }

    /// @notice Bytes of an order behind its head: the signature, and its length before an ERC-1271 one.
    /// @param head First 32 bytes of the order.
    function signatureBytes(uint256 head) internal pure returns (uint256) {
        return orderHasContractSignature(head) ? 2 + uint16(head >> 24) : SIGNATURE_BYTES;
    }

    function orderIsSell(uint256 head) internal pure returns (bool) {
        return head & (1 << 248) != 0;
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

    function orderSequence(uint256 head) internal pure returns (uint256) {
        return uint32(head >> 144);
    }

    function orderEpoch(uint256 head) internal pure returns (uint256) {
        return uint32(head >> 112);
    }

    function orderDirectiveId(uint256 head) internal pure returns (uint32) {
        return uint32(head >> 40);
    }

    function compactSignature(bytes calldata chunk, uint256 at) internal pure returns (bytes32 r, bytes32 vs) {
        unchecked {
            r = bytes32(word(chunk, at + ORDER_HEAD_BYTES));
            vs = bytes32(word(chunk, at + ORDER_HEAD_BYTES + 32));
        }
    }

    function contractSignature(bytes calldata chunk, uint256 at) internal pure returns (bytes calldata) {
        uint256 from = at + ORDER_HEAD_BYTES;
        return chunk[from + 2:from + signatureBytes(word(chunk, at))];
    }

    /// @notice The state with what single appearance and judgement found.
    /// @param state The order's state word.
    /// @param filled Wh filled of it before this chunk.
    /// @param code Settlement code; 0 when nothing is wrong.
    function judged(uint256 state, uint256 filled, uint256 code) internal pure returns (uint256) {
        return state | (filled << 112) | (code << 152);
    }

    /// @notice The state with another zone.
    /// @param state The order's state word.
    /// @param zoneId The zone of its meter.
    /// @param distributionByZone Tariffs, 16 bits a zone.
    function inZone(uint256 state, uint8 zoneId, uint256 distributionByZone) internal pure returns (uint256) {
        unchecked {
            uint256 tariff = uint16(distributionByZone >> (16 * (uint256(zoneId) - 1)));
            uint256 receiver = uint256(Zones.licenseeOf(zoneId)) * 51;
            return (state & ~STATE_ZONE) | (uint256(zoneId) << 160) | (tariff << 200) | (receiver << 216);
        }
    }

    function stateSequence(uint256 state) internal pure returns (uint256) {
        return uint32(state);
    }

    function stateEnergy(uint256 state) internal pure returns (uint256) {
        return uint32(state >> 32);
    }

    function statePrice(uint256 state) internal pure returns (uint256) {
        return uint16(state >> 64);
    }

    function stateMeterIndex(uint256 state) internal pure returns (uint256) {
        return uint16(state >> 80);
    }

    function stateAccountIndex(uint256 state) internal pure returns (uint256) {
        return uint16(state >> 96);
    }

    function stateFilled(uint256 state) internal pure returns (uint256) {
        return uint32(state >> 112);
    }

    function stateIsSell(uint256 state) internal pure returns (bool) {
        return state & STATE_SELL != 0;
    }

    function stateIsStored(uint256 state) internal pure returns (bool) {
        return state & STATE_STORED != 0;
    }

    /// @notice A buy order this chunk has filled.
    /// @param state The order's state word.
    function stateIsFilledBuy(uint256 state) internal pure returns (bool) {
        return state & (STATE_SELL | STATE_TOUCHED) == STATE_TOUCHED;
    }

    function stateCode(uint256 state) internal pure returns (uint256) {
        return uint8(state >> 152);
    }

    function stateZone(uint256 state) internal pure returns (uint256) {
        return uint8(state >> 160);
    }

    function stateMeterId(uint256 state) internal pure returns (uint256) {
        return uint32(state >> 168);
    }

    /// @notice OrderPass had no objection.
    /// @param state The order's state word.
    function stateIsPlain(uint256 state) internal pure returns (bool) {
        return state & STATE_SPECIAL == 0;
    }

    /// @notice The account itself signed, by a plain signature.
    /// @param state The order's state word.
    function stateIsSigned(uint256 state) internal pure returns (bool) {
        return state & STATE_SIGNED != 0;
    }

    /// @notice Adds a fill the caller has checked against the order's energy, so it stays within its 32 bits.
    /// @param state The order's state word.
    /// @param energyWh Wh to add.
    function addFill(uint256 state, uint256 energyWh) internal pure returns (uint256) {
        unchecked {
            return (state + (energyWh << 112)) | STATE_TOUCHED;
        }
    }

    /// @notice The 16 bytes of a trade.
    /// @param place In calldata, not in the chunk.
    /// @return packed The trade.
    function tradeAt(uint256 place) internal pure returns (uint256 packed) {
        assembly ("memory-safe") {
            packed := shr(128, calldataload(place))
        }
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

    /// @notice First word of a trade's record.
    /// @param buyer Who bought.
    /// @param sell The sell order's state word.
    /// @param deliveredWh Wh delivered.
    /// @param injectedWh Wh delivered and lost on the way.
    function recordDelivery(
        address buyer,
        uint256 sell,
        uint256 deliveredWh,
        uint256 injectedWh
    ) internal pure returns (uint256) {
        return (uint256(uint160(buyer)) << 96) | (stateMeterId(sell) << 64) | (deliveredWh << 32) | injectedWh;
    }

    /// @notice Second word of a trade's record.
    /// @param packedTrade The trade as in the chunk.
    /// @param sell The sell order's state word.
    /// @param buy The buy order's state word.
    /// @param shortWh Wh not delivered.
    /// @param code Settlement code.
    function recordTerms(
        uint256 packedTrade,
        uint256 sell,
        uint256 buy,
        uint256 shortWh,
        uint256 code
    ) internal pure returns (uint256) {
        return
            (stateSequence(sell) << 224) |
            (stateSequence(buy) << 192) |
            (stateMeterId(buy) << 160) |
            (tradeEnergy(packedTrade) << 128) |
            (shortWh << 96) |
            // Both prices stand together in the trade as well.
            (uint256(uint32(packedTrade)) << 64) |
            (code << 56);
    }

    /// @notice Writes the two words of a trade's record.
    /// @param place In memory, within the record.
    /// @param first First word.
    /// @param second Second word.
    function setRecord(uint256 place, uint256 first, uint256 second) internal pure {
        assembly ("memory-safe") {
            // No plain Solidity writes words into bytes.
            mstore(place, first)
            mstore(add(place, 0x20), second)
        }
    }

    function getRecord(uint256 place) internal pure returns (uint256 first, uint256 second) {
        assembly ("memory-safe") {
            first := mload(place)
            second := mload(add(place, 0x20))
        }
    }
}
