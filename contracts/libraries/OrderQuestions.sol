// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {IGridDirectives} from "../interfaces/IGridDirectives.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IWindowSettlement} from "../interfaces/IWindowSettlement.sol";
import {AccountWord} from "../types/AccountWord.sol";
import {ChunkMemory} from "../types/ChunkMemory.sol";
import {MeterWord} from "../types/MeterWord.sol";
import {ChunkLayout} from "./ChunkLayout.sol";
import {CompactSignature} from "./CompactSignature.sol";
import {OrderForm} from "./OrderForm.sol";
import {SettlementCodes} from "./SettlementCodes.sol";
import {Words} from "./Words.sol";
import {Zones} from "./Zones.sol";

/// @title The questions to an order, one after the other
/// @notice The plain twin of `OrderPass`: it names the first objection, and knows the orders that need more than their account's first
/// slot: other meters than the main one, contract wallets, delegates, special classes, fills of another chunk.
library OrderQuestions {
    using Words for uint256[];

    /// @dev Gas for one ERC-1271 call: enough for a multisig with several owners, too little to harm a batch.
    uint256 private constant CONTRACT_SIGNATURE_GAS = 120_000;
    uint8 private constant CLASS_GRID_BALANCING = 2;
    uint8 private constant CLASS_EMERGENCY = 3;
    uint8 private constant TIER_CROSS_BORDER = 3;
    uint8 private constant TIER_GRID_OPERATOR = 4;

    /// @notice Whom to ask.
    struct Offices {
        ICollateralVault vault;
        IMeterRegistry registry;
        IGridDirectives directives;
    }

    /// @notice Judges every order OrderPass has marked.
    /// @param offices Whom to ask.
    /// @param storedFillWh Fills that are stored, by hash.
    /// @param context The chunk in memory.
    /// @param chunk Its bytes.
    /// @param form See OrderForm.make.
    function judgeMarked(
        Offices memory offices,
        mapping(bytes32 orderHash => uint256) storage storedFillWh,
        ChunkMemory memory context,
        bytes calldata chunk,
        bytes memory form
    ) internal view {
        uint256 position = context.ordersAt;
        for (uint256 i = 0; i < context.orderCount; ++i) {
            uint256 head = ChunkLayout.word(chunk, position);
            if (!ChunkLayout.stateIsPlain(context.orders.get(i))) {
                _judge(offices, storedFillWh, context, chunk, form, position, i);
            }
            position += ChunkLayout.ORDER_HEAD_BYTES + ChunkLayout.signatureBytes(head);
        }
    }

    /// @dev The questions of OrderPass one by one, for the fill so far and the code.
    function _judge(
        Offices memory offices,
        mapping(bytes32 orderHash => uint256) storage storedFillWh,
        ChunkMemory memory context,
        bytes calldata chunk,
        bytes memory form,
        uint256 position,
        uint256 orderIndex
    ) private view {
        uint256 state = context.orders.get(orderIndex);
        address trader = ChunkLayout.account(chunk, context.accountsAt, ChunkLayout.stateAccountIndex(state));
        MeterWord meter = meterOf(
            offices.registry,
            context,
            ChunkLayout.stateMeterIndex(state),
            ChunkLayout.stateMeterId(state)
        );
        state = ChunkLayout.inZone(state, meter.zoneId(), context.distributionByZone);
        bytes32 orderHash;
        {
            uint256 head = ChunkLayout.word(chunk, position);
            OrderForm.setTrader(form, trader);
            orderHash = OrderForm.hash(form, head, ChunkLayout.stateMeterId(state));
        }
        AccountWord word = offices.vault.accountWord(trader);
        uint256 filled;
        uint256 code;
        if (!ChunkLayout.stateIsSell(state)) {
            (filled, code) = _fillSoFar(storedFillWh, context.windowId, word, state, orderHash);
            if (ChunkLayout.stateIsStored(state)) _keepHash(context, orderIndex, orderHash);
        }
        if (code == 0) {
            code = _question(offices, uint32(context.windowId), ChunkLayout.word(chunk, position), trader, word, meter);
        }
        if (code == 0 && !ChunkLayout.stateIsSigned(state)) {
            bool signed = _isSigned(offices.registry, context.windowId, chunk, position, trader, orderHash);
            if (!signed) code = SettlementCodes.SIGNATURE_INVALID;
        }
        context.orders.set(orderIndex, ChunkLayout.judged(state, filled, code));
    }

    /// @notice The meter as the registry has it, noted for its reading as well.
    /// @param registry Whom to ask.
    /// @param context The chunk in memory.
    /// @param meterIndex The meter in this chunk.
    /// @param meterId Its number.
    /// @return meter The meter.
    function meterOf(
        IMeterRegistry registry,
        ChunkMemory memory context,
        uint256 meterIndex,
        uint256 meterId
    ) internal view returns (MeterWord meter) {
        meter = MeterWord.wrap(registry.meterWord(uint32(meterId)));
        context.meters.set(meterIndex, MeterWord.unwrap(meter));
    }

    /// @dev Hashes are needed again only where fills are stored, which is rare.
    function _keepHash(ChunkMemory memory context, uint256 orderIndex, bytes32 orderHash) private pure {
        if (context.orderHashes.length == 0) context.orderHashes = new uint256[](context.orderCount);
        context.orderHashes.set(orderIndex, uint256(orderHash));
    }

    /// @dev Single appearance, see docs/PROTOCOL.md. Sells need none: the sells of a meter lie in one chunk, once each.
    function _fillSoFar(
        mapping(bytes32 orderHash => uint256) storage storedFillWh,
        uint256 windowId,
        AccountWord word,
        uint256 state,
        bytes32 orderHash
    ) private view returns (uint256 filled, uint256 code) {
        bool sameWindow = word.cursorWindow() == windowId;
        uint256 sequence = ChunkLayout.stateSequence(state);
        if (ChunkLayout.stateIsStored(state)) {
            if (sameWindow && word.cursorFill() != 0) return (0, SettlementCodes.ORDER_REPEATED);
            return (storedFillWh[orderHash], 0);
        }
        if (!sameWindow) return (0, 0);
        if (word.cursorFill() == 0 || sequence < word.cursorSequence()) return (0, SettlementCodes.ORDER_REPEATED);
        return (sequence == word.cursorSequence() ? word.cursorFill() : 0, 0);
    }

    function _question(
        Offices memory offices,
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
        uint256 epoch = word.epochFromWindow() <= windowId ? word.epoch() : offices.vault.epochAt(trader, windowId);
        if (ChunkLayout.orderEpoch(head) < epoch) return SettlementCodes.EPOCH_STALE;
        uint32 exitFrom = word.exitFromWindow();
        if (exitFrom != 0 && windowId >= exitFrom) return SettlementCodes.EXIT_PENDING;
        if (word.licensedUntilWindow() <= windowId) return SettlementCodes.LICENCE_EXPIRED;
        uint256 class = ChunkLayout.orderClass(head);
        if (class >= CLASS_GRID_BALANCING || meter.zoneId() >= Zones.FIRST_CROSS_BORDER) {
            return _questionSpecial(offices, windowId, head, class, trader, meter.zoneId());
        }
        return 0;
    }

    function _questionSpecial(
        Offices memory offices,
        uint32 windowId,
        uint256 head,
        uint256 class,
        address trader,
        uint8 zoneId
    ) private view returns (uint256) {
        (uint8 tier, ) = offices.registry.licence(trader);
        if (class == CLASS_GRID_BALANCING && tier < TIER_GRID_OPERATOR) return SettlementCodes.CLASS_NOT_ALLOWED;
        if (zoneId >= Zones.FIRST_CROSS_BORDER && tier < TIER_CROSS_BORDER) return SettlementCodes.CLASS_NOT_ALLOWED;
        if (class == CLASS_EMERGENCY) {
            uint32 directiveId = ChunkLayout.orderDirectiveId(head);
            bool authorised = offices.directives.authorisesEmergency(directiveId, windowId, zoneId);
            if (!authorised) return SettlementCodes.DIRECTIVE_REQUIRED;
        }
        return 0;
    }

    function _isSigned(
        IMeterRegistry registry,
        uint256 windowId,
        bytes calldata chunk,
        uint256 at,
        address trader,
        bytes32 orderHash
    ) private view returns (bool) {
        if (ChunkLayout.orderHasContractSignature(ChunkLayout.word(chunk, at))) {
            return _isContractSigned(trader, orderHash, ChunkLayout.contractSignature(chunk, at));
        }
        (bytes32 r, bytes32 vs) = ChunkLayout.compactSignature(chunk, at);
        address signer = CompactSignature.recover(orderHash, r, vs);
        if (signer == trader) return true;
        return signer != address(0) && registry.isDelegate(trader, signer, uint32(windowId));
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
            revert IWindowSettlement.InsufficientGas(gasleft());
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
}
