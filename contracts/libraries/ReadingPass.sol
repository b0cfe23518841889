// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ChunkMemory} from "../types/ChunkMemory.sol";
import {ChunkLayout} from "./ChunkLayout.sol";
// Used in assembly, where solhint does not look.
// solhint-disable no-unused-import
import {AT_BEYOND, AT_LAST_METER, AT_LICENSEE, AT_METERS, AT_METER_IDS, AT_READINGS} from "./Places.sol";
// solhint-enable no-unused-import

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

    /// @notice Takes the readings. A meter of another licensee or an unknown one is passed over: an attester speaks for the meters of
    /// its own licensee only. What a meter cannot physically have injected is cut off.
    /// @param held The chunk in memory.
    /// @param chunk Its bytes.
    /// @param readings Packed (meterId u32, exportedWh u32).
    /// @param licensee Whose attester signed.
    /// @return fault Why the array is refused.
    /// @return found The meter at the fault; else how many readings were taken.
    /// @return beyond Not 0 when a reading is above what is known of its meter.
    function merge(
        ChunkMemory memory held,
        bytes calldata chunk,
        bytes calldata readings,
        uint256 licensee
    ) internal pure returns (Fault fault, uint256 found, uint256 beyond) {
        uint256 count = held.sellMeterCount;
        if (count != 0) {
            uint256[] memory meters = held.meters;
            uint256[] memory results = held.readings;
            uint256 lastId = ChunkLayout.meterId(chunk, count - 1);
            assembly ("memory-safe") {
                mstore(AT_METERS, add(meters, 0x20))
                mstore(AT_READINGS, add(results, 0x20))
                mstore(AT_LAST_METER, lastId)
                mstore(AT_LICENSEE, licensee)
            }
        }
        uint256 begin = ChunkLayout.HEADER_BYTES;
        uint256 at;
        uint256 end;
        assembly ("memory-safe") {
            // Without selling meters the last one stays 0 and no reading is looked for.
            begin := add(chunk.offset, begin)
            mstore(AT_METER_IDS, begin)
            at := readings.offset
            end := add(at, readings.length)
        }
        (fault, found) = _merge(at, end, begin);
        assembly ("memory-safe") {
            beyond := mload(AT_BEYOND)
        }
    }

    /// @dev `idAt` goes through the chunk's meters in calldata.
    // solhint-disable-next-line function-max-lines
    function _merge(uint256 at, uint256 end, uint256 idAt) private pure returns (Fault fault, uint256 found) {
        assembly ("memory-safe") {
            let before := 0
            for {} lt(at, end) {
                at := add(at, 8)
            } {
                let entry := calldataload(at)
                let meterId := shr(224, entry)
                if iszero(gt(meterId, before)) {
                    fault := 1
                    found := meterId
                    break
                }
                before := meterId
                if gt(meterId, mload(AT_LAST_METER)) {
                    continue
                }
                // Ends at the last meter at the latest.
                for {} lt(shr(224, calldataload(idAt)), meterId) {} {
                    idAt := add(idAt, 4)
                }
                if xor(shr(224, calldataload(idAt)), meterId) {
                    continue
                }
                // From 4 bytes an id to 32 a word.
                let offset := shl(3, sub(idAt, mload(AT_METER_IDS)))
                let meter := mload(add(mload(AT_METERS), offset))
                let zone := and(shr(160, meter), 0x1f)
                let most
                // Without an owner: zone, source and reach as in a TradingWord. The zones of meters with one fit five bits, too.
                switch shl(96, meter)
                case 0 {
                    most := shr(2, shl(and(shr(169, meter), 0x1f), add(4, shr(174, meter))))
                }
                default {
                    most := and(shr(200, meter), 0xffffffff)
                }
                if xor(and(shr(shl(2, zone), LICENSEES), 0xf), mload(AT_LICENSEE)) {
                    continue
                }
                offset := add(mload(AT_READINGS), offset)
                if mload(offset) {
                    fault := 2
                    found := meterId
                    break
                }
                entry := and(shr(192, entry), 0xffffffff)
                if gt(entry, most) {
                    // Of a bound: the caller asks what the meter can inject.
                    switch shl(96, meter)
                    case 0 {
                        mstore(AT_BEYOND, 1)
                    }
                    default {
                        entry := most
                    }
                }
                mstore(offset, not(entry))
                found := add(found, 1)
            }
        }
    }
}
