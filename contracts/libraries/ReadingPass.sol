// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkMemory} from "../types/ChunkMemory.sol";
import {ChunkLayout} from "./ChunkLayout.sol";

/// @title Taking the readings of a chunk's selling meters out of an attester's array
/// @notice Readings and meters both ascend, so taking them is a merge.
library ReadingPass {
    /// @dev Licensee by zone, 4 bits each: Zones.licenseeOf.
    uint256 private constant LICENSEES = 0x11133333333333320;

    enum Fault {
        None,
        Malformed,
        Duplicated
    }

    /// @notice What became of an array.
    /// @param fault Why it is refused.
    /// @param meterId The meter at the fault.
    /// @param beyond Not 0 when a reading is above what is known of its meter.
    /// @param count Number of readings taken.
    struct Taken {
        Fault fault;
        uint256 meterId;
        uint256 beyond;
        uint256 count;
    }

    /// @notice Takes the readings. A meter of another licensee or an unknown one is passed over: an attester speaks for the meters of
    /// its own licensee only. What a meter cannot physically have injected is cut off.
    /// @param held The chunk in memory.
    /// @param chunk Its bytes.
    /// @param readings Packed (meterId u32, exportedWh u32).
    /// @param licensee Whose attester signed.
    /// @return taken What became of the array.
    // solhint-disable-next-line function-max-lines
    function merge(
        ChunkMemory memory held,
        bytes calldata chunk,
        bytes calldata readings,
        uint256 licensee
    ) internal pure returns (Taken memory taken) {
        uint256 idAt = ChunkLayout.HEADER_BYTES;
        uint256 count = held.sellMeterCount;
        uint256[] memory meters = held.meters;
        uint256[] memory results = held.readings;
        assembly ("memory-safe") {
            idAt := add(chunk.offset, idAt)
            let idsBegin := idAt
            // The last selling meter; 0 without any.
            let lastId := mul(shr(224, calldataload(add(idAt, shl(2, sub(count, 1))))), iszero(iszero(count)))
            let before := 0
            let at := readings.offset
            for {
                let end := add(at, readings.length)
            } lt(at, end) {
                at := add(at, 8)
            } {
                let entry := shr(192, calldataload(at))
                let meterId := shr(32, entry)
                if iszero(gt(meterId, before)) {
                    mstore(taken, 1)
                    mstore(add(taken, 0x20), meterId)
                    break
                }
                before := meterId
                if gt(meterId, lastId) {
                    continue
                }
                // Ends at the last one at the latest.
                for {} lt(shr(224, calldataload(idAt)), meterId) {} {
                    idAt := add(idAt, 4)
                }
                if xor(shr(224, calldataload(idAt)), meterId) {
                    continue
                }
                // From 4 bytes an id to 32 a word.
                let offset := add(shl(3, sub(idAt, idsBegin)), 0x20)
                let meter := mload(add(meters, offset))
                let zone := and(shr(160, meter), 0xff)
                let most := and(shr(200, meter), 0xffffffff)
                let bound := iszero(shl(96, meter))
                if bound {
                    // Without an owner: zone, source and reach as in a TradingWord.
                    zone := and(zone, 0x1f)
                    most := shr(2, shl(and(shr(169, meter), 0x1f), add(4, shr(174, meter))))
                }
                if xor(and(shr(shl(2, zone), LICENSEES), 0xf), licensee) {
                    continue
                }
                let place := add(results, offset)
                if mload(place) {
                    mstore(taken, 2)
                    mstore(add(taken, 0x20), meterId)
                    break
                }
                entry := and(entry, 0xffffffff)
                if gt(entry, most) {
                    // Of a bound: the caller asks what the meter can inject.
                    switch bound
                    case 0 {
                        entry := most
                    }
                    default {
                        mstore(add(taken, 0x40), 1)
                    }
                }
                mstore(place, not(entry))
                count := sub(count, 1)
            }
        }
        taken.count = held.sellMeterCount - count;
    }
}
