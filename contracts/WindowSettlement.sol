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
import {Roles} from "./libraries/Roles.sol";
import {SettlementCodes} from "./libraries/SettlementCodes.sol";
import {Windows} from "./libraries/Windows.sol";
import {Zones} from "./libraries/Zones.sol";
import {AccountWord} from "./types/AccountWord.sol";
import {MeterWord} from "./types/MeterWord.sol";
import {RulesWord} from "./types/RulesWord.sol";
import {ZoneRule} from "./types/ZoneRule.sol";

/// @title Commitment and settlement of delivery windows
/// @notice See IWindowSettlement; formats and proofs in docs/PROTOCOL.md.
/// @dev A chunk is settled in memory: orders are checked once, trades in two passes (what each meter owes; who pays what), and
/// every account is written once at the end by the vault, which refuses any batch that does not sum to zero.
contract WindowSettlement is IWindowSettlement, AccessManaged, EIP712 {
    /// @dev Gas for one ERC-1271 call: enough for a multisig with several owners, too little to harm a batch.
    uint256 private constant CONTRACT_SIGNATURE_GAS = 120_000;
    uint16 private constant MAX_CHUNKS = 4096;
    uint8 private constant CLASS_GRID_BALANCING = 2;
    uint8 private constant CLASS_EMERGENCY = 3;
    uint8 private constant TIER_CROSS_BORDER = 3;
    uint8 private constant TIER_GRID_OPERATOR = 4;
    uint256 private constant NO_READING = type(uint256).max;
    /// @dev Charge totals by receiver.
    uint256 private constant TO_CONGESTION = 0;
    uint256 private constant TO_PLATFORM = 4;

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

    /// @dev Everything of a chunk in memory.
    struct Context {
        uint32 windowId;
        uint256 sellMeterCount;
        /// Offset of the first trade in the chunk.
        uint256 tradesAt;
        uint256 tradeCount;
        RulesWord rules;
        uint256 distributionByZone;
        uint256 shortfallByZone;
        uint256[17] zoneRules;
        /// By meter: MeterWord.
        uint256[] meters;
        uint32[] meterIds;
        /// By selling meter: reading, or NO_READING; what its trades oblige it to inject; how much of that is gone through.
        uint256[] readings;
        uint256[] obligations;
        uint256[] passed;
        /// By account: address, AccountWord, running balance, new cursor (0 = unchanged), first order, one past the last.
        address[] accounts;
        uint256[] words;
        uint256[] balances;
        uint256[] cursors;
        /// By order: `OrderState` word and hash.
        uint256[] orders;
        bytes32[] orderHashes;
        /// By zone: sold (high 128) and bought (low 128) under a cap; only zones with a cap.
        uint256[17] cappedUse;
        /// By receiver: congestion, EGAT, MEA, PEA, platform.
        uint256[5] charges;
        bytes record;
    }

    /// @dev Where an order stands, as the account group fixes it.
    struct Group {
        uint256 accountIndex;
        address trader;
        AccountWord word;
        uint32 epoch;
        bool stored;
        uint32 lastSequence;
        bool first;
    }

    /// @inheritdoc IWindowSettlement
    uint32 public settlingWindow;
    mapping(uint32 windowId => Window) private _windows;
    /// @inheritdoc IWindowSettlement
    mapping(uint32 windowId => mapping(uint16 chunkIndex => bytes32)) public recordHash;
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
        Window storage state = _windows[windowId];
        if (state.status != WindowStatus.None) revert WindowNotInStatus(windowId, state.status);
        uint256 latest = Windows.startOf(windowId);
        if (block.timestamp >= latest) revert CommitTooLate(windowId, latest);
        uint256 earliest = latest - Windows.COMMIT_LEAD_SECONDS;
        if (block.timestamp < earliest) revert CommitTooEarly(windowId, earliest);
        if (commitment == 0 || chunkCount == 0) revert EmptyCommitment();
        if (chunkCount > MAX_CHUNKS) revert TooManyChunks(chunkCount);
        if (DIRECTIVES.isVoided(windowId)) revert WindowIsVoided(windowId);
        state.status = WindowStatus.Committed;
        state.chunkCount = chunkCount;
        state.committedAt = uint40(block.timestamp);
        state.nextHash = commitment;
        emit WindowCommitted(windowId, commitment, chunkCount, tradeCount);
    }

    /// @inheritdoc IWindowSettlement
    function settleChunk(
        uint32 windowId,
        bytes calldata chunk,
        bytes32 restHash,
        ReadingBatch[] calldata batches
    ) external {
        Window memory state = _windows[windowId];
        _requireSettleable(windowId, state);
        if (keccak256(abi.encode(keccak256(chunk), restHash)) != state.nextHash) {
            revert ChunkMismatch(windowId, state.nextChunk);
        }
        Context memory context = _open(windowId, state, chunk);
        _readOrders(context, chunk);
        _acceptReadings(context, batches);
        _admitTrades(context, chunk);
        _payTrades(context, chunk);
        _close(context, state, restHash);
    }

    /// @inheritdoc IWindowSettlement
    function voidWindow(uint32 windowId) external {
        Window storage state = _windows[windowId];
        if (state.status != WindowStatus.Committed) revert WindowNotInStatus(windowId, state.status);
        if (!DIRECTIVES.isVoided(windowId)) revert WindowNotVoided(windowId);
        state.status = WindowStatus.Voided;
        state.nextHash = 0;
        emit WindowVoided(windowId);
    }

    /// @inheritdoc IWindowSettlement
    function expireWindow(uint32 windowId) external {
        Window storage state = _windows[windowId];
        WindowStatus status = state.status;
        if (status == WindowStatus.None) {
            // Never committed: it cannot be any more once it has started.
            uint256 start = Windows.startOf(windowId);
            if (block.timestamp < start) revert WindowNotExpired(windowId, start);
        } else if (status == WindowStatus.Committed || status == WindowStatus.Settling) {
            uint256 deadline = Windows.endOf(windowId) + Windows.SETTLEMENT_DEADLINE_SECONDS;
            if (block.timestamp < deadline) revert WindowNotExpired(windowId, deadline);
            if (status == WindowStatus.Settling) settlingWindow = 0;
        } else {
            revert WindowNotInStatus(windowId, status);
        }
        state.status = WindowStatus.Expired;
        state.nextHash = 0;
        emit WindowExpired(windowId);
    }

    /// @inheritdoc IWindowSettlement
    function window(uint32 windowId) external view returns (Window memory) {
        return _windows[windowId];
    }

    /// @inheritdoc IWindowSettlement
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
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
    ) private view returns (Context memory context) {
        if (chunk.length < ChunkLayout.HEADER_BYTES) revert MalformedChunk(0);
        ChunkLayout.Header memory header = ChunkLayout.header(chunk);
        if (header.windowId != windowId || header.chunkIndex != state.nextChunk) {
            revert ChunkMismatch(windowId, state.nextChunk);
        }
        uint256 ordersAt = ChunkLayout.HEADER_BYTES + header.meterCount * ChunkLayout.METER_BYTES;
        uint256 tradeBytes = header.tradeCount * ChunkLayout.TRADE_BYTES;
        if (header.sellMeterCount > header.meterCount || ordersAt + tradeBytes > chunk.length) {
            revert MalformedChunk(ordersAt);
        }
        context.windowId = windowId;
        context.sellMeterCount = header.sellMeterCount;
        context.tradeCount = header.tradeCount;
        context.tradesAt = chunk.length - tradeBytes;
        context.meters = REGISTRY.meterWords(chunk[ChunkLayout.HEADER_BYTES:ordersAt]);
        context.meterIds = new uint32[](header.meterCount);
        uint32 last = state.lastSellMeter;
        for (uint256 i = 0; i < header.meterCount; ++i) {
            uint32 meterId = ChunkLayout.meterId(chunk, i);
            context.meterIds[i] = meterId;
            if (i < header.sellMeterCount) {
                // Ascending within and across chunks: the sells of a meter lie in one chunk, so its reading is used once.
                if (meterId <= last) revert SellMetersOutOfOrder(meterId);
                last = meterId;
            }
        }
        state.lastSellMeter = last;
        context.readings = new uint256[](header.sellMeterCount);
        context.obligations = new uint256[](header.sellMeterCount);
        context.passed = new uint256[](header.sellMeterCount);
        context.accounts = new address[](header.accountCount);
        context.orders = new uint256[](header.orderCount);
        context.orderHashes = new bytes32[](header.orderCount);
        context.balances = new uint256[](header.accountCount);
        context.cursors = new uint256[](header.accountCount);
        context.record = new bytes(header.tradeCount * 64);
        uint256 parameters;
        (parameters, context.distributionByZone, context.shortfallByZone) = RULES.packedRulesAt(windowId);
        context.rules = RulesWord.wrap(parameters);
        (, context.zoneRules) = DIRECTIVES.effectiveRules(windowId);
    }

    /// @dev Goes through the account groups twice: addresses first, so that the vault is asked once; then every order.
    function _readOrders(Context memory context, bytes calldata chunk) private view {
        uint256 start = ChunkLayout.HEADER_BYTES + context.meters.length * ChunkLayout.METER_BYTES;
        uint256 at = start;
        uint256 orderIndex;
        address last;
        for (uint256 i = 0; i < context.accounts.length; ++i) {
            (address account, uint256 count, ) = ChunkLayout.group(chunk, at);
            if (account <= last) revert OrdersOutOfOrder(account, 0);
            last = account;
            context.accounts[i] = account;
            at += ChunkLayout.GROUP_BYTES;
            for (uint256 k = 0; k < count; ++k) {
                at += ChunkLayout.orderBytes(chunk, at);
            }
            orderIndex += count;
            if (at > context.tradesAt) revert MalformedChunk(at);
        }
        if (orderIndex != context.orders.length || at != context.tradesAt) revert MalformedChunk(at);

        context.words = VAULT.accountWords(context.accounts);
        bytes32 separator = _domainSeparatorV4();
        at = start;
        orderIndex = 0;
        for (uint256 i = 0; i < context.accounts.length; ++i) {
            Group memory group;
            uint256 count;
            (group.trader, count, group.stored) = ChunkLayout.group(chunk, at);
            group.accountIndex = i;
            group.word = AccountWord.wrap(context.words[i]);
            group.epoch =
                group.word.epochFromWindow() <= context.windowId
                    ? group.word.epoch()
                    : VAULT.epochAt(group.trader, context.windowId);
            group.first = true;
            context.balances[i] = group.word.balanceMsat();
            at += ChunkLayout.GROUP_BYTES;
            for (uint256 k = 0; k < count; ++k) {
                context.orders[orderIndex] = _readOrder(context, chunk, at, group, separator, orderIndex);
                at += ChunkLayout.orderBytes(chunk, at);
                ++orderIndex;
            }
        }
    }

    /// @dev One order to its `OrderState` word.
    function _readOrder(
        Context memory context,
        bytes calldata chunk,
        uint256 at,
        Group memory group,
        bytes32 separator,
        uint256 orderIndex
    ) private view returns (uint256 state) {
        uint256 head = ChunkLayout.word(chunk, at);
        uint256 meterIndex = ChunkLayout.orderMeterIndex(head);
        if (meterIndex >= context.meters.length) revert MalformedChunk(at);
        bool sell = ChunkLayout.orderSide(head) == 1;
        if (sell && meterIndex >= context.sellMeterCount) revert MalformedChunk(at);
        uint32 sequence = ChunkLayout.orderSequence(head);
        if (!group.first && sequence <= group.lastSequence) revert OrdersOutOfOrder(group.trader, sequence);
        group.first = false;
        group.lastSequence = sequence;

        bytes32 orderHash = _orderHash(context, head, group.trader, meterIndex, separator);
        context.orderHashes[orderIndex] = orderHash;
        uint256 filled;
        uint256 code;
        if (!sell) (filled, code) = _fillSoFar(context.windowId, group, sequence, orderHash);
        if (code == 0) code = _judgeOrder(context, head, group, MeterWord.wrap(context.meters[meterIndex]), sell);
        if (code == 0 && !_isSignedBy(context.windowId, chunk, at, head, group.trader, orderHash)) {
            code = SettlementCodes.SIGNATURE_INVALID;
        }
        return ChunkLayout.orderState(head, group.accountIndex, filled, group.stored, code);
    }

    /// @dev Single appearance, see docs/PROTOCOL.md. Sells need none: the sells of a meter lie in one chunk, once each.
    function _fillSoFar(
        uint32 windowId,
        Group memory group,
        uint32 sequence,
        bytes32 orderHash
    ) private view returns (uint256 filled, uint256 code) {
        AccountWord word = group.word;
        bool sameWindow = word.cursorWindow() == windowId;
        if (group.stored) {
            if (sameWindow && word.cursorFill() != 0) return (0, SettlementCodes.ORDER_REPEATED);
            return (storedFillWh[orderHash], 0);
        }
        if (!sameWindow) return (0, 0);
        if (word.cursorFill() == 0 || sequence < word.cursorSequence()) return (0, SettlementCodes.ORDER_REPEATED);
        return (sequence == word.cursorSequence() ? word.cursorFill() : 0, 0);
    }

    function _judgeOrder(
        Context memory context,
        uint256 head,
        Group memory group,
        MeterWord meter,
        bool sell
    ) private view returns (uint256) {
        uint32 windowId = context.windowId;
        AccountWord word = group.word;
        if (ChunkLayout.orderPrice(head) == 0 || ChunkLayout.orderEnergy(head) == 0) return SettlementCodes.MALFORMED;
        if (meter.owner() != group.trader) return SettlementCodes.METER_NOT_OWNED;
        if (meter.activeUntilWindow() <= windowId) return SettlementCodes.METER_INACTIVE;
        if (sell && meter.source() == 0) return SettlementCodes.METER_CANNOT_SELL;
        if (ChunkLayout.orderEpoch(head) < group.epoch) return SettlementCodes.EPOCH_STALE;
        uint32 exitFrom = word.exitFromWindow();
        if (exitFrom != 0 && windowId >= exitFrom) return SettlementCodes.EXIT_PENDING;
        if (word.licensedUntilWindow() <= windowId) return SettlementCodes.LICENCE_EXPIRED;
        uint256 class = ChunkLayout.orderClass(head);
        if (class >= CLASS_GRID_BALANCING || meter.zoneId() >= Zones.FIRST_CROSS_BORDER) {
            return _judgeSpecial(windowId, head, class, group.trader, meter.zoneId());
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

    function _orderHash(
        Context memory context,
        uint256 head,
        address trader,
        uint256 meterIndex,
        bytes32 separator
    ) private pure returns (bytes32) {
        return
            ChunkLayout.orderHash(
                ORDER_TYPEHASH,
                separator,
                head,
                trader,
                context.meterIds[meterIndex],
                context.windowId
            );
    }

    function _isSignedBy(
        uint32 windowId,
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
        (address signer, , ) = ECDSA.tryRecover(orderHash, r, vs);
        if (signer == address(0)) return false;
        return signer == trader || REGISTRY.isDelegate(trader, signer, windowId);
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
    function _acceptReadings(Context memory context, ReadingBatch[] calldata batches) private view {
        uint256 count = context.sellMeterCount;
        for (uint256 i = 0; i < count; ++i) {
            context.readings[i] = NO_READING;
        }
        for (uint256 b = 0; b < batches.length; ++b) {
            ReadingBatch calldata batch = batches[b];
            bytes calldata readings = batch.readings;
            if (readings.length % 8 != 0) revert ReadingsMalformed(b);
            _requireAttested(context.windowId, batch);
            uint256 i;
            uint256 lastMeterId;
            for (uint256 at = 0; at < readings.length; at += 8) {
                uint256 entry = uint64(bytes8(readings[at:at + 8]));
                uint256 meterId = entry >> 32;
                if (meterId <= lastMeterId) revert ReadingsMalformed(b);
                lastMeterId = meterId;
                while (i < count && context.meterIds[i] < meterId) ++i;
                if (i == count || context.meterIds[i] != meterId) continue;
                MeterWord meter = MeterWord.wrap(context.meters[i]);
                // An attester speaks for the meters of its own licensee only.
                if (!meter.exists() || Zones.licenseeOf(meter.zoneId()) != batch.licensee) continue;
                if (context.readings[i] != NO_READING) revert ReadingDuplicated(uint32(meterId));
                uint256 exportedWh = uint32(entry);
                // A meter cannot have injected more than it physically can.
                context.readings[i] = exportedWh > meter.maxWindowWh() ? meter.maxWindowWh() : exportedWh;
            }
        }
        uint256 graceEnds = Windows.endOf(context.windowId) + Windows.READING_GRACE_SECONDS;
        if (block.timestamp >= graceEnds) return;
        for (uint256 i = 0; i < count; ++i) {
            if (context.readings[i] == NO_READING && context.meters[i] != 0) {
                revert ReadingMissing(context.meterIds[i], graceEnds);
            }
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

    /// @dev First pass: which trades stand, how much of each the directives leave, what each meter owes. The result is kept in the
    /// record: first word traded energy left (high) and loss (low), second word the code.
    function _admitTrades(Context memory context, bytes calldata chunk) private {
        for (uint256 t = 0; t < context.tradeCount; ++t) {
            uint256 trade = ChunkLayout.trade(chunk, context.tradesAt, t);
            (uint256 code, uint256 energyWh, uint256 lossWh) = _admit(context, trade);
            if (code == 0) {
                uint256 sell = context.orders[ChunkLayout.tradeSellIndex(trade)];
                context.obligations[ChunkLayout.stateMeterIndex(sell)] += energyWh + lossWh;
            }
            ChunkLayout.setRecord(context.record, t, (energyWh << 128) | lossWh, code);
        }
    }

    function _admit(
        Context memory context,
        uint256 trade
    ) private returns (uint256 code, uint256 energyWh, uint256 lossWh) {
        uint256 sellIndex = ChunkLayout.tradeSellIndex(trade);
        uint256 buyIndex = ChunkLayout.tradeBuyIndex(trade);
        if (sellIndex >= context.orders.length) revert MalformedChunk(sellIndex);
        if (buyIndex >= context.orders.length) revert MalformedChunk(buyIndex);
        uint256 sell = context.orders[sellIndex];
        uint256 buy = context.orders[buyIndex];
        energyWh = ChunkLayout.tradeEnergy(trade);
        lossWh = ChunkLayout.tradeLoss(trade);
        code = _judgeTrade(context, trade, sell, buy, energyWh, lossWh);
        if (code != 0) return (code, 0, 0);
        uint256 left = _applyCaps(context, sell, buy, energyWh);
        if (left == 0) return (SettlementCodes.DIRECTIVE_CAP, 0, 0);
        if (context.readings[ChunkLayout.stateMeterIndex(sell)] == NO_READING) {
            return (SettlementCodes.READING_MISSING, 0, 0);
        }
        context.orders[sellIndex] = ChunkLayout.addFill(sell, energyWh);
        context.orders[buyIndex] = ChunkLayout.addFill(buy, energyWh);
        if (left != energyWh) {
            lossWh = (lossWh * left + energyWh - 1) / energyWh;
            energyWh = left;
        }
    }

    function _judgeTrade(
        Context memory context,
        uint256 trade,
        uint256 sell,
        uint256 buy,
        uint256 energyWh,
        uint256 lossWh
    ) private pure returns (uint256) {
        if (!ChunkLayout.stateIsSell(sell) || ChunkLayout.stateIsSell(buy)) return SettlementCodes.SIDE_MISMATCH;
        if (energyWh == 0) return SettlementCodes.MALFORMED;
        uint256 code = ChunkLayout.stateCode(sell);
        if (code == 0) code = ChunkLayout.stateCode(buy);
        if (code != 0) return code;
        uint256 sellerPrice = ChunkLayout.tradeSellerPrice(trade);
        uint256 buyerPrice = ChunkLayout.tradeBuyerPrice(trade);
        if (sellerPrice < ChunkLayout.statePrice(sell)) return SettlementCodes.BELOW_SELL_LIMIT;
        if (buyerPrice > ChunkLayout.statePrice(buy)) return SettlementCodes.ABOVE_BUY_LIMIT;
        RulesWord rules = context.rules;
        uint8 sellZone = MeterWord.wrap(context.meters[ChunkLayout.stateMeterIndex(sell)]).zoneId();
        uint8 buyZone = MeterWord.wrap(context.meters[ChunkLayout.stateMeterIndex(buy)]).zoneId();
        if (buyerPrice < sellerPrice) return SettlementCodes.CHARGE_CAP;
        if (buyerPrice - sellerPrice > _chargeCap(context, sellZone, buyZone)) return SettlementCodes.CHARGE_CAP;
        if (sellerPrice < rules.floorSatPerKwh() || buyerPrice > rules.ceilingSatPerKwh()) {
            return SettlementCodes.PRICE_BAND;
        }
        if (lossWh * 1000 > energyWh * rules.lossCapPermille()) return SettlementCodes.LOSS_CAP;
        code = _judgeZone(ZoneRule.wrap(context.zoneRules[sellZone]), sellerPrice, buyerPrice);
        if (code == 0) code = _judgeZone(ZoneRule.wrap(context.zoneRules[buyZone]), sellerPrice, buyerPrice);
        if (code != 0) return code;
        if (ChunkLayout.stateFilled(sell) + energyWh > ChunkLayout.stateEnergy(sell)) {
            return SettlementCodes.SELL_OVERFILLED;
        }
        if (ChunkLayout.stateFilled(buy) + energyWh > ChunkLayout.stateEnergy(buy)) {
            return SettlementCodes.BUY_OVERFILLED;
        }
        return 0;
    }

    function _judgeZone(ZoneRule rule, uint256 sellerPrice, uint256 buyerPrice) private pure returns (uint256) {
        if (rule.halted()) return SettlementCodes.ZONE_HALTED;
        if (rule.banded() && (sellerPrice < rule.floorSatPerKwh() || buyerPrice > rule.ceilingSatPerKwh())) {
            return SettlementCodes.PRICE_BAND;
        }
        return 0;
    }

    /// @dev All the regulator lets be charged between the two zones, sat/kWh.
    function _chargeCap(Context memory context, uint8 sellZone, uint8 buyZone) private pure returns (uint256 cap) {
        RulesWord rules = context.rules;
        cap =
            uint256(rules.platformSatPerKwh()) +
            rules.congestionCapSatPerKwh() +
            _distribution(context.distributionByZone, sellZone);
        if (sellZone != buyZone) {
            cap += uint256(rules.transmissionSatPerKwh()) + _distribution(context.distributionByZone, buyZone);
        }
    }

    /// @dev What the caps of both zones leave of a trade, counted over all chunks of the window.
    function _applyCaps(
        Context memory context,
        uint256 sell,
        uint256 buy,
        uint256 energyWh
    ) private returns (uint256 left) {
        left = energyWh;
        uint8 sellZone = MeterWord.wrap(context.meters[ChunkLayout.stateMeterIndex(sell)]).zoneId();
        uint8 buyZone = MeterWord.wrap(context.meters[ChunkLayout.stateMeterIndex(buy)]).zoneId();
        ZoneRule sellRule = ZoneRule.wrap(context.zoneRules[sellZone]);
        ZoneRule buyRule = ZoneRule.wrap(context.zoneRules[buyZone]);
        uint32 windowId = context.windowId;
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

    /// @dev Second pass: what was delivered of each trade, and who pays whom.
    function _payTrades(Context memory context, bytes calldata chunk) private pure {
        for (uint256 t = 0; t < context.tradeCount; ++t) {
            uint256 trade = ChunkLayout.trade(chunk, context.tradesAt, t);
            (uint256 admitted, uint256 code) = ChunkLayout.getRecord(context.record, t);
            _pay(context, trade, t, admitted >> 128, uint128(admitted), code);
        }
    }

    function _pay(
        Context memory context,
        uint256 trade,
        uint256 t,
        uint256 energyWh,
        uint256 lossWh,
        uint256 code
    ) private pure {
        uint256 sell = context.orders[ChunkLayout.tradeSellIndex(trade)];
        uint256 buy = context.orders[ChunkLayout.tradeBuyIndex(trade)];
        uint256 deliveredWh;
        uint256 injectedWh;
        uint256 shortWh;
        if (code == 0) {
            (deliveredWh, injectedWh) = _deliver(context, ChunkLayout.stateMeterIndex(sell), energyWh, lossWh);
            shortWh = energyWh - deliveredWh;
            bool paid = _move(context, trade, sell, buy, deliveredWh, shortWh);
            if (!paid) (code, deliveredWh, injectedWh, shortWh) = (SettlementCodes.FUNDS_INSUFFICIENT, 0, 0, 0);
        }
        _writeRecord(context, trade, t, sell, buy, deliveredWh, injectedWh, shortWh, code);
    }

    /// @dev The trade's share of its meter's reading. Shares are differences of one rising step function, so they sum to the reading
    /// exactly; of a share, what the trade loses on the way is in proportion, rounded to the loss.
    function _deliver(
        Context memory context,
        uint256 meterIndex,
        uint256 energyWh,
        uint256 lossWh
    ) private pure returns (uint256 deliveredWh, uint256 injectedWh) {
        uint256 reading = context.readings[meterIndex];
        uint256 owed = context.obligations[meterIndex];
        uint256 needed = energyWh + lossWh;
        if (reading >= owed) return (energyWh, needed);
        uint256 before = context.passed[meterIndex];
        context.passed[meterIndex] = before + needed;
        injectedWh = (reading * (before + needed)) / owed - (reading * before) / owed;
        deliveredWh = injectedWh == needed ? energyWh : (injectedWh * energyWh) / needed;
    }

    /// @dev Moves the money of one trade between running balances. False when the buyer cannot pay; nothing moves then.
    function _move(
        Context memory context,
        uint256 trade,
        uint256 sell,
        uint256 buy,
        uint256 deliveredWh,
        uint256 shortWh
    ) private pure returns (bool) {
        uint256 buyer = ChunkLayout.stateAccountIndex(buy);
        uint256 seller = ChunkLayout.stateAccountIndex(sell);
        uint256 buyerPrice = ChunkLayout.tradeBuyerPrice(trade);
        uint256 sellerPrice = ChunkLayout.tradeSellerPrice(trade);
        uint256 dueMsat = deliveredWh * buyerPrice;
        if (context.balances[buyer] < dueMsat) return false;
        context.balances[buyer] -= dueMsat;
        context.balances[seller] += deliveredWh * sellerPrice;
        uint8 sellZone = MeterWord.wrap(context.meters[ChunkLayout.stateMeterIndex(sell)]).zoneId();
        uint8 buyZone = MeterWord.wrap(context.meters[ChunkLayout.stateMeterIndex(buy)]).zoneId();
        if (buyerPrice != sellerPrice && deliveredWh != 0) {
            _charge(context, sellZone, buyZone, deliveredWh, buyerPrice - sellerPrice);
        }
        if (shortWh != 0) {
            uint256 owedMsat = shortWh * _shortfallMargin(context, sellZone, sellerPrice);
            // A seller pays what he has; nobody else pays for him.
            if (owedMsat > context.balances[seller]) owedMsat = context.balances[seller];
            context.balances[seller] -= owedMsat;
            context.balances[buyer] += owedMsat;
        }
        return true;
    }

    /// @dev Splits the charges: the licensees' networks first, then the platform, the rest is congestion.
    function _charge(
        Context memory context,
        uint8 sellZone,
        uint8 buyZone,
        uint256 deliveredWh,
        uint256 left
    ) private pure {
        RulesWord rules = context.rules;
        left = _take(
            context,
            Zones.licenseeOf(sellZone),
            _distribution(context.distributionByZone, sellZone),
            left,
            deliveredWh
        );
        if (sellZone != buyZone) {
            left = _take(context, Zones.EGAT, rules.transmissionSatPerKwh(), left, deliveredWh);
            left = _take(
                context,
                Zones.licenseeOf(buyZone),
                _distribution(context.distributionByZone, buyZone),
                left,
                deliveredWh
            );
        }
        left = _take(context, TO_PLATFORM, rules.platformSatPerKwh(), left, deliveredWh);
        context.charges[TO_CONGESTION] += left * deliveredWh;
    }

    function _take(
        Context memory context,
        uint256 receiver,
        uint256 part,
        uint256 left,
        uint256 deliveredWh
    ) private pure returns (uint256) {
        if (part > left) part = left;
        context.charges[receiver] += part * deliveredWh;
        return left - part;
    }

    function _distribution(uint256 byZone, uint8 zoneId) private pure returns (uint256) {
        return uint16(byZone >> (16 * (uint256(zoneId) - 1)));
    }

    function _shortfallMargin(
        Context memory context,
        uint8 zoneId,
        uint256 sellerPrice
    ) private pure returns (uint256) {
        uint256 price = _distribution(context.shortfallByZone, zoneId);
        if (price == 0) price = context.rules.shortfallSatPerKwh();
        return price > sellerPrice ? price - sellerPrice : 0;
    }

    function _writeRecord(
        Context memory context,
        uint256 trade,
        uint256 t,
        uint256 sell,
        uint256 buy,
        uint256 deliveredWh,
        uint256 injectedWh,
        uint256 shortWh,
        uint256 code
    ) private pure {
        uint256 sellMeter = ChunkLayout.stateMeterIndex(sell);
        uint256 buyMeter = ChunkLayout.stateMeterIndex(buy);
        address buyer = context.accounts[ChunkLayout.stateAccountIndex(buy)];
        uint256 first =
            (uint256(uint160(buyer)) << 96) |
                (uint256(context.meterIds[sellMeter]) << 64) |
                (deliveredWh << 32) |
                injectedWh;
        uint256 second =
            (ChunkLayout.stateSequence(sell) << 224) |
                (ChunkLayout.stateSequence(buy) << 192) |
                (uint256(context.meterIds[buyMeter]) << 160) |
                (ChunkLayout.tradeEnergy(trade) << 128) |
                (shortWh << 96) |
                (ChunkLayout.tradeSellerPrice(trade) << 80) |
                (ChunkLayout.tradeBuyerPrice(trade) << 64) |
                (code << 56);
        ChunkLayout.setRecord(context.record, t, first, second);
    }

    /// @dev Writes fills, balances, the record and the window.
    function _close(Context memory context, Window memory state, bytes32 restHash) private {
        uint32 windowId = context.windowId;
        uint16 chunkIndex = state.nextChunk;
        _keepFills(context);
        bool last = chunkIndex + 1 == state.chunkCount;
        if (last != (restHash == 0)) revert ChunkMismatch(windowId, chunkIndex);

        if (last) {
            if (state.status == WindowStatus.Settling) settlingWindow = 0;
        } else if (state.status == WindowStatus.Committed) {
            settlingWindow = windowId;
        }
        state.status = last ? WindowStatus.Settled : WindowStatus.Settling;
        state.nextChunk = chunkIndex + 1;
        state.nextHash = restHash;
        _windows[windowId] = state;
        recordHash[windowId][chunkIndex] = keccak256(context.record);
        emit ChunkSettled(windowId, chunkIndex, last, context.record);
        VAULT.applySettlement(windowId, chunkIndex, last, _updates(context));
    }

    function _keepFills(Context memory context) private {
        for (uint256 i = 0; i < context.orders.length; ++i) {
            uint256 order = context.orders[i];
            if (ChunkLayout.stateIsSell(order) || !ChunkLayout.stateTouched(order)) continue;
            bool stored = ChunkLayout.stateStored(order);
            if (stored) storedFillWh[context.orderHashes[i]] = ChunkLayout.stateFilled(order);
            // Orders ascend by sequence within an account, so the last one leaves the cursor.
            context.cursors[ChunkLayout.stateAccountIndex(order)] =
                stored
                    ? uint256(context.windowId)
                    : uint256(context.windowId) |
                        (ChunkLayout.stateSequence(order) << 24) |
                        (ChunkLayout.stateFilled(order) << 56);
        }
    }

    function _updates(Context memory context) private view returns (uint256[] memory updates) {
        uint256 count = context.accounts.length;
        updates = new uint256[]((count + 5) * 2);
        uint256 used;
        for (uint256 i = 0; i < count; ++i) {
            uint256 before = AccountWord.wrap(context.words[i]).balanceMsat();
            uint256 delta = uint96(uint256(int256(context.balances[i]) - int256(before)));
            if (delta == 0 && context.cursors[i] == 0) continue;
            updates[used] = (uint256(uint160(context.accounts[i])) << 96) | delta;
            updates[used + 1] = context.cursors[i];
            used += 2;
        }
        address[5] memory receivers = [CONGESTION_ACCOUNT, EGAT_ACCOUNT, MEA_ACCOUNT, PEA_ACCOUNT, PLATFORM_ACCOUNT];
        for (uint256 i = 0; i < 5; ++i) {
            if (context.charges[i] == 0) continue;
            updates[used] = (uint256(uint160(receivers[i])) << 96) | context.charges[i];
            used += 2;
        }
        assembly ("memory-safe") {
            // Shortens the array to what was used.
            mstore(updates, used)
        }
    }
}
