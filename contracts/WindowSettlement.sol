// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IGridDirectives} from "./interfaces/IGridDirectives.sol";
import {IMarketRules} from "./interfaces/IMarketRules.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {IWindowSettlement} from "./interfaces/IWindowSettlement.sol";
import {ChunkLayout} from "./libraries/ChunkLayout.sol";
import {OrderForm} from "./libraries/OrderForm.sol";
import {OrderPass} from "./libraries/OrderPass.sol";
import {OrderQuestions} from "./libraries/OrderQuestions.sol";
import {Places} from "./libraries/Places.sol";
import {Readings} from "./libraries/Readings.sol";
import {RecordEvent} from "./libraries/RecordEvent.sol";
import {Roles} from "./libraries/Roles.sol";
import {TradeAdmission} from "./libraries/TradeAdmission.sol";
import {TradePass} from "./libraries/TradePass.sol";
import {TradePayment} from "./libraries/TradePayment.sol";
import {UpdatePass} from "./libraries/UpdatePass.sol";
import {Windows} from "./libraries/Windows.sol";
import {Words} from "./libraries/Words.sol";
import {Zones} from "./libraries/Zones.sol";
import {ChunkMemories, ChunkMemory} from "./types/ChunkMemory.sol";
import {RulesWord} from "./types/RulesWord.sol";
import {WindowWord, WindowWords} from "./types/WindowWord.sol";

