// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IWindowSettlement} from "../interfaces/IWindowSettlement.sol";
import {ChunkMemories, ChunkMemory} from "../types/ChunkMemory.sol";
import {MeterWord} from "../types/MeterWord.sol";
import {TradingWords} from "../types/TradingWord.sol";
import {ChunkLayout} from "./ChunkLayout.sol";
import {OrderQuestions} from "./OrderQuestions.sol";
import {ReadingPass} from "./ReadingPass.sol";
import {Windows} from "./Windows.sol";
import {Words} from "./Words.sol";

/// @title The readings of a chunk's selling meters
/// @notice Taken out of arrays that attesters signed. Until the grace is over none may be left out.
library Readings {
    using Words for uint256[];

    uint256 private constant READING_BYTES = 8;

    /// @notice What an attester's signature is about.
    /// @param typehash EIP-712 type hash of readings.
    /// @param separator EIP-712 domain separator.
    struct Domain {
        bytes32 typehash;
        bytes32 separator;
    }

    /// @notice Takes the readings of the selling meters out of the signed arrays.
    /// @param registry Who knows attesters and meters.
    /// @param domain What signatures are about.
    /// @param context The chunk in memory.
    /// @param chunk Its bytes.
    /// @param batches The signed arrays.
    function accept(
        IMeterRegistry registry,
        Domain memory domain,
        ChunkMemory memory context,
        bytes calldata chunk,
        IWindowSettlement.ReadingBatch[] calldata batches
    ) internal view {
        uint256 count;
        uint256 beyond;
        for (uint256 b = 0; b < batches.length; ++b) {
            IWindowSettlement.ReadingBatch calldata batch = batches[b];
            if (batch.readings.length % READING_BYTES != 0) revert IWindowSettlement.ReadingsMalformed(b);
            _requireAttested(registry, domain, uint32(context.windowId), batch);
            (ReadingPass.Fault fault, uint256 found, uint256 above) = ReadingPass.merge(
                context,
                chunk,
                batch.readings,
                batch.licensee
            );
            if (fault == ReadingPass.Fault.Malformed) revert IWindowSettlement.ReadingsMalformed(b);
            if (fault == ReadingPass.Fault.Duplicated) revert IWindowSettlement.ReadingDuplicated(uint32(found));
            count += found;
            beyond = above;
        }
        if (beyond != 0) _cut(registry, context, chunk);
        if (count != context.sellMeterCount) _requireGraceOver(context, chunk);
    }

    /// @dev What a meter cannot physically have injected is cut off; here for meters of which only a bound is known so far.
    function _cut(IMeterRegistry registry, ChunkMemory memory context, bytes calldata chunk) private view {
        for (uint256 i = 0; i < context.sellMeterCount; ++i) {
            MeterWord meter = MeterWord.wrap(context.meters.get(i));
            uint256 exportedWh = context.reading(i);
            if (exportedWh == ChunkMemories.NO_READING || meter.owner() != address(0)) continue;
            if (exportedWh <= TradingWords.boundOf(MeterWord.unwrap(meter))) continue;
            uint256 mostWh = OrderQuestions.meterOf(registry, context, i, ChunkLayout.meterId(chunk, i)).maxWindowWh();
            if (exportedWh > mostWh) context.setReading(i, mostWh);
        }
    }

    /// @dev Some meter has no reading; while the grace lasts only meters no order names may have none.
    function _requireGraceOver(ChunkMemory memory context, bytes calldata chunk) private view {
        uint256 graceEnds = Windows.endOf(uint32(context.windowId)) + Windows.READING_GRACE_SECONDS;
        if (block.timestamp >= graceEnds) return;
        for (uint256 i = 0; i < context.sellMeterCount; ++i) {
            if (context.reading(i) == ChunkMemories.NO_READING && context.meters.get(i) != 0) {
                revert IWindowSettlement.ReadingMissing(uint32(ChunkLayout.meterId(chunk, i)), graceEnds);
            }
        }
    }

    function _requireAttested(
        IMeterRegistry registry,
        Domain memory domain,
        uint32 windowId,
        IWindowSettlement.ReadingBatch calldata batch
    ) private view {
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            domain.separator,
            keccak256(abi.encode(domain.typehash, windowId, batch.licensee, keccak256(batch.readings)))
        );
        (address signer, , ) = ECDSA.tryRecoverCalldata(digest, batch.signature);
        if (signer == address(0) && batch.signature.length == 64) {
            (signer, , ) = ECDSA.tryRecover(digest, bytes32(batch.signature[:32]), bytes32(batch.signature[32:]));
        }
        if (batch.licensee == 0 || registry.attesterLicensee(signer) != batch.licensee) {
            revert IWindowSettlement.ReadingsNotAttested(batch.licensee, signer);
        }
    }
}
