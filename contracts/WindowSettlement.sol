// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IGridDirectives} from "./interfaces/IGridDirectives.sol";
import {IMarketRules} from "./interfaces/IMarketRules.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {IWindowSettlement} from "./interfaces/IWindowSettlement.sol";
import {ChunkLayout} from "./libraries/ChunkLayout.sol";
import {CompactSignature} from "./libraries/CompactSignature.sol";
import {OrderPass} from "./libraries/OrderPass.sol";
import {ReadingPass} from "./libraries/ReadingPass.sol";
import {Roles} from "./libraries/Roles.sol";
import {SettlementCodes} from "./libraries/SettlementCodes.sol";
import {TradePass} from "./libraries/TradePass.sol";
import {TradePayment} from "./libraries/TradePayment.sol";
import {TradeQuestions} from "./libraries/TradeQuestions.sol";
import {UpdatePass} from "./libraries/UpdatePass.sol";
import {Windows} from "./libraries/Windows.sol";
import {Words} from "./libraries/Words.sol";
import {Zones} from "./libraries/Zones.sol";
import {AccountWord} from "./types/AccountWord.sol";
import {ChunkMemory} from "./types/ChunkMemory.sol";
import {MeterWord} from "./types/MeterWord.sol";
import {RulesWord} from "./types/RulesWord.sol";
import {WindowWord, WindowWords} from "./types/WindowWord.sol";
import {ZoneRule} from "./types/ZoneRule.sol";

