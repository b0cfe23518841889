// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ZoneRule} from "../../../contracts/types/ZoneRule.sol";
import {SolidityTest} from "./SolidityTest.sol";

/// @notice A3 most restrictive wins: whatever is applied in whatever order, nothing allowed before it is forbidden less.
contract ZoneRuleTest is SolidityTest {
    struct Step {
        uint8 kind;
        uint64 cap;
        uint16 floor;
        uint16 ceiling;
    }

    function testFuzz_noStepWidens(
        Step[6] calldata steps,
        uint16 sellerPrice,
        uint16 buyerPrice,
        uint64 energy
    ) external pure {
        ZoneRule rule;
        for (uint256 i = 0; i < steps.length; ++i) {
            ZoneRule narrowed = _apply(rule, steps[i]);
            // What the new rule allows, the old one and the step allow.
            if (_allows(narrowed, sellerPrice, buyerPrice, energy)) {
                VM.assertTrue(_allows(rule, sellerPrice, buyerPrice, energy), "widened what another narrowed");
                VM.assertTrue(_stepAllows(steps[i], sellerPrice, buyerPrice, energy), "did not apply the step");
            }
            rule = narrowed;
        }
    }

    /// @dev The rule allows exactly what every step allows, except that an empty band halts.
    function testFuzz_theRuleIsTheIntersection(
        Step[4] calldata steps,
        uint16 seller,
        uint16 buyer,
        uint64 energy
    ) external pure {
        ZoneRule rule;
        bool all = true;
        uint16 floor = 0;
        uint16 ceiling = type(uint16).max;
        for (uint256 i = 0; i < steps.length; ++i) {
            rule = _apply(rule, steps[i]);
            all = all && _stepAllows(steps[i], seller, buyer, energy);
            if (steps[i].kind % 3 != 2) continue;
            if (steps[i].floor > floor) floor = steps[i].floor;
            if (steps[i].ceiling < ceiling) ceiling = steps[i].ceiling;
        }
        bool empty = floor > ceiling;
        VM.assertTrue(_allows(rule, seller, buyer, energy) == (all && !empty), "intersection");
        if (empty) VM.assertTrue(rule.halted(), "an empty band is a halt");
    }

    function testFuzz_orderDoesNotMatter(Step calldata one, Step calldata other) external pure {
        ZoneRule none;
        uint256 left = ZoneRule.unwrap(_apply(_apply(none, one), other));
        uint256 right = ZoneRule.unwrap(_apply(_apply(none, other), one));
        VM.assertEq(left, right, "commutes");
        VM.assertEq(ZoneRule.unwrap(_apply(ZoneRule.wrap(left), one)), left, "once is enough");
    }

    function testFuzz_fieldsStandWhereTheTableSays(uint256 bits) external pure {
        ZoneRule rule = ZoneRule.wrap(bits);
        VM.assertTrue(rule.halted() == (bits % 2 == 1), "halted");
        VM.assertTrue(rule.capped() == ((bits / 2) % 2 == 1), "capped");
        VM.assertTrue(rule.banded() == ((bits / 4) % 2 == 1), "banded");
        VM.assertEq(rule.floorSatPerKwh(), (bits / 2 ** 16) % 2 ** 16, "floor");
        VM.assertEq(rule.ceilingSatPerKwh(), (bits / 2 ** 32) % 2 ** 16, "ceiling");
        VM.assertEq(rule.capWh(), (bits / 2 ** 64) % 2 ** 64, "cap");
    }

    function _apply(ZoneRule rule, Step calldata step) private pure returns (ZoneRule) {
        if (step.kind % 3 == 0) return rule.withHalt();
        if (step.kind % 3 == 1) return rule.withCap(step.cap);
        return rule.withBand(step.floor, step.ceiling);
    }

    function _stepAllows(Step calldata step, uint16 seller, uint16 buyer, uint64 energy) private pure returns (bool) {
        if (step.kind % 3 == 0) return false;
        if (step.kind % 3 == 1) return energy <= step.cap;
        return seller >= step.floor && buyer <= step.ceiling;
    }

    function _allows(ZoneRule rule, uint16 seller, uint16 buyer, uint64 energy) private pure returns (bool) {
        if (rule.halted()) return false;
        if (rule.capped() && energy > rule.capWh()) return false;
        return !rule.banded() || (seller >= rule.floorSatPerKwh() && buyer <= rule.ceilingSatPerKwh());
    }
}
