// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IWindowSettlement} from "../../../contracts/interfaces/IWindowSettlement.sol";
import {ChunkLayout} from "../../../contracts/libraries/ChunkLayout.sol";
import {OrderForm} from "../../../contracts/libraries/OrderForm.sol";
import {ZoneRule} from "../../../contracts/types/ZoneRule.sol";
import {CertificateRegistry} from "../../../contracts/CertificateRegistry.sol";
import {CollateralVault} from "../../../contracts/CollateralVault.sol";
import {GridDirectives} from "../../../contracts/GridDirectives.sol";
import {SatoshiToken} from "../../../contracts/SatoshiToken.sol";
import {WindowSettlement} from "../../../contracts/WindowSettlement.sol";
import {ACTORS, ATTESTER_KEY, Market, meterOf, OPERATOR_KEY, PRODUCERS, SMALL_METER_WH, zoneOf} from "./Market.sol";
import {within} from "./SolidityTest.sol";
import {Log, Vm} from "./Vm.sol";

/// @notice Windows of a dishonest operator: random orders, some forged, random trades, most of them sound and some not, orders that
/// come back in other chunks, readings above and below what was sold, directives, exits and epochs in between.
/// Everything the record says was settled is checked against what the traders signed.
contract SettlementHandler {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address trader,uint32 meterId,uint32 windowId,uint8 side,uint8 orderClass,uint8 timeInForce,uint8 flags,uint16 priceSatPerKwh,uint32 energyWh,uint32 sequence,uint32 epoch,uint40 validUntil,uint32 directiveId)"
    );
    bytes32 private constant READINGS_TYPEHASH = keccak256(
        "MeterReadings(uint32 windowId,uint8 licensee,bytes readings)"
    );
    uint256 private constant SEQUENCES = 3;

    struct Order {
        bool made;
        bool sell;
        bool forged;
        uint16 limit;
        uint32 energyWh;
        uint32 epoch;
    }

    SatoshiToken public token;
    CollateralVault public vault;
    GridDirectives public directives;
    WindowSettlement public settlement;
    CertificateRegistry public certificates;
    uint256[ACTORS] private _keys;
    address[ACTORS] private _accounts;
    /// @notice The window under way; 0 when none.
    uint32 public windowId;
    uint256 public nextChunk;
    bytes[] private _chunks;
    mapping(bytes32 key => Order) private _orders;
    mapping(bytes32 key => uint256) private _filledWh;
    mapping(bytes32 key => bool) private _soldInChunk;
    /// @notice By window and meter.
    mapping(uint32 => mapping(uint32 => uint256)) public readingWh;
    mapping(uint32 => mapping(uint32 => uint256)) public paidWh;
    mapping(uint256 id => uint256) public certifiedWh;
    uint256[] private _ids;

    uint256 public depositedSat = ACTORS * 1_000_000;
    uint256 public paidOutSat;
    /// @notice Σ delivered × (buyer's price − seller's price).
    uint256 public chargedMsat;
    uint256 public settledTrades;
    uint256 public skippedTrades;

    constructor(Market market) {
        token = market.token();
        vault = market.vault();
        directives = market.directives();
        settlement = market.settlement();
        certificates = market.certificates();
        for (uint256 i = 0; i < ACTORS; ++i) {
            (_keys[i], _accounts[i]) = (market.keys(i), market.accounts(i));
        }
        token.approve(address(vault), type(uint256).max);
    }

    function account(uint256 actor) external view returns (address) {
        return _accounts[actor];
    }

    function actorCount() external pure returns (uint256) {
        return ACTORS;
    }

    function idCount() external view returns (uint256) {
        return _ids.length;
    }

    function idAt(uint256 index) external view returns (uint256) {
        return _ids[index];
    }

    /// @notice Commits a window of one to three chunks.
    function commitWindow(uint256 seed) external {
        if (windowId != 0) return;
        windowId = uint32(block.timestamp / 900) + 2;
        VM.warp(uint256(windowId) * 900 - within(seed, 1, 900));
        if (directives.isVoided(windowId)) {
            windowId = 0;
            return;
        }
        delete _chunks;
        nextChunk = 0;
        uint256 count = within(seed >> 16, 1, 3);
        for (uint256 c = 0; c < count; ++c) {
            _chunks.push(_chunk(c, count, uint256(keccak256(abi.encode(seed, c)))));
        }
        bytes32 rest;
        for (uint256 c = count; c != 0; --c) {
            rest = keccak256(abi.encode(keccak256(_chunks[c - 1]), rest));
        }
        settlement.commitWindow(windowId, rest, uint16(count), 1);
    }

    /// @notice Settles the next chunk, or lets the window expire when it is too late or voided.
    function settleNext(uint256 seed) external {
        if (windowId == 0) return;
        uint256 end = (uint256(windowId) + 1) * 900;
        if (block.timestamp < end) VM.warp(end + (seed % 7 hours));
        if (nextChunk == 0 && directives.isVoided(windowId)) {
            settlement.voidWindow(windowId);
            windowId = 0;
            return;
        }
        if (block.timestamp >= end + 1 days) {
            settlement.expireWindow(windowId);
            windowId = 0;
            return;
        }
        IWindowSettlement.ReadingBatch[] memory batches = _readings(seed);
        bytes32 rest;
        for (uint256 c = _chunks.length; c > nextChunk + 1; --c) {
            rest = keccak256(abi.encode(keccak256(_chunks[c - 1]), rest));
        }
        bytes memory chunk = _chunks[nextChunk];
        uint256[ACTORS] memory exits;
        uint256[ACTORS] memory epochs;
        for (uint256 i = 0; i < ACTORS; ++i) {
            exits[i] = vault.accountWord(_accounts[i]).exitFromWindow();
            epochs[i] = vault.epochAt(_accounts[i], windowId);
        }
        VM.recordLogs();
        settlement.settleChunk(windowId, chunk, rest, batches);
        bytes memory record = _recordOf();
        _check(record, exits, epochs);
        certificates.issue(windowId, uint16(nextChunk), record, uint16(within(seed >> 7, 1, 3)));
        certificates.issue(windowId, uint16(nextChunk), record, 100);
        // Once more changes nothing: supply is compared with the record below.
        certificates.issue(windowId, uint16(nextChunk), record, 100);
        ++nextChunk;
        if (nextChunk == _chunks.length) windowId = 0;
    }

    /// @notice A directive for windows ahead.
    function setDirective(uint8 authority, uint8 kind, uint8 zoneId, uint64 value, uint8 length) external {
        uint32 from = uint32(block.timestamp / 900) + 1;
        uint8 kind_ = uint8(within(kind, 1, 4));
        uint8 zone = kind_ == 4 ? 0 : uint8(within(zoneId, 0, 3));
        uint64 value_ = kind_ == 2 ? value % 2000 : (kind_ == 3 ? (uint64(90 + (value % 40)) << 16) | 180 : 0);
        uint8 who = uint8(within(authority, 1, 5));
        try directives.setDirective(who, kind_, zone, from, from + (length % 4), value_, keccak256("order")) {} catch {}
    }

    function deposit(uint256 who, uint256 amountSat) external {
        amountSat = within(amountSat, 1, 100_000);
        token.mint(address(this), amountSat);
        vault.depositFor(_accounts[who % ACTORS], amountSat);
        depositedSat += amountSat;
    }

    /// @notice Leaves little on an account, so that buyers who cannot pay occur.
    function withdraw(uint256 who, uint256 amountSat, uint256 nonce) external {
        address from = _accounts[who % ACTORS];
        uint256 most = vault.balanceOf(from) / 1000;
        if (most == 0 || vault.isNonceUsed(from, nonce)) return;
        amountSat = within(amountSat, most - most / 50, most);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Withdrawal(address account,uint256 amountSat,uint256 nonce,uint256 deadlineSeconds)"),
                from,
                amountSat,
                nonce,
                block.timestamp
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", vault.domainSeparator(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(OPERATOR_KEY, digest);
        VM.prank(from);
        vault.withdraw(amountSat, nonce, block.timestamp, abi.encodePacked(r, s, v));
        paidOutSat += amountSat;
    }

    function requestExit(uint256 who) external {
        address from = _accounts[who % ACTORS];
        if (vault.exitDueAt(from) != 0) return;
        VM.prank(from);
        vault.requestExit();
    }

    function cancelExit(uint256 who) external {
        address from = _accounts[who % ACTORS];
        if (vault.exitDueAt(from) == 0) return;
        VM.prank(from);
        vault.cancelExit();
    }

    /// @notice Due exits always pay everything, in whatever state the market is.
    function exit(uint256 who) external {
        address from = _accounts[who % ACTORS];
        uint256 dueAt = vault.exitDueAt(from);
        if (dueAt == 0 || block.timestamp < dueAt) return;
        exitDue(from);
    }

    function exitDue(address from) public {
        uint256 owedSat = vault.balanceOf(from) / 1000;
        uint256 before = token.balanceOf(from);
        vault.exit(from);
        VM.assertEq(token.balanceOf(from) - before, owedSat, "an exit pays everything");
        paidOutSat += owedSat;
    }

    function raiseEpoch(uint256 who) external {
        address from = _accounts[who % ACTORS];
        if (vault.accountWord(from).epochFromWindow() >= vault.nextEffectiveWindow()) return;
        VM.prank(from);
        vault.raiseEpoch();
    }

    function passTime(uint256 seconds_) external {
        VM.warp(block.timestamp + within(seconds_, 1, 8 hours));
    }

    /// @dev What the record calls settled must be what both traders signed, within every limit, and paid by a reading.
    function _check(bytes memory record, uint256[ACTORS] memory exits, uint256[ACTORS] memory epochs) private {
        (, uint256[17] memory zones) = directives.effectiveRules(windowId);
        for (uint256 t = 0; t < record.length / 64; ++t) {
            (uint256 first, uint256 second) = _recordOf(record, t);
            uint256 deliveredWh = uint32(first >> 32);
            uint256 injectedWh = uint32(first);
            if (uint8(second >> 56) != 0) {
                VM.assertEq(deliveredWh + injectedWh + uint32(second >> 96), 0, "a skipped trade moves nothing");
                ++skippedTrades;
                continue;
            }
            ++settledTrades;
            uint32 sellMeter = uint32(first >> 64);
            uint32 buyMeter = uint32(second >> 160);
            uint256 energyWh = uint32(second >> 128);
            VM.assertLe(deliveredWh, injectedWh, "nothing comes from nowhere");
            VM.assertLe(deliveredWh + uint32(second >> 96), energyWh, "delivered and short within the trade");
            VM.assertTrue(first >> 96 == uint160(_accounts[_actorOf(buyMeter)]), "the buyer's address");
            uint256 sellerPrice = uint16(second >> 80);
            uint256 buyerPrice = uint16(second >> 64);
            _checkOrder(true, sellMeter, uint32(second >> 224), energyWh, sellerPrice, exits, epochs);
            _checkOrder(false, buyMeter, uint32(second >> 192), energyWh, buyerPrice, exits, epochs);
            VM.assertTrue(sellerPrice >= 90 && buyerPrice <= 220, "the regulator's band");
            VM.assertTrue(sellerPrice <= buyerPrice, "charges are not negative");
            _checkZone(zones[zoneOf(_actorOf(sellMeter))], sellerPrice, buyerPrice);
            _checkZone(zones[zoneOf(_actorOf(buyMeter))], sellerPrice, buyerPrice);
            paidWh[windowId][sellMeter] += injectedWh;
            chargedMsat += deliveredWh * (buyerPrice - sellerPrice);
            VM.assertLe(paidWh[windowId][sellMeter], readingWh[windowId][sellMeter], "paid beyond the reading");
            uint256 id = certificates.certificateId(sellMeter, windowId);
            if (id == 0) continue;
            if (certifiedWh[id] == 0 && deliveredWh != 0) _ids.push(id);
            certifiedWh[id] += deliveredWh;
        }
    }

    function _checkOrder(
        bool sell,
        uint32 meterId,
        uint32 sequence,
        uint256 energyWh,
        uint256 price,
        uint256[ACTORS] memory exits,
        uint256[ACTORS] memory epochs
    ) private {
        uint256 actor = _actorOf(meterId);
        bytes32 key = keccak256(abi.encode(windowId, actor, sequence));
        Order memory order = _orders[key];
        VM.assertTrue(order.made && order.sell == sell, "an order somebody made, on its side");
        VM.assertTrue(!order.forged, "forged");
        VM.assertTrue(sell ? price >= order.limit : price <= order.limit, "beyond the limit");
        _filledWh[key] += energyWh;
        VM.assertLe(_filledWh[key], order.energyWh, "overfilled");
        VM.assertGe(order.epoch, epochs[actor], "cancelled by a raised epoch");
        VM.assertTrue(exits[actor] == 0 || windowId < exits[actor], "settled after the exit");
    }

    function _checkZone(uint256 rule, uint256 sellerPrice, uint256 buyerPrice) private pure {
        ZoneRule zone = ZoneRule.wrap(rule);
        VM.assertTrue(!zone.halted(), "settled in a halted zone");
        bool outside = sellerPrice < zone.floorSatPerKwh() || buyerPrice > zone.ceilingSatPerKwh();
        VM.assertTrue(!zone.banded() || !outside, "outside a directive's band");
    }

    function _recordOf(bytes memory record, uint256 index) private pure returns (uint256 first, uint256 second) {
        uint256 place;
        assembly ("memory-safe") {
            place := add(add(record, 0x20), shl(6, index))
        }
        return ChunkLayout.getRecord(place);
    }

    function _actorOf(uint32 meterId) private pure returns (uint256) {
        return meterId < 11 ? meterId - 1 : meterId - 11 + PRODUCERS;
    }

    /// @dev Chunk `c` of `count` sells the energy of its part of the producers' meters; consumers may be in every chunk.
    function _chunk(uint256 c, uint256 count, uint256 seed) private returns (bytes memory) {
        uint256 firstActor = (PRODUCERS * c) / count;
        uint256 lastActor = (PRODUCERS * (c + 1)) / count;
        uint256 sellMeters = lastActor - firstActor;
        bytes memory meters;
        for (uint256 i = firstActor; i < lastActor; ++i) {
            meters = abi.encodePacked(meters, meterOf(i));
        }
        for (uint256 i = PRODUCERS; i < ACTORS; ++i) {
            meters = abi.encodePacked(meters, meterOf(i));
        }
        bytes memory accountTable;
        bytes memory counts;
        bytes memory signedOrders;
        uint256 orders;
        uint256 accounts;
        Order[] memory made = new Order[](ACTORS * SEQUENCES);
        for (uint256 i = 0; i < ACTORS; ++i) {
            if (i < PRODUCERS && (i < firstActor || i >= lastActor)) continue;
            uint256 mask = within(seed >> (3 * i), 1, 7);
            uint256 place = i < PRODUCERS ? i - firstActor : sellMeters + i - PRODUCERS;
            uint16 inGroup;
            for (uint32 sequence = 0; sequence < SEQUENCES; ++sequence) {
                if (mask & (1 << sequence) == 0) continue;
                Order memory order = _order(i, sequence);
                made[orders++] = order;
                ++inGroup;
                signedOrders = bytes.concat(signedOrders, _signedOrder(i, sequence, uint16(place), order));
            }
            bool stored = (seed >> (100 + i)) & 3 == 0;
            accountTable = abi.encodePacked(accountTable, _accounts[i]);
            counts = abi.encodePacked(counts, stored ? inGroup | 0x8000 : inGroup);
            ++accounts;
        }
        uint256 trades = within(seed >> 120, 1, 6);
        bytes memory packed;
        for (uint256 t = 0; t < trades; ++t) {
            packed = bytes.concat(packed, _trade(made, orders, uint256(keccak256(abi.encode(seed, t)))));
        }
        return
            bytes.concat(
                abi.encodePacked(windowId, uint16(c), uint16(sellMeters), uint16(sellMeters + ACTORS - PRODUCERS)),
                abi.encodePacked(uint16(accounts), uint16(orders), uint16(trades)),
                meters,
                accountTable,
                counts,
                signedOrders,
                packed
            );
    }

    /// @dev The same order whenever it is asked for.
    function _order(uint256 actor, uint32 sequence) private returns (Order memory order) {
        bytes32 key = keccak256(abi.encode(windowId, actor, sequence));
        order = _orders[key];
        if (order.made) return order;
        uint256 seed = uint256(keccak256(abi.encode(key, block.timestamp)));
        order.made = true;
        order.sell = actor < PRODUCERS && seed % 5 != 0;
        order.forged = (seed >> 8) % 12 == 0;
        order.limit = uint16(order.sell ? 85 + ((seed >> 16) % 40) : 120 + ((seed >> 16) % 110));
        order.energyWh = uint32(1 + ((seed >> 32) % 2000));
        uint32 epoch = vault.epochAt(_accounts[actor], windowId);
        order.epoch = epoch != 0 && (seed >> 64) % 4 == 0 ? epoch - 1 : epoch;
        _orders[key] = order;
    }

    function _signedOrder(
        uint256 actor,
        uint32 sequence,
        uint16 place,
        Order memory order
    ) private view returns (bytes memory) {
        bytes memory head = abi.encodePacked(
            uint8(order.sell ? 1 : 0),
            uint8(0),
            place,
            order.limit,
            order.energyWh,
            sequence,
            order.epoch,
            uint40(0),
            uint32(0)
        );
        bytes memory form = OrderForm.make(ORDER_TYPEHASH, settlement.domainSeparator(), windowId);
        OrderForm.setTrader(form, _accounts[actor]);
        bytes32 digest = OrderForm.hash(form, uint256(bytes32(head)), meterOf(actor));
        (bytes32 r, bytes32 vs) = VM.signCompact(order.forged ? ATTESTER_KEY : _keys[actor], digest);
        return abi.encodePacked(head, r, vs);
    }

    /// @dev Mostly what an honest matcher would write; some limits, sides, losses and energies are wrong.
    function _trade(Order[] memory made, uint256 count, uint256 seed) private pure returns (bytes memory) {
        uint256 sell = _pick(made, count, seed, true);
        uint256 buy = _pick(made, count, seed >> 8, false);
        if ((seed >> 16) % 24 == 0) (sell, buy) = (buy, sell);
        uint256 sellerPrice = made[sell].limit + ((seed >> 24) % 14);
        if ((seed >> 32) % 16 == 0) sellerPrice -= 10;
        uint256 buyerPrice = sellerPrice + ((seed >> 40) % 30);
        uint256 energyWh = 1 + ((seed >> 56) % made[buy].energyWh);
        uint256 lossWh = (energyWh * ((seed >> 96) % 160)) / 1000;
        return
            abi.encodePacked(
                uint16(sell),
                uint16(buy),
                uint32(energyWh),
                uint32(lossWh),
                uint16(sellerPrice),
                uint16(buyerPrice)
            );
    }

    function _pick(Order[] memory made, uint256 count, uint256 seed, bool sell) private pure returns (uint256) {
        for (uint256 i = 0; i < count; ++i) {
            uint256 place = (i + seed) % count;
            if (made[place].sell == sell) return place;
        }
        return seed % count;
    }

    /// @dev Both licensees' arrays. A reading counts where the chunk sells its meter, so it is noted there.
    function _readings(uint256 seed) private returns (IWindowSettlement.ReadingBatch[] memory batches) {
        batches = new IWindowSettlement.ReadingBatch[](2);
        uint256 firstActor = (PRODUCERS * nextChunk) / _chunks.length;
        uint256 lastActor = (PRODUCERS * (nextChunk + 1)) / _chunks.length;
        bytes[2] memory packed;
        for (uint256 i = 0; i < PRODUCERS; ++i) {
            uint256 chance = uint256(keccak256(abi.encode(seed, i)));
            uint32 exportedWh = chance % 4 == 0 ? 1_000_000 : uint32((chance >> 8) % 2500);
            uint256 most = i == 0 ? SMALL_METER_WH : 1_000_000;
            packed[i / 2] = abi.encodePacked(packed[i / 2], meterOf(i), exportedWh);
            if (i < firstActor || i >= lastActor) continue;
            VM.assertEq(readingWh[windowId][meterOf(i)], 0, "one reading for each meter");
            readingWh[windowId][meterOf(i)] = exportedWh > most ? most : exportedWh;
        }
        for (uint8 b = 0; b < 2; ++b) {
            bytes32 structHash = keccak256(abi.encode(READINGS_TYPEHASH, windowId, b + 2, keccak256(packed[b])));
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", settlement.domainSeparator(), structHash));
            (uint8 v, bytes32 r, bytes32 s) = VM.sign(ATTESTER_KEY + b, digest);
            batches[b] = IWindowSettlement.ReadingBatch(b + 2, packed[b], abi.encodePacked(r, s, v));
        }
    }

    function _recordOf() private returns (bytes memory record) {
        Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IWindowSettlement.ChunkSettled.selector) {
                (, record) = abi.decode(logs[i].data, (bool, bytes));
            }
        }
    }
}
