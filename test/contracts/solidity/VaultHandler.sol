// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {CollateralVault} from "../../../contracts/CollateralVault.sol";
import {SatoshiToken} from "../../../contracts/SatoshiToken.sol";
import {AccountWord} from "../../../contracts/types/AccountWord.sol";
import {AccruedWord} from "../../../contracts/types/AccruedWord.sol";
import {Vm} from "./Vm.sol";
import {within} from "./SolidityTest.sol";

/// @notice Everything that can happen to the vault, in any order: its users, its operator, the registry, and a settlement
/// contract that moves balances as it likes as long as they sum to zero.
contract VaultHandler {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 public constant OPERATOR_KEY = 0x0b5e55ed;
    uint256 private constant ACTORS = 6;
    bytes32 private constant WITHDRAWAL_TYPEHASH = keccak256(
        "Withdrawal(address account,uint256 amountSat,uint256 nonce,uint256 deadlineSeconds)"
    );

    SatoshiToken public immutable TOKEN;
    CollateralVault public immutable VAULT;

    /// @notice What the events should add up to.
    uint256 public depositedSat;
    uint256 public paidSat;
    uint256 public exits;
    uint256 public settlements;
    uint256 private _nonce;

    constructor(SatoshiToken token, CollateralVault vault) {
        TOKEN = token;
        VAULT = vault;
        token.approve(address(vault), type(uint256).max);
        for (uint256 i = 0; i < ACTORS; ++i) {
            VM.prank(actor(i));
            token.approve(address(vault), type(uint256).max);
        }
    }

    function actor(uint256 index) public pure returns (address) {
        return address(uint160(0xac7000 + (index % ACTORS)));
    }

    function actorCount() external pure returns (uint256) {
        return ACTORS;
    }

    function deposit(uint256 who, uint256 amountSat) external {
        amountSat = within(amountSat, 1, 1e13);
        TOKEN.mint(actor(who), amountSat);
        VM.prank(actor(who));
        VAULT.deposit(amountSat);
        depositedSat += amountSat;
    }

    function depositFor(uint256 who, uint256 amountSat) external {
        amountSat = within(amountSat, 1, 1e10);
        TOKEN.mint(address(this), amountSat);
        VAULT.depositFor(actor(who), amountSat);
        depositedSat += amountSat;
    }

    /// @notice Tokens sent to the vault without a deposit belong to nobody and harm nobody.
    function donate(uint256 amountSat) external {
        TOKEN.mint(address(VAULT), within(amountSat, 1, 1e8));
    }

    function withdraw(uint256 who, uint256 amountSat) external {
        address account = actor(who);
        uint256 most = VAULT.balanceOf(account) / 1000;
        if (most == 0) return;
        amountSat = within(amountSat, 1, most);
        uint256 nonce = ++_nonce;
        uint256 deadline = block.timestamp;
        bytes32 structHash = keccak256(abi.encode(WITHDRAWAL_TYPEHASH, account, amountSat, nonce, deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", VAULT.domainSeparator(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(OPERATOR_KEY, digest);
        uint256 before = TOKEN.balanceOf(account);
        VM.prank(account);
        VAULT.withdraw(amountSat, nonce, deadline, abi.encodePacked(r, s, v));
        VM.assertEq(TOKEN.balanceOf(account) - before, amountSat, "paid exactly");
        paidSat += amountSat;
    }

    function requestExit(uint256 who) external {
        if (VAULT.exitDueAt(actor(who)) != 0) return;
        VM.prank(actor(who));
        VAULT.requestExit();
        VM.assertLe(VAULT.exitDueAt(actor(who)), block.timestamp + 1 days + 1800, "the delay is bounded");
    }

    function cancelExit(uint256 who) external {
        if (VAULT.exitDueAt(actor(who)) == 0) return;
        VM.prank(actor(who));
        VAULT.cancelExit();
    }

    /// @notice An exit that is due never fails, whoever calls it.
    function exit(uint256 who) external {
        address account = actor(who);
        uint256 dueAt = VAULT.exitDueAt(account);
        if (dueAt == 0 || block.timestamp < dueAt) return;
        exitDue(account);
    }

    function exitDue(address account) public {
        uint256 owedSat = VAULT.balanceOf(account) / 1000;
        uint256 before = TOKEN.balanceOf(account);
        VAULT.exit(account);
        VM.assertEq(TOKEN.balanceOf(account) - before, owedSat, "everything paid");
        VM.assertTrue(VAULT.balanceOf(account) < 1000, "less than a satoshi stays");
        paidSat += owedSat;
        ++exits;
    }

    function raiseEpoch(uint256 who) external {
        AccountWord word = VAULT.accountWord(actor(who));
        if (word.epochFromWindow() >= VAULT.nextEffectiveWindow()) return;
        VM.prank(actor(who));
        (uint32 epoch, uint32 effectiveWindow) = VAULT.raiseEpoch();
        VM.assertEq(VAULT.epochAt(actor(who), effectiveWindow - 1), word.epoch(), "history stands");
        VM.assertEq(VAULT.epochAt(actor(who), effectiveWindow), epoch, "from the window on");
    }

    function noteLicence(uint256 who, uint24 untilWindow) external {
        uint64 before = VAULT.balanceOf(actor(who));
        VAULT.noteLicence(actor(who), untilWindow);
        VM.assertEq(VAULT.balanceOf(actor(who)), before, "no money moves");
    }

    /// @notice A settlement between three accounts, with cursors and charges. `this` is the vault's settlement contract.
    function applySettlement(uint256 first, uint256 share, uint88 cursor, uint32 windowId) external {
        first %= ACTORS;
        address payer = actor(first);
        uint256 balance = _storedMsat(payer);
        uint256 amount = balance == 0 ? 0 : share % (balance + 1);
        uint256 part = amount / 3;
        // Fields hold 51 bits.
        uint256 one = (amount / 7) % (1 << 50);
        uint256 other = (amount / 9) % (1 << 50);
        AccruedWord charges = AccruedWord.wrap((one << (51 * (share % 5))) + (other << (51 * ((share / 5) % 5))));
        uint256 rest = amount - part - one - other;
        uint256[] memory updates = new uint256[](6);
        updates[0] = _update(payer, -int256(amount));
        updates[1] = cursor;
        updates[2] = _update(actor(first + 1), int256(part));
        updates[4] = _update(actor(first + 2), int256(rest));
        VAULT.applySettlement(windowId, 0, true, charges, updates);
        ++settlements;
    }

    /// @notice A settlement that would create or destroy money, or overdraw an account, is refused whole.
    function applyUnbalanced(uint256 who, int96 amount, uint96 extra, uint256 charge) external {
        who %= ACTORS;
        extra %= 1 << 95; // what the signed field of an update holds
        uint256[] memory updates = new uint256[](4);
        updates[0] = _update(actor(who), amount);
        bool overdrawn = extra % 2 == 0;
        uint256 stored = _storedMsat(actor(who + 1));
        updates[2] = _update(actor(who + 1), overdrawn ? -int256(stored) - 1 : int256(uint256(extra)));
        AccruedWord charges = AccruedWord.wrap(charge);
        int256 sum = int256(amount) + int256(uint256(extra));
        for (uint256 i = 0; i < 5; ++i) {
            sum += int256(charges.amountMsat(i));
        }
        if (!overdrawn && sum == 0) return;
        try VAULT.applySettlement(1, 0, true, charges, updates) {
            VM.assertTrue(false, "settled what does not balance");
        } catch {}
    }

    /// @notice What accrued is part of the balances before and after.
    function spreadCharges() external {
        uint256[ACTORS] memory before;
        for (uint256 i = 0; i < ACTORS; ++i) {
            before[i] = VAULT.balanceOf(actor(i));
        }
        VAULT.spreadCharges();
        for (uint256 i = 0; i < ACTORS; ++i) {
            VM.assertEq(VAULT.balanceOf(actor(i)), before[i], "no balance changes");
            VM.assertEq(_storedMsat(actor(i)), before[i], "all of it stands in the account");
        }
    }

    function passTime(uint256 seconds_) external {
        VM.warp(block.timestamp + within(seconds_, 1, 12 hours));
    }

    /// @dev The balance without what accrued: what settlement counts on.
    function _storedMsat(address account) private view returns (uint256) {
        uint256 stored = uint64(VAULT.tradingWords(abi.encodePacked(account))[0]);
        VM.assertLe(stored, VAULT.balanceOf(account), "what accrued comes on top");
        return stored;
    }

    function _update(address account, int256 deltaMsat) private pure returns (uint256) {
        unchecked {
            return (uint256(uint160(account)) << 96) + uint256(deltaMsat);
        }
    }
}
