// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

/// @title A contract wallet that answers as it is told. For tests only.
contract HostileWallet is IERC1271, IERC1155Receiver {
    enum Answer {
        Valid,
        Invalid,
        Revert,
        BurnGas,
        ReturnMuch,
        ReturnLittle
    }

    Answer public mode;
    address public victim;
    bytes public payload;
    bool public calledBack;

    function setMode(Answer mode_) external {
        mode = mode_;
    }

    /// @notice What to do when a certificate arrives.
    function setCallback(address victim_, bytes calldata payload_) external {
        victim = victim_;
        payload = payload_;
    }

    /// @notice Lets the wallet act.
    function act(address target, bytes calldata data) external returns (bytes memory) {
        (bool done, bytes memory answer) = target.call(data);
        require(done, "act failed");
        return answer;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        if (mode == Answer.Valid) return IERC1271.isValidSignature.selector;
        if (mode == Answer.Revert) revert("no");
        if (mode == Answer.BurnGas) {
            while (true) {}
        }
        if (mode == Answer.ReturnMuch) {
            assembly {
                return(0, 200000)
            }
        }
        if (mode == Answer.ReturnLittle) {
            assembly {
                mstore(0, 0x1626ba7e00000000000000000000000000000000000000000000000000000000)
                return(0, 4)
            }
        }
        return 0xffffffff;
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        if (victim != address(0)) {
            address target = victim;
            victim = address(0);
            (calledBack, ) = target.call(payload);
        }
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external pure returns (bytes4) {
        return this.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }
}