/// @title Commitment and settlement of delivery windows
/// @notice See IWindowSettlement; formats and proofs in docs/PROTOCOL.md.
/// @dev A chunk is settled in memory: orders are checked once, trades in two passes (what each meter owes; who pays what), and
/// every account is written once at the end by the vault, which refuses any batch that does not sum to zero.
contract WindowSettlement is IWindowSettlement, AccessManaged, EIP712 {
    using Words for uint256[];

    /// @dev Gas for one ERC-1271 call: enough for a multisig with several owners, too little to harm a batch.
    uint256 private constant CONTRACT_SIGNATURE_GAS = 120_000;
    uint16 private constant MAX_CHUNKS = 4096;
    uint8 private constant CLASS_GRID_BALANCING = 2;
    uint8 private constant CLASS_EMERGENCY = 3;
    uint8 private constant TIER_CROSS_BORDER = 3;
    uint8 private constant TIER_GRID_OPERATOR = 4;
    uint256 private constant READING_BYTES = 8;
    uint256 private constant NO_READING = type(uint256).max;

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
    /// @notice Receivers of charges: licensees by authority number, congestion and platform.
    address public immutable EGAT_ACCOUNT;
    /// @notice Receives distribution charges of MEA's zone.
    address public immutable MEA_ACCOUNT;
    /// @notice Receives distribution charges of PEA's zones.
    address public immutable PEA_ACCOUNT;
    /// @notice Receives congestion charges.
    address public immutable CONGESTION_ACCOUNT;
    /// @notice Receives platform charges.
    address public immutable PLATFORM_ACCOUNT;

    struct ChargeAccounts {
        address egat;
        address mea;
        address pea;
        address congestion;
        address platform;
    }

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
        IGridDirectives directives,
        ChargeAccounts memory receivers
    ) AccessManaged(manager) EIP712("GridTokenX", "1") {
        VAULT = vault;
        REGISTRY = registry;
        RULES = rules;
        DIRECTIVES = directives;
        EGAT_ACCOUNT = receivers.egat;
        MEA_ACCOUNT = receivers.mea;
        PEA_ACCOUNT = receivers.pea;
        CONGESTION_ACCOUNT = receivers.congestion;
        PLATFORM_ACCOUNT = receivers.platform;
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
        Window memory state = window(windowId);
        _requireSettleable(windowId, state);
        bytes32 found = keccak256(abi.encode(ChunkLayout.hash(chunk), restHash));
        if (state.status == WindowStatus.Committed) found = WindowWords.shortened(found);
        if (found != state.nextHash) revert ChunkMismatch(windowId, state.nextChunk);
        ChunkMemory memory context = _open(windowId, state, chunk);
        _readOrders(context, chunk);
        _acceptReadings(context, chunk, batches);
        _settleTrades(context, chunk);
        _close(context, state, chunk, restHash);
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

    function _requireSettleable(uint32 windowId, Window memory state) private view {
        if (state.status == WindowStatus.Committed) {
            if (settlingWindow != 0) revert OtherWindowSettling(settlingWindow);
            if (DIRECTIVES.isVoided(windowId)) revert WindowIsVoided(windowId);
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
        state.lastSellMeter = _requireAscendingSellMeters(chunk, sellMeterCount, state.lastSellMeter);
        _makeRoom(context);
        context.hashForm = ChunkLayout.hashForm(ORDER_TYPEHASH, _domainSeparatorV4(), windowId);
        _readRules(context, windowId);
    }

    function _makeRoom(ChunkMemory memory context) private pure {
        uint256 sellMeterCount = context.sellMeterCount;
        context.meters = new uint256[](context.meterCount);
        context.readings = new uint256[](sellMeterCount);
        context.obligations = new uint256[](sellMeterCount);
        context.passed = new uint256[](sellMeterCount);
        context.orders = new uint256[](context.orderCount);
        context.balances = new uint256[](context.accountCount);
        context.cursors = new uint256[](context.accountCount);
        context.record = new bytes(context.tradeCount * ChunkLayout.RECORD_BYTES);
    }

    function _readRules(ChunkMemory memory context, uint32 windowId) private view {
        uint256 parameters;
        (parameters, context.distributionByZone, context.shortfallByZone) = RULES.packedRulesAt(windowId);
        context.rules = RulesWord.wrap(parameters);
        (, context.zoneRules) = DIRECTIVES.effectiveRules(windowId);
        uint256 anyRule;
        for (uint256 zone = 1; zone <= Zones.COUNT; ++zone) {
            anyRule |= context.zoneRules[zone];
        }
        context.anyRule = anyRule;
    }

    /// @dev Ascending within and across chunks: the sells of a meter lie in one chunk, so its reading is used once.
    function _requireAscendingSellMeters(
        bytes calldata chunk,
        uint256 count,
        uint256 last
    ) private pure returns (uint32) {
        for (uint256 i = 0; i < count; ++i) {
            uint256 meterId = ChunkLayout.meterId(chunk, i);
            if (meterId <= last) revert SellMetersOutOfOrder(uint32(meterId));
            last = meterId;
        }
        return uint32(last);
    }

    /// @dev Every order to its state word: all at once, then those that are not plain again, one question after the other.
    function _readOrders(ChunkMemory memory context, bytes calldata chunk) private view {
        (OrderPass.Fault fault, bool allPlain, uint256 position, address trader) = OrderPass.run(context, chunk);
        if (fault == OrderPass.Fault.Accounts) revert OrdersOutOfOrder(trader, 0);
        if (fault == OrderPass.Fault.Sequences) {
            revert OrdersOutOfOrder(trader, uint32(ChunkLayout.orderSequence(ChunkLayout.word(chunk, position))));
        }
        if (fault != OrderPass.Fault.None || position != context.tradesAt) revert MalformedChunk(position);
        if (allPlain) return;
        position = context.ordersAt;
        for (uint256 i = 0; i < context.orderCount; ++i) {
            uint256 state = context.orders.get(i);
            uint256 head = ChunkLayout.word(chunk, position);
            if (!ChunkLayout.stateIsPlain(state)) {
                uint256 judged = _judgeSpecialOrder(context, chunk, position, head, state, i);
                context.orders.set(i, judged);
            }
            position += ChunkLayout.ORDER_HEAD_BYTES + ChunkLayout.signatureBytes(head);
        }
    }

    /// @dev The questions of OrderPass one by one. Returns the state with fill and code.
    function _judgeSpecialOrder(
        ChunkMemory memory context,
        bytes calldata chunk,
        uint256 position,
        uint256 head,
        uint256 state,
        uint256 orderIndex
    ) private view returns (uint256) {
        uint256 accountIndex = ChunkLayout.stateAccountIndex(state);
        address trader = ChunkLayout.account(chunk, context.accountsAt, accountIndex);
        AccountWord word = VAULT.accountWord(trader);
        MeterWord meter = _meter(context, ChunkLayout.stateMeterIndex(state), ChunkLayout.stateMeterId(state));
        state = ChunkLayout.inZone(state, meter.zoneId());
        ChunkLayout.setTrader(context.hashForm, trader);
        bytes32 orderHash = ChunkLayout.orderHash(context.hashForm, head, ChunkLayout.stateMeterId(state));
        uint256 filled;
        uint256 code;
        if (!ChunkLayout.stateIsSell(state)) {
            bool stored = ChunkLayout.stateIsStored(state);
            (filled, code) = _fillSoFar(context.windowId, word, stored, ChunkLayout.stateSequence(state), orderHash);
            if (stored) _keepHash(context, orderIndex, orderHash);
        }
        if (code == 0) code = _judgeOrder(uint32(context.windowId), head, trader, word, meter);
        if (code == 0 && !ChunkLayout.stateIsSigned(state)) {
            bool signed = _isSigned(context, chunk, position, head, trader, orderHash);
            if (!signed) code = SettlementCodes.SIGNATURE_INVALID;
        }
        return ChunkLayout.judged(state, filled, code);
    }

    /// @dev The meter as the registry has it, for the reading as well.
    function _meter(
        ChunkMemory memory context,
        uint256 meterIndex,
        uint256 meterId
    ) private view returns (MeterWord meter) {
        meter = MeterWord.wrap(REGISTRY.meterWord(uint32(meterId)));
        context.meters.set(meterIndex, MeterWord.unwrap(meter));
    }

    /// @dev Hashes are needed again only where fills are stored, which is rare.
    function _keepHash(ChunkMemory memory context, uint256 orderIndex, bytes32 orderHash) private pure {
        if (context.orderHashes.length == 0) context.orderHashes = new uint256[](context.orderCount);
        context.orderHashes.set(orderIndex, uint256(orderHash));
    }

    /// @dev Single appearance, see docs/PROTOCOL.md. Sells need none: the sells of a meter lie in one chunk, once each.
    function _fillSoFar(
        uint256 windowId,
        AccountWord word,
        bool stored,
        uint256 sequence,
        bytes32 orderHash
    ) private view returns (uint256 filled, uint256 code) {
        bool sameWindow = word.cursorWindow() == windowId;
        if (stored) {
            if (sameWindow && word.cursorFill() != 0) return (0, SettlementCodes.ORDER_REPEATED);
            return (storedFillWh[orderHash], 0);
        }
        if (!sameWindow) return (0, 0);
        if (word.cursorFill() == 0 || sequence < word.cursorSequence()) return (0, SettlementCodes.ORDER_REPEATED);
        return (sequence == word.cursorSequence() ? word.cursorFill() : 0, 0);
    }

    function _judgeOrder(
        uint32 windowId,
        uint256 head,
        address trader,
        AccountWord word,
        MeterWord meter
    ) private view returns (uint256) {
        if (ChunkLayout.orderPrice(head) == 0 || ChunkLayout.orderEnergy(head) == 0) return SettlementCodes.MALFORMED;
        if (meter.owner() != trader) return SettlementCodes.METER_NOT_OWNED;
        if (meter.activeUntilWindow() <= windowId) return SettlementCodes.METER_INACTIVE;
        if (ChunkLayout.orderIsSell(head) && meter.source() == 0) return SettlementCodes.METER_CANNOT_SELL;
        uint256 epoch = word.epochFromWindow() <= windowId ? word.epoch() : VAULT.epochAt(trader, windowId);
        if (ChunkLayout.orderEpoch(head) < epoch) return SettlementCodes.EPOCH_STALE;
        uint32 exitFrom = word.exitFromWindow();
        if (exitFrom != 0 && windowId >= exitFrom) return SettlementCodes.EXIT_PENDING;
        if (word.licensedUntilWindow() <= windowId) return SettlementCodes.LICENCE_EXPIRED;
        uint256 class = ChunkLayout.orderClass(head);
        if (class >= CLASS_GRID_BALANCING || meter.zoneId() >= Zones.FIRST_CROSS_BORDER) {
            return _judgeSpecial(windowId, head, class, trader, meter.zoneId());
        }
        return 0;
    }

    function _judgeSpecial(
        uint32 windowId,
        uint256 head,
        uint256 class,
        address trader,
        uint8 zoneId
    ) private view returns (uint256) {
        (uint8 tier, ) = REGISTRY.licence(trader);
        if (class == CLASS_GRID_BALANCING && tier < TIER_GRID_OPERATOR) return SettlementCodes.CLASS_NOT_ALLOWED;
        if (zoneId >= Zones.FIRST_CROSS_BORDER && tier < TIER_CROSS_BORDER) return SettlementCodes.CLASS_NOT_ALLOWED;
        if (class == CLASS_EMERGENCY) {
            bool authorised = DIRECTIVES.authorisesEmergency(ChunkLayout.orderDirectiveId(head), windowId, zoneId);
            if (!authorised) return SettlementCodes.DIRECTIVE_REQUIRED;
        }
        return 0;
    }

    function _isSigned(
        ChunkMemory memory context,
        bytes calldata chunk,
        uint256 at,
        uint256 head,
        address trader,
        bytes32 orderHash
    ) private view returns (bool) {
        if (ChunkLayout.orderHasContractSignature(head)) {
            return _isContractSigned(trader, orderHash, ChunkLayout.contractSignature(chunk, at));
        }
        (bytes32 r, bytes32 vs) = ChunkLayout.compactSignature(chunk, at);
        address signer = CompactSignature.recover(orderHash, r, vs);
        if (signer == trader) return true;
        return signer != address(0) && REGISTRY.isDelegate(trader, signer, uint32(context.windowId));
    }

    /// @dev ERC-1271 within a fixed budget. Whoever calls cannot make it fail by bringing little gas, and the wallet cannot harm
    /// the batch by spending or returning much.
    function _isContractSigned(
        address wallet,
        bytes32 orderHash,
        bytes calldata signature
    ) private view returns (bool valid) {
        // A call gets at most 63/64 of what is left.
        if (gasleft() < CONTRACT_SIGNATURE_GAS + CONTRACT_SIGNATURE_GAS / 32 + 20_000)
            revert InsufficientGas(gasleft());
        bytes memory question = abi.encodeWithSelector(0x1626ba7e, orderHash, signature);
        assembly ("memory-safe") {
            // Only the first word of the answer is copied, into scratch space.
            mstore(0, 0)
            let done := staticcall(CONTRACT_SIGNATURE_GAS, wallet, add(question, 0x20), mload(question), 0, 0x20)
            valid := and(
                and(done, gt(returndatasize(), 0x1f)),
                eq(mload(0), 0x1626ba7e00000000000000000000000000000000000000000000000000000000)
            )
        }
    }

    /// @dev Takes the readings of the selling meters out of the signed arrays; both ascend, so this is a merge.
    function _acceptReadings(
        ChunkMemory memory context,
        bytes calldata chunk,
        ReadingBatch[] calldata batches
    ) private view {
        unchecked {
            uint256 count = context.sellMeterCount;
            for (uint256 i = 0; i < count; ++i) {
                context.readings.set(i, NO_READING);
            }
            uint256 beyond;
            for (uint256 b = 0; b < batches.length; ++b) {
                ReadingBatch calldata batch = batches[b];
                if (batch.readings.length % READING_BYTES != 0) revert ReadingsMalformed(b);
                _requireAttested(uint32(context.windowId), batch);
                (ReadingPass.Fault fault, uint256 meterId, uint256 above) = ReadingPass.merge(
                    context,
                    chunk,
                    batch.readings,
                    batch.licensee
                );
                beyond |= above;
                if (fault == ReadingPass.Fault.Malformed) revert ReadingsMalformed(b);
                if (fault == ReadingPass.Fault.Duplicated) revert ReadingDuplicated(uint32(meterId));
            }
            if (beyond != 0) _cutReadings(context, chunk);
            uint256 graceEnds = Windows.endOf(uint32(context.windowId)) + Windows.READING_GRACE_SECONDS;
            if (block.timestamp >= graceEnds) return;
            for (uint256 i = 0; i < count; ++i) {
                if (context.readings.get(i) == NO_READING && context.meters.get(i) != 0) {
                    revert ReadingMissing(uint32(ChunkLayout.meterId(chunk, i)), graceEnds);
                }
            }
        }
    }

    /// @dev What a meter cannot physically have injected is cut off; here for meters of which only a bound is known so far.
    function _cutReadings(ChunkMemory memory context, bytes calldata chunk) private view {
        for (uint256 i = 0; i < context.sellMeterCount; ++i) {
            MeterWord meter = MeterWord.wrap(context.meters.get(i));
            uint256 reading = context.readings.get(i);
            if (reading == NO_READING || meter.owner() != address(0) || reading <= meter.maxWindowWh()) continue;
            uint256 mostWh = _meter(context, i, ChunkLayout.meterId(chunk, i)).maxWindowWh();
            if (reading > mostWh) context.readings.set(i, mostWh);
        }
    }

    function _requireAttested(uint32 windowId, ReadingBatch calldata batch) private view {
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(READINGS_TYPEHASH, windowId, batch.licensee, keccak256(batch.readings)))
        );
        (address signer, , ) = ECDSA.tryRecoverCalldata(digest, batch.signature);
        if (signer == address(0) && batch.signature.length == 64) {
            (signer, , ) = ECDSA.tryRecover(digest, bytes32(batch.signature[:32]), bytes32(batch.signature[32:]));
        }
        if (batch.licensee == 0 || REGISTRY.attesterLicensee(signer) != batch.licensee) {
            revert ReadingsNotAttested(batch.licensee, signer);
        }
    }

    /// @dev Goes through the trades twice: which of them stand and what each meter owes; then what was delivered and who pays whom.
    /// Between the passes the record holds what the first found: traded energy left (high) and loss (low); then the code.
    function _settleTrades(ChunkMemory memory context, bytes calldata chunk) private {
        unchecked {
            TradePass.Terms memory terms = TradePass.terms(context);
            (uint256 tradesAt, uint256 accountsAt) = (context.tradesAt, context.accountsAt);
            bytes memory record = context.record;
            uint256 recordAt;
            assembly ("memory-safe") {
                // Places in calldata and of the first trade's record.
                tradesAt := add(tradesAt, chunk.offset)
                accountsAt := add(accountsAt, chunk.offset)
                recordAt := add(record, 0x20)
            }
            uint256 tradesEnd = tradesAt + context.tradeCount * ChunkLayout.TRADE_BYTES;
            uint256 place = recordAt;
            for (uint256 at = tradesAt; at < tradesEnd; at += ChunkLayout.TRADE_BYTES) {
                uint256 trade = ChunkLayout.tradeAt(at);
                if (!TradePass.admit(terms, trade, place)) _admitSpecial(context, trade, place);
                place += ChunkLayout.RECORD_BYTES;
            }
            place = recordAt;
            for (uint256 at = tradesAt; at < tradesEnd; at += ChunkLayout.TRADE_BYTES) {
                uint256 trade = ChunkLayout.tradeAt(at);
                if (!TradePass.pay(terms, trade, place, accountsAt)) TradePayment.pay(context, chunk, trade, place);
                place += ChunkLayout.RECORD_BYTES;
            }
        }
    }

    function _admitSpecial(ChunkMemory memory context, uint256 trade, uint256 recordAt) private {
        (uint256 code, uint256 energyWh, uint256 lossWh) = _admit(context, trade);
        ChunkLayout.setRecord(recordAt, (energyWh << 128) | lossWh, code);
    }

    function _admit(
        ChunkMemory memory context,
        uint256 trade
    ) private returns (uint256 code, uint256 energyWh, uint256 lossWh) {
        unchecked {
            uint256 sellIndex = ChunkLayout.tradeSellIndex(trade);
            uint256 buyIndex = ChunkLayout.tradeBuyIndex(trade);
            // Checked here for the second pass as well.
            if (sellIndex >= context.orderCount) revert MalformedChunk(sellIndex);
            if (buyIndex >= context.orderCount) revert MalformedChunk(buyIndex);
            uint256 sell = context.orders.get(sellIndex);
            uint256 buy = context.orders.get(buyIndex);
            energyWh = ChunkLayout.tradeEnergy(trade);
            lossWh = ChunkLayout.tradeLoss(trade);
            code = TradeQuestions.judge(context, trade, sell, buy, energyWh, lossWh);
            if (code != 0) return (code, 0, 0);
            uint256 left = context.anyRule == 0 ? energyWh : _applyCaps(context, sell, buy, energyWh);
            if (left == 0) return (SettlementCodes.DIRECTIVE_CAP, 0, 0);
            uint256 meterIndex = ChunkLayout.stateMeterIndex(sell);
            if (context.readings.get(meterIndex) == NO_READING) return (SettlementCodes.READING_MISSING, 0, 0);
            context.orders.set(sellIndex, ChunkLayout.addFill(sell, energyWh));
            context.orders.set(buyIndex, ChunkLayout.addFill(buy, energyWh));
            if (left != energyWh) {
                lossWh = (lossWh * left + energyWh - 1) / energyWh;
                energyWh = left;
            }
            context.obligations.increase(meterIndex, energyWh + lossWh);
        }
    }

    /// @dev What the caps of both zones leave of a trade, counted over all chunks of the window.
    function _applyCaps(
        ChunkMemory memory context,
        uint256 sell,
        uint256 buy,
        uint256 energyWh
    ) private returns (uint256 left) {
        left = energyWh;
        uint8 sellZone = uint8(ChunkLayout.stateZone(sell));
        uint8 buyZone = uint8(ChunkLayout.stateZone(buy));
        ZoneRule sellRule = TradeQuestions.zoneRule(context, sell);
        ZoneRule buyRule = TradeQuestions.zoneRule(context, buy);
        uint32 windowId = uint32(context.windowId);
        if (sellRule.capped()) {
            uint256 room = _roomUnder(sellRule.capWh(), cappedUse[windowId][sellZone] >> 128);
            if (room < left) left = room;
        }
        if (buyRule.capped()) {
            uint256 room = _roomUnder(buyRule.capWh(), uint128(cappedUse[windowId][buyZone]));
            if (room < left) left = room;
        }
        if (left == 0) return 0;
        if (sellRule.capped()) cappedUse[windowId][sellZone] += left << 128;
        if (buyRule.capped()) cappedUse[windowId][buyZone] += left;
    }

    function _roomUnder(uint256 cap, uint256 used) private pure returns (uint256) {
        return used >= cap ? 0 : cap - used;
    }

    /// @dev Writes fills, balances, the record and the window.
    function _close(ChunkMemory memory context, Window memory state, bytes calldata chunk, bytes32 restHash) private {
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
        emit ChunkSettled(windowId, chunkIndex, last, context.record);
        _applyUpdates(context, chunk, chunkIndex, last);
    }

    /// @dev Notes what every filled buy leaves in its account's slot, or in the store of fills.
    function _keepFills(ChunkMemory memory context) private {
        uint256 stored = UpdatePass.keepCursors(context);
        if (stored == 0) return;
        for (uint256 i = 0; i < context.orderCount; ++i) {
            uint256 order = context.orders.get(i);
            if (!ChunkLayout.stateIsFilledBuy(order) || !ChunkLayout.stateIsStored(order)) continue;
            storedFillWh[bytes32(context.orderHashes.get(i))] = ChunkLayout.stateFilled(order);
        }
    }

    function _applyUpdates(ChunkMemory memory context, bytes calldata chunk, uint256 chunkIndex, bool last) private {
        address[5] memory receivers = [CONGESTION_ACCOUNT, EGAT_ACCOUNT, MEA_ACCOUNT, PEA_ACCOUNT, PLATFORM_ACCOUNT];
        UpdatePass.send(context, chunk, receivers, address(VAULT), chunkIndex, last);
    }
}
