// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkLayout} from "../../../contracts/libraries/ChunkLayout.sol";
import {SolidityTest} from "./SolidityTest.sol";

/// @notice The layout and its assembly against plain Solidity.
contract ChunkLayoutTest is SolidityTest {
    bytes32 private constant TYPEHASH = keccak256("a type");
    bytes32 private constant SEPARATOR = keccak256("a domain");

    struct Order {
        uint8 kind;
        uint8 form;
        uint16 meterIndex;
        uint16 price;
        uint32 energy;
        uint32 sequence;
        uint32 epoch;
        uint40 validUntil;
        uint32 directiveId;
    }

    function testFuzz_orderFields(Order calldata order) external pure {
        uint256 head = _head(order);
        VM.assertEq(ChunkLayout.orderSide(head), order.kind % 2, "side");
        VM.assertEq(ChunkLayout.orderClass(head), (order.kind / 2) % 4, "class");
        VM.assertTrue(ChunkLayout.orderHasContractSignature(head) == (order.form % 2 == 1), "form");
        VM.assertEq(ChunkLayout.orderMeterIndex(head), order.meterIndex, "meter");
        VM.assertEq(ChunkLayout.orderPrice(head), order.price, "price");
        VM.assertEq(ChunkLayout.orderEnergy(head), order.energy, "energy");
        VM.assertEq(ChunkLayout.orderSequence(head), order.sequence, "sequence");
        VM.assertEq(ChunkLayout.orderEpoch(head), order.epoch, "epoch");
        VM.assertEq(ChunkLayout.orderDirectiveId(head), order.directiveId, "directive");
    }

    /// @dev The plain twin of the assembly: abi.encode and EIP-191.
    function testFuzz_orderHash(Order calldata order, address trader, uint32 meterId, uint32 windowId) external pure {
        bytes memory first = abi.encode(
            TYPEHASH,
            trader,
            meterId,
            windowId,
            order.kind & 1,
            (order.kind >> 1) & 3,
            (order.kind >> 3) & 3,
            order.kind >> 5
        );
        bytes memory second = abi.encode(
            order.price,
            order.energy,
            order.sequence,
            order.epoch,
            order.validUntil,
            order.directiveId
        );
        bytes32 structHash = keccak256(bytes.concat(first, second));
        bytes32 plain = keccak256(abi.encodePacked(hex"1901", SEPARATOR, structHash));
        bytes32 fast = ChunkLayout.orderHash(TYPEHASH, SEPARATOR, _head(order), trader, meterId, windowId);
        VM.assertTrue(plain == fast, "hash");
    }

    /// @dev Every field changes the hash: nothing of an order can be altered under its signature.
    function testFuzz_orderHashDependsOnEveryBit(Order calldata order, uint8 bit) external pure {
        uint256 head = _head(order);
        // Byte 1 (how it is signed) and bytes 2–3 (where its meter stands in the chunk) are not part of the order.
        uint256 flipped = head ^ (uint256(1) << within8(bit));
        bytes32 before = ChunkLayout.orderHash(TYPEHASH, SEPARATOR, head, address(1), 2, 3);
        bytes32 afterwards = ChunkLayout.orderHash(TYPEHASH, SEPARATOR, flipped, address(1), 2, 3);
        uint256 place = within8(bit);
        bool signed = place >= 248 || (place >= 40 && place < 224);
        VM.assertTrue((before != afterwards) == signed, "exactly the signed bits");
    }

    function testFuzz_header(
        uint32 windowId,
        uint16 chunkIndex,
        uint16 sellMeters,
        uint16 meters,
        uint16 accounts,
        uint16 orders,
        uint16 trades
    ) external view {
        bytes memory chunk = abi.encodePacked(windowId, chunkIndex, sellMeters, meters, accounts, orders, trades);
        ChunkLayout.Header memory header = this.readHeader(chunk);
        VM.assertEq(header.windowId, windowId, "window");
        VM.assertEq(header.chunkIndex, chunkIndex, "chunk");
        VM.assertEq(header.sellMeterCount, sellMeters, "selling meters");
        VM.assertEq(header.meterCount, meters, "meters");
        VM.assertEq(header.accountCount, accounts, "accounts");
        VM.assertEq(header.orderCount, orders, "orders");
        VM.assertEq(header.tradeCount, trades, "trades");
    }

    function testFuzz_group(address account, uint16 field, uint8 shift) external view {
        bytes memory chunk = bytes.concat(new bytes(shift), abi.encodePacked(account, field), new bytes(32));
        (address read, uint256 count, bool stored) = this.readGroup(chunk, shift);
        VM.assertTrue(read == account, "account");
        VM.assertEq(count, field % 2 ** 15, "orders");
        VM.assertTrue(stored == (field >= 2 ** 15), "stored");
    }

    function testFuzz_meterId(uint32[5] calldata ids, uint8 index) external view {
        bytes memory chunk = abi.encodePacked(new bytes(16), ids[0], ids[1], ids[2], ids[3], ids[4], bytes32(0));
        VM.assertEq(this.readMeterId(chunk, index % 5), ids[index % 5], "meter");
    }

    function testFuzz_signatures(
        Order calldata order,
        bytes32 r,
        bytes32 vs,
        bytes calldata signature,
        uint8 shift
    ) external view {
        bytes memory head = abi.encodePacked(bytes27(bytes32(_head(order) & ~(uint256(1) << 240))));
        bytes memory chunk = bytes.concat(new bytes(shift), head, r, vs);
        (uint256 length, bytes32 r2, bytes32 vs2) = this.readCompact(chunk, shift);
        VM.assertEq(length, 27 + 64, "length of an account's order");
        VM.assertTrue(r == r2 && vs == vs2, "compact signature");

        head[1] |= 0x01;
        chunk = bytes.concat(new bytes(shift), head, bytes2(uint16(signature.length)), signature);
        bytes memory read;
        (length, read) = this.readContract(chunk, shift);
        VM.assertEq(length, 29 + signature.length, "length of a wallet's order");
        VM.assertTrue(keccak256(read) == keccak256(signature), "contract signature");
    }

    function testFuzz_orderState(
        Order calldata order,
        uint16 account,
        uint32 filled,
        bool stored,
        uint8 code
    ) external pure {
        uint256 state = ChunkLayout.orderState(_head(order), account, filled, stored, code);
        VM.assertEq(ChunkLayout.stateAccountIndex(state), account, "account");
        VM.assertEq(ChunkLayout.stateMeterIndex(state), order.meterIndex, "meter");
        VM.assertEq(ChunkLayout.statePrice(state), order.price, "price");
        VM.assertEq(ChunkLayout.stateEnergy(state), order.energy, "energy");
        VM.assertEq(ChunkLayout.stateFilled(state), filled, "filled");
        VM.assertEq(ChunkLayout.stateSequence(state), order.sequence, "sequence");
        VM.assertTrue(ChunkLayout.stateIsSell(state) == (order.kind % 2 == 1), "side");
        VM.assertTrue(ChunkLayout.stateStored(state) == stored, "stored");
        VM.assertTrue(!ChunkLayout.stateTouched(state), "untouched");
        VM.assertEq(ChunkLayout.stateCode(state), code, "code");
    }

    function testFuzz_addFillTouchesOnlyTheFill(Order calldata order, uint32 filled, uint32 more) external pure {
        VM.assume(uint256(filled) + more <= type(uint32).max);
        uint256 state = ChunkLayout.orderState(_head(order), 7, filled, true, 9);
        uint256 added = ChunkLayout.addFill(state, more);
        VM.assertEq(ChunkLayout.stateFilled(added), uint256(filled) + more, "filled");
        VM.assertTrue(ChunkLayout.stateTouched(added), "touched");
        uint256 rest = ~((uint256(type(uint32).max) << 80) | (uint256(1) << 146));
        VM.assertEq(added & rest, state & rest, "nothing else");
    }

    function testFuzz_trade(
        uint16 sell,
        uint16 buy,
        uint32 energy,
        uint32 loss,
        uint16 sellerPrice,
        uint16 buyerPrice,
        uint8 index
    ) external view {
        bytes memory one = abi.encodePacked(sell, buy, energy, loss, sellerPrice, buyerPrice);
        bytes memory chunk = bytes.concat(new bytes(11), new bytes(16 * uint256(index)), one, new bytes(16));
        uint256 packed = this.readTrade(chunk, 11, index);
        VM.assertEq(ChunkLayout.tradeSellIndex(packed), sell, "sell");
        VM.assertEq(ChunkLayout.tradeBuyIndex(packed), buy, "buy");
        VM.assertEq(ChunkLayout.tradeEnergy(packed), energy, "energy");
        VM.assertEq(ChunkLayout.tradeLoss(packed), loss, "loss");
        VM.assertEq(ChunkLayout.tradeSellerPrice(packed), sellerPrice, "seller's price");
        VM.assertEq(ChunkLayout.tradeBuyerPrice(packed), buyerPrice, "buyer's price");
    }

    function testFuzz_recordWordsStayInTheirPlace(uint256 first, uint256 second, uint8 at) external pure {
        bytes memory record = new bytes(64 * 5);
        uint256 index = at % 5;
        ChunkLayout.setRecord(record, index, first, second);
        bytes memory plain = bytes.concat(
            new bytes(64 * index),
            bytes32(first),
            bytes32(second),
            new bytes(64 * (4 - index))
        );
        VM.assertTrue(keccak256(record) == keccak256(plain), "plain twin");
        (uint256 one, uint256 two) = ChunkLayout.getRecord(record, index);
        VM.assertTrue(one == first && two == second, "comes back");
    }

    function readHeader(bytes calldata chunk) external pure returns (ChunkLayout.Header memory) {
        return ChunkLayout.header(chunk);
    }

    function readGroup(bytes calldata chunk, uint256 at) external pure returns (address, uint256, bool) {
        return ChunkLayout.group(chunk, at);
    }

    function readMeterId(bytes calldata chunk, uint256 index) external pure returns (uint32) {
        return ChunkLayout.meterId(chunk, index);
    }

    function readCompact(bytes calldata chunk, uint256 at) external pure returns (uint256, bytes32, bytes32) {
        (bytes32 r, bytes32 vs) = ChunkLayout.compactSignature(chunk, at);
        return (ChunkLayout.orderBytes(chunk, at), r, vs);
    }

    function readContract(bytes calldata chunk, uint256 at) external pure returns (uint256, bytes memory) {
        return (ChunkLayout.orderBytes(chunk, at), ChunkLayout.contractSignature(chunk, at));
    }

    function readTrade(bytes calldata chunk, uint256 tradesAt, uint256 index) external pure returns (uint256) {
        return ChunkLayout.trade(chunk, tradesAt, index);
    }

    /// @dev Bits 40–255 are the order's 27 bytes.
    function within8(uint8 bit) private pure returns (uint256) {
        return 40 + (uint256(bit) % 216);
    }

    function _head(Order calldata order) private pure returns (uint256) {
        return
            (uint256(order.kind) << 248) |
            (uint256(order.form) << 240) |
            (uint256(order.meterIndex) << 224) |
            (uint256(order.price) << 208) |
            (uint256(order.energy) << 176) |
            (uint256(order.sequence) << 144) |
            (uint256(order.epoch) << 112) |
            (uint256(order.validUntil) << 72) |
            (uint256(order.directiveId) << 40);
    }
}
