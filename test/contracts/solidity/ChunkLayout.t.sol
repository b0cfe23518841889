// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkLayout} from "../../../contracts/libraries/ChunkLayout.sol";
import {OrderForm} from "../../../contracts/libraries/OrderForm.sol";
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

    struct State {
        uint32 sequence;
        uint32 energy;
        uint16 price;
        uint16 meterIndex;
        uint16 account;
        uint32 filled;
        bool sell;
        bool stored;
        bool special;
        bool signed;
        uint8 code;
        uint8 zone;
        uint32 meterId;
    }

    function testFuzz_orderFields(Order calldata order) external pure {
        uint256 head = _head(order);
        VM.assertTrue(ChunkLayout.orderIsSell(head) == (order.kind % 2 == 1), "side");
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
        bytes32 fast = _hash(_head(order), trader, meterId, windowId);
        VM.assertTrue(plain == fast, "hash");
    }

    /// @dev Every field changes the hash: nothing of an order can be altered under its signature.
    function testFuzz_orderHashDependsOnEveryBit(Order calldata order, uint8 bit) external pure {
        uint256 head = _head(order);
        // Byte 1 (how it is signed) and bytes 2–3 (where its meter stands in the chunk) are not part of the order.
        uint256 flipped = head ^ (uint256(1) << within8(bit));
        bytes32 before = _hash(head, address(1), 2, 3);
        bytes32 afterwards = _hash(flipped, address(1), 2, 3);
        uint256 place = within8(bit);
        bool signed = place >= 248 || (place >= 40 && place < 224);
        VM.assertTrue((before != afterwards) == signed, "exactly the signed bits");
    }

    function testFuzz_account(address[5] calldata accounts, uint8 index) external view {
        bytes memory packed = abi.encodePacked(
            bytes20(accounts[0]),
            bytes20(accounts[1]),
            bytes20(accounts[2]),
            bytes20(accounts[3]),
            bytes20(accounts[4])
        );
        bytes memory chunk = bytes.concat(new bytes(16), packed, bytes32(0));
        VM.assertTrue(this.readAccount(chunk, 16, index % 5) == accounts[index % 5], "account");
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

    function testFuzz_orderState(State calldata given) external pure {
        uint256 state = _state(given);
        VM.assertEq(ChunkLayout.stateAccountIndex(state), given.account, "account");
        VM.assertEq(ChunkLayout.stateMeterIndex(state), given.meterIndex, "meter");
        VM.assertEq(ChunkLayout.statePrice(state), given.price, "price");
        VM.assertEq(ChunkLayout.stateEnergy(state), given.energy, "energy");
        VM.assertEq(ChunkLayout.stateFilled(state), given.filled, "filled");
        VM.assertEq(ChunkLayout.stateSequence(state), given.sequence, "sequence");
        VM.assertTrue(ChunkLayout.stateIsSell(state) == given.sell, "side");
        VM.assertTrue(ChunkLayout.stateIsStored(state) == given.stored, "stored");
        VM.assertTrue(ChunkLayout.stateIsPlain(state) == !given.special, "plain");
        VM.assertTrue(ChunkLayout.stateIsSigned(state) == given.signed, "signed");
        VM.assertTrue(!ChunkLayout.stateIsFilledBuy(state), "untouched");
        VM.assertEq(ChunkLayout.stateCode(state), given.code, "code");
        VM.assertEq(ChunkLayout.stateZone(state), given.zone, "zone");
        VM.assertEq(ChunkLayout.stateMeterId(state), given.meterId, "meter id");
    }

    function testFuzz_judgementTouchesOnlyFillAndCode(State calldata given, uint32 filled, uint8 code) external pure {
        State memory fresh = given;
        (fresh.filled, fresh.code) = (0, 0);
        uint256 state = _state(fresh);
        uint256 judged = ChunkLayout.judged(state, filled, code);
        (fresh.filled, fresh.code) = (filled, code);
        VM.assertEq(judged, _state(fresh), "plain twin");
    }

    function testFuzz_addFillTouchesOnlyTheFill(State calldata given, uint32 more) external pure {
        VM.assume(uint256(given.filled) + more <= type(uint32).max);
        uint256 state = _state(given);
        uint256 added = ChunkLayout.addFill(state, more);
        VM.assertEq(ChunkLayout.stateFilled(added), uint256(given.filled) + more, "filled");
        VM.assertTrue(ChunkLayout.stateIsFilledBuy(added) == !given.sell, "touched");
        uint256 rest = ~((uint256(type(uint32).max) << 112) | (uint256(1) << 146));
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
        bytes memory chunk = bytes.concat(new bytes(index), one, new bytes(16));
        uint256 packed = this.readTrade(chunk, index);
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
        uint256 place;
        assembly ("memory-safe") {
            place := add(add(record, 0x20), shl(6, index))
        }
        ChunkLayout.setRecord(place, first, second);
        bytes memory plain = bytes.concat(
            new bytes(64 * index),
            bytes32(first),
            bytes32(second),
            new bytes(64 * (4 - index))
        );
        VM.assertTrue(keccak256(record) == keccak256(plain), "plain twin");
        (uint256 one, uint256 two) = ChunkLayout.getRecord(place);
        VM.assertTrue(one == first && two == second, "comes back");
    }

    function testFuzz_recordOfATrade(
        State calldata sell,
        State calldata buy,
        address buyer,
        uint32[4] calldata amounts,
        uint128 packedTrade,
        uint8 code
    ) external pure {
        uint256 first = ChunkLayout.recordDelivery(buyer, _state(sell), amounts[0], amounts[1]);
        bytes memory delivery = abi.encodePacked(buyer, sell.meterId, amounts[0], amounts[1]);
        VM.assertTrue(bytes32(first) == bytes32(delivery), "delivery");
        uint256 second = ChunkLayout.recordTerms(packedTrade, _state(sell), _state(buy), amounts[2], code);
        bytes memory terms = abi.encodePacked(
            sell.sequence,
            buy.sequence,
            buy.meterId,
            uint32(packedTrade >> 64),
            amounts[2],
            uint32(packedTrade),
            code,
            uint56(0)
        );
        VM.assertTrue(bytes32(second) == bytes32(terms), "terms");
    }

    function readAccount(bytes calldata chunk, uint256 accountsAt, uint256 index) external pure returns (address) {
        return ChunkLayout.account(chunk, accountsAt, index);
    }

    function readMeterId(bytes calldata chunk, uint256 index) external pure returns (uint256) {
        return ChunkLayout.meterId(chunk, index);
    }

    function readCompact(bytes calldata chunk, uint256 at) external pure returns (uint256, bytes32, bytes32) {
        (bytes32 r, bytes32 vs) = ChunkLayout.compactSignature(chunk, at);
        return (27 + ChunkLayout.signatureBytes(ChunkLayout.word(chunk, at)), r, vs);
    }

    function readContract(bytes calldata chunk, uint256 at) external pure returns (uint256, bytes memory) {
        return (27 + ChunkLayout.signatureBytes(ChunkLayout.word(chunk, at)), ChunkLayout.contractSignature(chunk, at));
    }

    function readTrade(bytes calldata chunk, uint256 at) external pure returns (uint256) {
        uint256 place;
        assembly ("memory-safe") {
            place := add(chunk.offset, at)
        }
        return ChunkLayout.tradeAt(place);
    }

    function _hash(uint256 head, address trader, uint32 meterId, uint32 windowId) private pure returns (bytes32) {
        bytes memory form = OrderForm.make(TYPEHASH, SEPARATOR, windowId);
        OrderForm.setTrader(form, trader);
        return OrderForm.hash(form, head, meterId);
    }

    /// @dev The table in ChunkLayout, as it reads.
    function _state(State memory given) private pure returns (uint256) {
        uint256 flags =
            (given.sell ? 1 : 0) | (given.stored ? 2 : 0) | (given.special ? 8 : 0) | (given.signed ? 16 : 0);
        return
            given.sequence |
            (uint256(given.energy) << 32) |
            (uint256(given.price) << 64) |
            (uint256(given.meterIndex) << 80) |
            (uint256(given.account) << 96) |
            (uint256(given.filled) << 112) |
            (flags << 144) |
            (uint256(given.code) << 152) |
            (uint256(given.zone) << 160) |
            (uint256(given.meterId) << 168);
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
