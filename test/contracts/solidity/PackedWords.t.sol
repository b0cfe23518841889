// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {CertificateId, CertificateIds} from "../../../contracts/types/CertificateId.sol";
import {MeterWord, MeterWords} from "../../../contracts/types/MeterWord.sol";
import {RulesWord} from "../../../contracts/types/RulesWord.sol";
import {SolidityTest} from "./SolidityTest.sol";

/// @notice Meters, rules and certificate ids: what is packed comes back, from where the bit tables say.
contract PackedWordsTest is SolidityTest {
    function testFuzz_meterRoundTrip(
        address owner,
        uint8 zoneId,
        uint8 source,
        uint24 activeUntil,
        uint32 maxWindowWh,
        uint24 nodeId
    ) external pure {
        MeterWord word = MeterWords.pack(owner, zoneId, source, activeUntil, maxWindowWh, nodeId);
        VM.assertTrue(word.owner() == owner, "owner");
        VM.assertEq(word.zoneId(), zoneId, "zone");
        VM.assertEq(word.source(), source, "source");
        VM.assertEq(word.activeUntilWindow(), activeUntil, "active until");
        VM.assertEq(word.maxWindowWh(), maxWindowWh, "most in a window");
        VM.assertEq(word.nodeId(), nodeId, "node");
        VM.assertTrue(word.exists() == (MeterWord.unwrap(word) != 0), "exists");
    }

    function testFuzz_meterFieldsStandWhereTheTableSays(uint256 bits) external pure {
        MeterWord word = MeterWord.wrap(bits);
        VM.assertEq(uint160(word.owner()), bits % 2 ** 160, "owner");
        VM.assertEq(word.zoneId(), (bits / 2 ** 160) % 2 ** 8, "zone");
        VM.assertEq(word.source(), (bits / 2 ** 168) % 2 ** 8, "source");
        VM.assertEq(word.activeUntilWindow(), (bits / 2 ** 176) % 2 ** 24, "active until");
        VM.assertEq(word.maxWindowWh(), (bits / 2 ** 200) % 2 ** 32, "most in a window");
        VM.assertEq(word.nodeId(), bits / 2 ** 232, "node");
        VM.assertTrue(word.exists() == (bits != 0), "exists");
    }

    function testFuzz_meterWithActiveUntilTouchesNothingElse(uint256 bits, uint24 until) external pure {
        uint256 changed = MeterWord.unwrap(MeterWord.wrap(bits).withActiveUntil(until));
        VM.assertEq((changed / 2 ** 176) % 2 ** 24, until, "the field");
        VM.assertEq(changed % 2 ** 176, bits % 2 ** 176, "below");
        VM.assertEq(changed / 2 ** 200, bits / 2 ** 200, "above");
    }

    function testFuzz_rulesFieldsStandWhereTheTableSays(uint256 bits) external pure {
        RulesWord word = RulesWord.wrap(bits);
        VM.assertEq(word.fromWindow(), bits % 2 ** 32, "from");
        VM.assertEq(word.floorSatPerKwh(), _field(bits, 32), "floor");
        VM.assertEq(word.ceilingSatPerKwh(), _field(bits, 48), "ceiling");
        VM.assertEq(word.tickSatPerKwh(), _field(bits, 64), "tick");
        VM.assertEq(word.transmissionSatPerKwh(), _field(bits, 80), "transmission");
        VM.assertEq(word.platformSatPerKwh(), _field(bits, 96), "platform");
        VM.assertEq(word.congestionCapSatPerKwh(), _field(bits, 112), "congestion");
        VM.assertEq(word.lossCapPermille(), _field(bits, 128), "loss");
        VM.assertEq(word.shortfallSatPerKwh(), _field(bits, 144), "shortfall");
        VM.assertEq(word.shortfallMinSatPerKwh(), _field(bits, 160), "shortfall min");
        VM.assertEq(word.shortfallMaxSatPerKwh(), _field(bits, 176), "shortfall max");
    }

    function testFuzz_certificateIdRoundTrip(
        uint32 windowId,
        uint32 meterId,
        uint8 zoneId,
        uint8 source,
        uint8 authority,
        uint16 factorVersion
    ) external pure {
        CertificateId id = CertificateIds.pack(windowId, meterId, zoneId, source, authority, factorVersion);
        VM.assertEq(id.windowId(), windowId, "window");
        VM.assertEq(id.meterId(), meterId, "meter");
        VM.assertEq(id.zoneId(), zoneId, "zone");
        VM.assertEq(id.source(), source, "source");
        VM.assertEq(id.authority(), authority, "authority");
        VM.assertEq(id.factorVersion(), factorVersion, "factors");
        VM.assertEq(CertificateId.unwrap(id) >> 104, 0, "nothing above");
    }

    /// @dev Two devices or two windows never share a certificate.
    function testFuzz_certificateIdsDiffer(
        uint32 window,
        uint32 meter,
        uint32 otherWindow,
        uint32 otherMeter
    ) external pure {
        bool same = window == otherWindow && meter == otherMeter;
        uint256 one = CertificateId.unwrap(CertificateIds.pack(window, meter, 2, 1, 3, 0));
        uint256 other = CertificateId.unwrap(CertificateIds.pack(otherWindow, otherMeter, 2, 1, 3, 0));
        VM.assertTrue((one == other) == same, "one id, one device and window");
    }

    function _field(uint256 bits, uint256 from) private pure returns (uint256) {
        return (bits / 2 ** from) % 2 ** 16;
    }
}