/// @title Commitment and settlement of delivery windows
/// @notice See IWindowSettlement; formats and proofs in docs/PROTOCOL.md.
/// @dev A chunk is settled in memory: orders are checked once, trades in two passes (what each meter owes; who pays what), and
/// every account is written once at the end by the vault, which refuses any batch that does not sum to zero.
contract WindowSettlement is IWindowSettlement, AccessManaged, EIP712 {
    using Words for uint256[];

    uint16 private constant MAX_CHUNKS = 4096;
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address trader,uint32 meterId,uint32 windowId,uint8 side,uint8 orderClass,uint8 timeInForce,uint8 flags,uint16 priceSatPerKwh,uint32 energyWh,uint32 sequence,uint32 epoch,uint40 validUntil,uint32 directiveId)"
    );
    bytes32 private constant READINGS_TYPEHASH = keccak256(
        "MeterReadings(uint32 windowId,uint8 licensee,bytes readings)"
    );

    /// @notice Where balances are.
    ICollateralVault public immutable VAULT;
    /// @notice Who trades with which meter.
    IMeterRegistry public immutable REGISTRY;
    /// @notice The regulator's schedule.
    IMarketRules public immutable RULES;
    /// @notice What the authorities ordered.
    IGridDirectives public immutable DIRECTIVES;

    /// @inheritdoc IWindowSettlement
    uint32 public settlingWindow;
    mapping(uint32 windowId => WindowWord) private _windows;
    /// @dev Of half settled windows: what the next chunk must hash to.
    mapping(uint32 windowId => bytes32) private _restHash;
    /// @dev Of every chunk but a window's last, whose hash is in the window's word.
    mapping(uint32 windowId => mapping(uint16 chunkIndex => bytes32)) private _recordHash;
    /// @inheritdoc IWindowSettlement
    mapping(bytes32 orderHash => uint256) public storedFillWh;
    /// @inheritdoc IWindowSettlement
    mapping(uint32 windowId => mapping(uint8 zoneId => uint256)) public cappedUse;

    constructor(
        address manager,
        ICollateralVault vault,
        IMeterRegistry registry,
        IMarketRules rules,
        IGridDirectives directives
    ) AccessManaged(manager) EIP712("GridTokenX", "1") {
        VAULT = vault;
        REGISTRY = registry;
        RULES = rules;
        DIRECTIVES = directives;
    }

    /// @inheritdoc IWindowSettlement
    function commitWindow(
        uint32 windowId,
        bytes32 commitment,
        uint16 chunkCount,
        uint32 tradeCount
    ) external restricted {
        if (windowId >= Windows.NO_END) revert WindowIdTooLarge(windowId);
        WindowStatus status = WindowWords.status(_windows[windowId]);
        if (status != WindowStatus.None) revert WindowNotInStatus(windowId, status);
        uint256 latest = Windows.startOf(windowId);
        if (block.timestamp >= latest) revert CommitTooLate(windowId, latest);
        uint256 earliest = latest - Windows.COMMIT_LEAD_SECONDS;
        if (block.timestamp < earliest) revert CommitTooEarly(windowId, earliest);
        if (WindowWords.shortened(commitment) == 0 || chunkCount == 0) revert EmptyCommitment();
        if (chunkCount > MAX_CHUNKS) revert TooManyChunks(chunkCount);
        if (DIRECTIVES.isVoided(windowId)) revert WindowIsVoided(windowId);
        _windows[windowId] = WindowWords.withHash(WindowStatus.Committed, chunkCount, commitment);
        emit WindowCommitted(windowId, commitment, chunkCount, tradeCount);
    }

    /// @inheritdoc IWindowSettlement
    function settleChunk(
        uint32 windowId,
        bytes calldata chunk,
        bytes32 restHash,
        ReadingBatch[] calldata batches
    ) external {
        Places.take();
        Window memory state = window(windowId);
        bool narrowed = _requireSettleable(windowId, state);
        bytes32 found = keccak256(abi.encode(ChunkLayout.hash(chunk), restHash));
        if (state.status == WindowStatus.Committed) found = WindowWords.shortened(found);
        if (found != state.nextHash) revert ChunkMismatch(windowId, state.nextChunk);
        ChunkMemory memory context = _open(windowId, state, chunk);
        _readRules(context, windowId, narrowed);
        _readOrders(context, chunk);
        Readings.Domain memory domain = Readings.Domain(READINGS_TYPEHASH, _domainSeparatorV4());
        Readings.accept(REGISTRY, domain, context, chunk, batches);
        _settleTrades(context, chunk);
        _close(context, state, restHash);
    }

    /// @inheritdoc IWindowSettlement
    function voidWindow(uint32 windowId) external {
        WindowWord word = _windows[windowId];
        WindowStatus status = WindowWords.status(word);
        if (status != WindowStatus.Committed) revert WindowNotInStatus(windowId, status);
        if (!DIRECTIVES.isVoided(windowId)) revert WindowNotVoided(windowId);
        _windows[windowId] = WindowWords.withHash(WindowStatus.Voided, WindowWords.chunkCount(word), 0);
        emit WindowVoided(windowId);
    }

    /// @inheritdoc IWindowSettlement
    function expireWindow(uint32 windowId) external {
        WindowWord word = _windows[windowId];
        WindowStatus status = WindowWords.status(word);
        if (status == WindowStatus.None) {
            // Never committed: it cannot be any more once it has started.
            uint256 start = Windows.startOf(windowId);
            if (block.timestamp < start) revert WindowNotExpired(windowId, start);
        } else if (status == WindowStatus.Committed || status == WindowStatus.Settling) {
            uint256 deadline = Windows.endOf(windowId) + Windows.SETTLEMENT_DEADLINE_SECONDS;
            if (block.timestamp < deadline) revert WindowNotExpired(windowId, deadline);
            if (status == WindowStatus.Settling) {
                settlingWindow = 0;
                delete _restHash[windowId];
            }
        } else {
            revert WindowNotInStatus(windowId, status);
        }
        _windows[windowId] = WindowWords.withHash(WindowStatus.Expired, WindowWords.chunkCount(word), 0);
        emit WindowExpired(windowId);
    }

    /// @inheritdoc IWindowSettlement
    function recordHash(uint32 windowId, uint16 chunkIndex) external view returns (bytes32) {
        WindowWord word = _windows[windowId];
        bool last = WindowWords.status(word) == WindowStatus.Settled && chunkIndex + 1 == WindowWords.chunkCount(word);
        return last ? WindowWords.upperHash(word) : _recordHash[windowId][chunkIndex];
    }

    /// @inheritdoc IWindowSettlement
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IWindowSettlement
    function window(uint32 windowId) public view returns (Window memory) {
        WindowWord word = _windows[windowId];
        bool half = WindowWords.status(word) == WindowStatus.Settling;
        return WindowWords.open(word, half ? _restHash[windowId] : bytes32(0));
    }

    /// @dev Returns whether a directive may narrow a zone.
    function _requireSettleable(uint32 windowId, Window memory state) private view returns (bool narrowed) {
        bool voided;
        (voided, narrowed) = DIRECTIVES.standing(windowId);
        if (state.status == WindowStatus.Committed) {
            if (settlingWindow != 0) revert OtherWindowSettling(settlingWindow);
            if (voided) revert WindowIsVoided(windowId);
        } else if (state.status != WindowStatus.Settling) {
            revert WindowNotInStatus(windowId, state.status);
        }
        uint256 end = Windows.endOf(windowId);
        if (block.timestamp < end) revert WindowNotDelivered(windowId, end);
        uint256 deadline = end + Windows.SETTLEMENT_DEADLINE_SECONDS;
        if (block.timestamp >= deadline) revert SettlementTooLate(windowId, deadline);
        uint256 openAt = end + Windows.OPEN_SETTLEMENT_SECONDS;
        if (block.timestamp < openAt) {
            (bool operator, ) = IAccessManager(authority()).hasRole(Roles.OPERATOR, msg.sender);
            if (!operator) revert SettlementReserved(windowId, openAt);
        }
    }

    /// @dev Reads the header, the meters, the accounts and the rules.
    function _open(
        uint32 windowId,
        Window memory state,
        bytes calldata chunk
    ) private view returns (ChunkMemory memory context) {
        if (chunk.length < ChunkLayout.HEADER_BYTES) revert MalformedChunk(0);
        uint256 header = ChunkLayout.word(chunk, 0);
        if (header >> 208 != (uint256(windowId) << 16) | state.nextChunk) {
            revert ChunkMismatch(windowId, state.nextChunk);
        }
        context.windowId = windowId;
        uint256 sellMeterCount = uint16(header >> 192);
        uint256 meterCount = uint16(header >> 176);
        uint256 accountCount = uint16(header >> 160);
        uint256 orderCount = uint16(header >> 144);
        uint256 tradeCount = uint16(header >> 128);
        uint256 accountsAt = ChunkLayout.HEADER_BYTES + meterCount * ChunkLayout.METER_BYTES;
        uint256 countsAt = accountsAt + accountCount * ChunkLayout.ACCOUNT_BYTES;
        uint256 ordersAt = countsAt + accountCount * ChunkLayout.COUNT_BYTES;
        uint256 tradeBytes = tradeCount * ChunkLayout.TRADE_BYTES;
        if (sellMeterCount > meterCount || ordersAt + tradeBytes > chunk.length) revert MalformedChunk(ordersAt);
        // Every order has at least its head, so that a wrong count cannot make memory dear.
        if (ordersAt + tradeBytes + orderCount * ChunkLayout.ORDER_HEAD_BYTES > chunk.length) {
            revert MalformedChunk(ordersAt);
        }
        context.sellMeterCount = sellMeterCount;
        context.meterCount = meterCount;
        context.accountCount = accountCount;
        context.orderCount = orderCount;
        context.tradeCount = tradeCount;
        context.accountsAt = accountsAt;
        context.ordersAt = ordersAt;
        context.tradesAt = chunk.length - tradeBytes;
        context.words = Words.ask(
            address(VAULT),
            ICollateralVault.tradingWords.selector,
            chunk[accountsAt:countsAt],
            accountCount
        );
        (bool ascend, uint256 meterId) = ChunkLayout.metersAscend(chunk, sellMeterCount, state.lastSellMeter);
        if (!ascend) revert SellMetersOutOfOrder(uint32(meterId));
        state.lastSellMeter = uint32(meterId);
        _makeRoom(context);
    }

    function _makeRoom(ChunkMemory memory context) private pure {
        uint256 sellMeterCount = context.sellMeterCount;
        context.meters = new uint256[](context.meterCount);
        context.readings = new uint256[](sellMeterCount);
        context.obligations = new uint256[](sellMeterCount);
        context.passed = new uint256[](sellMeterCount);
        context.orders = new uint256[](context.orderCount);
        context.updates = new uint256[](ChunkMemories.UPDATES_HEADER_WORDS + 2 * context.accountCount);
        context.record = RecordEvent.room(context.tradeCount * ChunkLayout.RECORD_BYTES);
    }

    function _readRules(ChunkMemory memory context, uint32 windowId, bool narrowed) private view {
        uint256 parameters;
        (parameters, context.distributionByZone) = RULES.tariffsAt(windowId);
        context.rules = RulesWord.wrap(parameters);
        if (!narrowed) return;
        (, context.zoneRules) = DIRECTIVES.effectiveRules(windowId);
        uint256 anyRule;
        for (uint256 zone = 1; zone <= Zones.COUNT; ++zone) {
            anyRule |= context.zoneRules[zone];
        }
        context.anyRule = anyRule;
    }

    /// @dev Every order to its state word: all at once, then those that are not plain again, one question after the other.
    function _readOrders(ChunkMemory memory context, bytes calldata chunk) private view {
        (OrderPass.Fault fault, bool allPlain, uint256 position, address trader) = OrderPass.run(
            context,
            chunk,
            ORDER_TYPEHASH,
            _domainSeparatorV4()
        );
        if (fault == OrderPass.Fault.Accounts) revert OrdersOutOfOrder(trader, 0);
        if (fault == OrderPass.Fault.Sequences) {
            revert OrdersOutOfOrder(trader, uint32(ChunkLayout.orderSequence(ChunkLayout.word(chunk, position))));
        }
        if (fault != OrderPass.Fault.None || position != context.tradesAt) revert MalformedChunk(position);
        if (allPlain) return;
        bytes memory form = OrderForm.make(ORDER_TYPEHASH, _domainSeparatorV4(), context.windowId);
        OrderQuestions.judgeMarked(_offices(), storedFillWh, context, chunk, form);
    }

    function _offices() private view returns (OrderQuestions.Offices memory) {
        return OrderQuestions.Offices(VAULT, REGISTRY, DIRECTIVES);
    }

    /// @dev Goes through the trades twice: which of them stand and what each meter owes; then what was delivered and who pays whom.
    /// Between the passes the record holds what the first found: traded energy left (high) and loss (low); then the code.
    function _settleTrades(ChunkMemory memory context, bytes calldata chunk) private {
        unchecked {
            TradePass.link(context);
            mapping(uint8 zoneId => uint256) storage used = cappedUse[uint32(context.windowId)];
            bytes memory record = context.record;
            uint256 begin = context.tradesAt;
            uint256 recordAt;
            assembly ("memory-safe") {
                // Places in calldata and of the first trade's record.
                begin := add(begin, chunk.offset)
                recordAt := add(record, 0x20)
            }
            uint256 end = begin + context.tradeCount * ChunkLayout.TRADE_BYTES;
            (uint256 at, uint256 place) = TradePass.admit(begin, end, recordAt);
            while (at != end) {
                TradeAdmission.admit(used, context, ChunkLayout.tradeAt(at), place);
                (at, place) = TradePass.admit(at + ChunkLayout.TRADE_BYTES, end, place + ChunkLayout.RECORD_BYTES);
            }
            (at, place) = TradePass.pay(begin, end, recordAt);
            // A trade that is not plain may be short.
            if (at != end) context.shortfallByZone = RULES.shortfallPrices(uint32(context.windowId));
            while (at != end) {
                TradePayment.pay(context, chunk, ChunkLayout.tradeAt(at), place);
                (at, place) = TradePass.pay(at + ChunkLayout.TRADE_BYTES, end, place + ChunkLayout.RECORD_BYTES);
            }
        }
    }

    /// @dev Writes fills, balances, the record and the window.
    function _close(ChunkMemory memory context, Window memory state, bytes32 restHash) private {
        uint32 windowId = uint32(context.windowId);
        uint16 chunkIndex = state.nextChunk;
        _keepFills(context);
        bool last = chunkIndex + 1 == state.chunkCount;
        if (last != (restHash == 0)) revert ChunkMismatch(windowId, chunkIndex);

        bytes32 hash = keccak256(context.record);
        if (last) {
            _windows[windowId] = WindowWords.withHash(WindowStatus.Settled, state.chunkCount, hash);
            if (state.status == WindowStatus.Settling) {
                settlingWindow = 0;
                delete _restHash[windowId];
            }
        } else {
            if (state.status == WindowStatus.Committed) settlingWindow = windowId;
            state.nextChunk = chunkIndex + 1;
            _windows[windowId] = WindowWords.settling(state);
            _restHash[windowId] = restHash;
            _recordHash[windowId][chunkIndex] = WindowWords.shortened(hash);
        }
        RecordEvent.log(windowId, chunkIndex, last, context.record);
        UpdatePass.send(context, address(VAULT), chunkIndex, last);
    }

    /// @dev Stores the fills of buys whose account's slot cannot tell them.
    function _keepFills(ChunkMemory memory context) private {
        // Hashes were kept of such orders only.
        if (context.orderHashes.length == 0) return;
        for (uint256 i = 0; i < context.orderCount; ++i) {
            uint256 order = context.orders.get(i);
            if (!ChunkLayout.stateIsFilledBuy(order) || !ChunkLayout.stateIsStored(order)) continue;
            storedFillWh[bytes32(context.orderHashes.get(i))] = ChunkLayout.stateFilled(order);
        }
    }
}
