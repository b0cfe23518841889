// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Commitment and settlement of delivery windows
/// @notice The operator fixes a window's orders and trades by one hash before delivery; afterwards each chunk proves itself
/// against it and is settled against attested readings. Every order is checked here: the operator can leave out, but
/// cannot forge, overfill, misprice or steal. A bad order is skipped with a code and harms nobody else.
interface IWindowSettlement {
    enum WindowStatus {
        None,
        Committed,
        Settling,
        Settled,
        Voided,
        Expired
    }

    /// @notice State of a window.
    /// @param nextChunk The chunk to settle next.
    /// @param lastSellMeter While it is half settled, the highest meter whose sells are settled; those of later chunks lie above it.
    /// @param nextHash What the next chunk must hash to; of a committed window without the last three bytes.
    struct Window {
        WindowStatus status;
        uint16 chunkCount;
        uint16 nextChunk;
        uint32 lastSellMeter;
        bytes32 nextHash;
    }

    /// @notice Readings one attester signed.
    /// @param licensee 1 EGAT, 2 MEA, 3 PEA.
    /// @param readings Packed (meterId u32, exportedWh u32), ascending by meter.
    /// @param signature 65 or 64 (ERC-2098) bytes over `MeterReadings(uint32 windowId,uint8 licensee,bytes readings)`.
    struct ReadingBatch {
        uint8 licensee;
        bytes readings;
        bytes signature;
    }

    /// @notice A window's trades were fixed.
    /// @param windowId The delivery window.
    /// @param commitment The chained hash over the chunks.
    /// @param chunkCount Number of chunks.
    /// @param tradeCount Number of trades, for the record only.
    event WindowCommitted(uint32 indexed windowId, bytes32 commitment, uint16 chunkCount, uint32 tradeCount);
    /// @notice The permanent record of a chunk: 64 bytes a trade, see docs/PROTOCOL.md. Its hash is stored.
    /// @param windowId The delivery window.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param last Whether this completes the window.
    /// @param record 64 bytes a trade, see docs/PROTOCOL.md.
    event ChunkSettled(uint32 indexed windowId, uint16 indexed chunkIndex, bool last, bytes record);
    /// @notice An authority voided the window; nothing moved.
    /// @param windowId The delivery window.
    event WindowVoided(uint32 indexed windowId);
    /// @notice The window was closed unsettled.
    /// @param windowId The delivery window.
    event WindowExpired(uint32 indexed windowId);

    error WindowNotInStatus(uint32 windowId, WindowStatus status);
    error CommitTooEarly(uint32 windowId, uint256 earliest);
    error CommitTooLate(uint32 windowId, uint256 latest);
    error EmptyCommitment();
    error TooManyChunks(uint16 chunkCount);
    error WindowIdTooLarge(uint32 windowId);
    error WindowIsVoided(uint32 windowId);
    error WindowNotVoided(uint32 windowId);
    error WindowNotDelivered(uint32 windowId, uint256 deliveredAt);
    error SettlementTooLate(uint32 windowId, uint256 deadline);
    /// @notice Until then only the operator settles; afterwards anybody.
    error SettlementReserved(uint32 windowId, uint256 openAt);
    error WindowNotExpired(uint32 windowId, uint256 deadline);
    /// @notice Another window is half settled.
    error OtherWindowSettling(uint32 windowId);
    error ChunkMismatch(uint32 windowId, uint16 chunkIndex);
    error MalformedChunk(uint256 position);
    error SellMetersOutOfOrder(uint32 meterId);
    error OrdersOutOfOrder(address trader, uint32 sequence);
    error ReadingsMalformed(uint256 batch);
    error ReadingsNotAttested(uint8 licensee, address signer);
    error ReadingDuplicated(uint32 meterId);
    /// @notice No reading for a selling meter; it must be supplied until `graceEnds`, then its trades are skipped.
    error ReadingMissing(uint32 meterId, uint256 graceEnds);
    error InsufficientGas(uint256 gasLeft);

    /// @notice Fixes the trades of a window. Operator; in the commit lead before delivery starts.
    /// @param windowId The delivery window.
    /// @param commitment `h_0` of `h_i = keccak256(keccak256(chunk_i) ‖ h_{i+1})`, `h_n = 0`.
    /// @param chunkCount Number of chunks, at least 1.
    /// @param tradeCount For the record only.
    function commitWindow(uint32 windowId, bytes32 commitment, uint16 chunkCount, uint32 tradeCount) external;

    /// @notice Settles the next chunk. Operator; anybody once the operator is late.
    /// @param windowId The delivery window.
    /// @param chunk The bytes committed to, see docs/PROTOCOL.md.
    /// @param restHash `h_{i+1}`.
    /// @param batches Readings of the chunk's selling meters.
    function settleChunk(
        uint32 windowId,
        bytes calldata chunk,
        bytes32 restHash,
        ReadingBatch[] calldata batches
    ) external;

    /// @notice Writes down that an authority voided the window. Anybody.
    /// @param windowId The delivery window.
    function voidWindow(uint32 windowId) external;

    /// @notice Closes a window nobody settled in time. Anybody.
    /// @param windowId The delivery window.
    function expireWindow(uint32 windowId) external;

    /// @notice State of a window.
    /// @param windowId The delivery window.
    function window(uint32 windowId) external view returns (Window memory);

    /// @notice Hash of a chunk's record, its last three bytes zero; 0 when not settled.
    /// @param windowId The delivery window.
    /// @param chunkIndex The chunk of the window, from 0.
    function recordHash(uint32 windowId, uint16 chunkIndex) external view returns (bytes32);

    /// @notice Fill of an order that uses stored fills, Wh.
    /// @param orderHash EIP-712 hash of the order.
    function storedFillWh(bytes32 orderHash) external view returns (uint256);

    /// @notice Energy sold out of (high 128 bits) and bought into (low 128 bits) a zone under a cap so far, Wh.
    /// @param windowId The delivery window.
    /// @param zoneId The zone, 1–16.
    function cappedUse(uint32 windowId, uint8 zoneId) external view returns (uint256);

    /// @notice The window that is half settled; 0 when none.
    function settlingWindow() external view returns (uint32);

    /// @notice EIP-712 domain separator of orders and readings.
    function domainSeparator() external view returns (bytes32);
}
