// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Vm} from "./Vm.sol";

/// @notice What every Solidity test starts from.
abstract contract SolidityTest {
    /// @dev The runner's own address for cheatcodes.
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    /// @notice 2027-03-01 12:00 UTC, on a window's boundary: where the TypeScript tests start too.
    uint256 internal constant EPOCH_SECONDS = 1_803_902_400;

    /// @notice What a stateful test may call, for the runner.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    FuzzSelector[] private _targets;

    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return _targets;
    }

    /// @notice The contracts a stateful test calls.
    function targetContracts() external view returns (address[] memory contracts) {
        contracts = new address[](_targets.length);
        for (uint256 i = 0; i < _targets.length; ++i) {
            contracts[i] = _targets[i].addr;
        }
    }

    /// @dev The runner calls these functions of `handler`, and nothing else, in random order with random arguments.
    function target(address handler, bytes4[] memory selectors) internal {
        _targets.push(FuzzSelector(handler, selectors));
    }
}

/// @notice A number folded into a range, ends included.
function within(uint256 value, uint256 least, uint256 most) pure returns (uint256) {
    return least + (value % (most - least + 1));
}
