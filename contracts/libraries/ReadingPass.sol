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

    /// @notice Both ascend by meter, so this is a merge. A meter of another licensee or an unknown one is passed over: an attester
    /// speaks for the meters of its own licensee only. What a meter cannot physically have injected is cut off.
    /// @param held The chunk in memory.
    /// @param chunk Its bytes.
    /// @param readings Packed (meterId u32, exportedWh u32).
    /// @param licensee Whose attester signed.
    /// @return fault Why the array is refused.
    /// @return meterId The meter at the fault.
    /// @return beyond Not 0 when a reading is above what is known of its meter.
    // solhint-disable-next-line function-max-lines
    function merge(
        ChunkMemory memory held,
        bytes calldata chunk,
        bytes calldata readings,
        uint256 licensee
    ) internal pure returns (Fault fault, uint256 meterId, uint256 beyond) {
        uint256 header = ChunkLayout.HEADER_BYTES;
        uint256 count = held.sellMeterCount;
        uint256[] memory meters = held.meters;
        uint256[] memory taken = held.readings;
        assembly ("memory-safe") {
            let idAt := add(chunk.offset, header)
            let idsEnd := add(idAt, shl(2, count))
            let idsBegin := idAt
            let at := readings.offset
            let end := add(at, readings.length)
            for {} lt(at, end) {
                at := add(at, 8)
            } {
                let entry := shr(192, calldataload(at))
                if iszero(gt(shr(32, entry), meterId)) {
                    meterId := shr(32, entry)
                    fault := 1
                    break
                }
                meterId := shr(32, entry)
                for {} lt(idAt, idsEnd) {
                    idAt := add(idAt, 4)
                } {
                    if iszero(lt(shr(224, calldataload(idAt)), meterId)) {
                        break
                    }
                }
                // Behind the last id other bytes of the chunk follow.
                if iszero(lt(idAt, idsEnd)) {
                    continue
                }
                if xor(shr(224, calldataload(idAt)), meterId) {
                    continue
                }
                // From 4 bytes an id to 32 a word.
                let offset := add(shl(3, sub(idAt, idsBegin)), 0x20)
                let meter := mload(add(meters, offset))
                if xor(and(shr(shl(2, and(shr(160, meter), 0xff)), LICENSEES), 0xf), licensee) {
                    continue
                }
                let place := add(taken, offset)
                if not(mload(place)) {
                    fault := 2
                    break
                }
                let exported := and(entry, 0xffffffff)
                let most := and(shr(200, meter), 0xffffffff)
                if gt(exported, most) {
                    // Without an owner it is a bound, see TradingWord: the caller asks what the meter can inject.
                    switch shl(96, meter)
                    case 0 {
                        beyond := 1
                    }
                    default {
                        exported := most
                    }
                }
                mstore(place, exported)
            }
        }
    }
}
