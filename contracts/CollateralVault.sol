// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ChargeAccrual} from "./bases/ChargeAccrual.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {Roles} from "./libraries/Roles.sol";
import {Windows} from "./libraries/Windows.sol";
import {AccountWord} from "./types/AccountWord.sol";
import {AccruedWord} from "./types/AccruedWord.sol";
import {MeterWord} from "./types/MeterWord.sol";
import {StandingWord, TradingWord, TradingWords} from "./types/TradingWord.sol";

/// @title Custody of the settlement token
/// @notice See ICollateralVault.
contract CollateralVault is ICollateralVault, AccessManaged, EIP712, ReentrancyGuardTransient, ChargeAccrual {
    using SafeERC20 for IERC20;
    using Checkpoints for Checkpoints.Trace224;

    uint256 private constant MSAT_PER_SAT = 1000;
    uint256 private constant ADDRESS_BYTES = 20;
    bytes32 private constant WITHDRAWAL_TYPEHASH = keccak256(
        "Withdrawal(address account,uint256 amountSat,uint256 nonce,uint256 deadlineSeconds)"
    );

    /// @notice The settlement token; one base unit is one satoshi.
    IERC20 public immutable TOKEN;

    /// @notice The contract that moves balances.
    address public settlement;
    /// @notice The contract that notes licences.
    address public registry;
    /// @inheritdoc ICollateralVault
    uint64 public totalMsat;

    /// @dev What windows read and write, and the rest: see `TradingWord`. Together, and with what accrued, they are the `AccountWord`.
    mapping(address account => TradingWord) private _trading;
    mapping(address account => StandingWord) private _standing;
    mapping(address account => Checkpoints.Trace224) private _epochs;
    mapping(address account => mapping(uint256 nonce => bool)) private _usedNonces;

    constructor(
        address manager,
        IERC20 token,
        ChargeAccounts memory receivers
    ) AccessManaged(manager) EIP712("GridTokenX", "1") ChargeAccrual(receivers) {
        TOKEN = token;
    }

    /// @inheritdoc ICollateralVault
    function deposit(uint256 amountSat) external {
        _deposit(msg.sender, amountSat);
    }

    /// @inheritdoc ICollateralVault
    function depositFor(address account, uint256 amountSat) external {
        _deposit(account, amountSat);
    }

    /// @inheritdoc ICollateralVault
    function withdraw(
        uint256 amountSat,
        uint256 nonce,
        uint256 deadlineSeconds,
        bytes calldata operatorSignature
    ) external nonReentrant {
        if (amountSat == 0) revert ZeroAmount();
        if (block.timestamp > deadlineSeconds) revert WithdrawalExpired(deadlineSeconds);
        if (_usedNonces[msg.sender][nonce]) revert WithdrawalNonceUsed(msg.sender, nonce);
        _usedNonces[msg.sender][nonce] = true;

        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(WITHDRAWAL_TYPEHASH, msg.sender, amountSat, nonce, deadlineSeconds))
        );
        (address signer, , ) = ECDSA.tryRecoverCalldata(digest, operatorSignature);
        if (!_isOperator(signer)) revert NotOperator(signer);

        if (_accruedOf(msg.sender) != 0) _spread();
        uint256 balanceMsat = _balanceOf(msg.sender);
        if (amountSat > balanceMsat / MSAT_PER_SAT) {
            revert InsufficientBalance(msg.sender, balanceMsat, amountSat);
        }
        _setBalance(msg.sender, uint64(balanceMsat - amountSat * MSAT_PER_SAT));
        _payOut(msg.sender, amountSat, false);
    }

    /// @inheritdoc ICollateralVault
    function requestExit() external {
        AccountWord word = _whole(msg.sender);
        if (word.exitFromWindow() != 0) revert ExitAlreadyRequested(msg.sender, word.exitFromWindow());
        uint32 effectiveWindow = Windows.nextEffective();
        _keep(msg.sender, word.withExit(effectiveWindow));
        emit ExitRequested(msg.sender, effectiveWindow, uint40(_dueAt(effectiveWindow)));
    }

    /// @inheritdoc ICollateralVault
    function cancelExit() external {
        AccountWord word = _whole(msg.sender);
        if (word.exitFromWindow() == 0) revert ExitNotRequested(msg.sender);
        _keep(msg.sender, word.withExit(0));
        emit ExitCancelled(msg.sender);
    }

    /// @inheritdoc ICollateralVault
    /// @dev Due only after every window that could hold a trade of the account is past its settlement deadline, so nobody is
    /// left unpaid. What is below one satoshi stays.
    function exit(address account) external nonReentrant {
        if (_accruedOf(account) != 0) _spread();
        AccountWord word = _whole(account);
        uint32 effectiveWindow = word.exitFromWindow();
        if (effectiveWindow == 0) revert ExitNotRequested(account);
        uint256 dueAt = _dueAt(effectiveWindow);
        if (block.timestamp < dueAt) revert ExitNotDue(account, dueAt);
        uint256 owedMsat = word.balanceMsat();
        uint256 amountSat = owedMsat / MSAT_PER_SAT;
        _keep(account, word.withExit(0).withBalance(uint64(owedMsat % MSAT_PER_SAT)));
        _payOut(account, amountSat, true);
    }

    /// @inheritdoc ICollateralVault
    /// @dev The history is kept because a window committed before must be judged by the epoch of its own time. At most one entry per
    /// window keeps the search in settlement short.
    function raiseEpoch() external returns (uint32 epoch, uint32 effectiveWindow) {
        AccountWord word = _whole(msg.sender);
        effectiveWindow = Windows.nextEffective();
        if (word.epochFromWindow() >= effectiveWindow) revert EpochAlreadyRaised(msg.sender, word.epochFromWindow());
        epoch = word.epoch() + 1;
        _epochs[msg.sender].push(effectiveWindow, epoch);
        _keep(msg.sender, word.withEpoch(epoch, effectiveWindow));
        emit EpochRaised(msg.sender, epoch, effectiveWindow);
    }

    /// @inheritdoc ICollateralVault
    function applySettlement(
        uint32 windowId,
        uint16 chunkIndex,
        bool last,
        AccruedWord charges,
        uint256[] calldata updates
    ) external {
        if (msg.sender != settlement) revert OnlySettlement(msg.sender);
        (bytes memory deltas, int256 sumMsat, address short) = _apply(updates);
        if (short != address(0)) {
            revert InsufficientBalance(short, _balanceOf(short), uint256(sumMsat));
        }
        sumMsat += _accrue(charges, deltas);
        if (sumMsat != 0) revert UnbalancedSettlement(sumMsat);
        bytes32 topic = BalancesSettled.selector;
        assembly ("memory-safe") {
            // Plain twin: emit BalancesSettled(windowId, chunkIndex, last, deltas), which would copy them. _apply left the room.
            let data := sub(deltas, 0x60)
            mstore(data, chunkIndex)
            mstore(add(data, 0x20), last)
            mstore(add(data, 0x40), 0x60)
            log2(data, add(0x80, mload(deltas)), topic, windowId)
        }
    }

    /// @inheritdoc ICollateralVault
    function noteLicence(address account, uint32 licensedUntilWindow) external {
        if (msg.sender != registry) revert OnlyRegistry(msg.sender);
        _keep(account, _whole(account).withLicence(licensedUntilWindow));
        emit LicenceNoted(account, licensedUntilWindow);
    }

    /// @inheritdoc ICollateralVault
    /// @dev The first meter stays the main one until it is deactivated.
    function noteMeter(address account, uint32 meterId, MeterWord meter) external {
        if (msg.sender != registry) revert OnlyRegistry(msg.sender);
        StandingWord standing = _standing[account];
        uint32 held = TradingWords.meterId(_trading[account]);
        if (held != 0 && held != meterId && TradingWords.meterUntilWindow(standing) == Windows.NO_END) return;
        AccountWord word = _whole(account);
        _standing[account] = TradingWords.withMeterUntil(standing, meter.activeUntilWindow());
        _trading[account] = TradingWords.withMeter(_trading[account], meterId, meter);
        _keep(account, word);
        emit MainMeterNoted(account, meterId, meter.activeUntilWindow());
    }

    /// @inheritdoc ICollateralVault
    function setSettlement(address settlement_) external restricted {
        settlement = settlement_;
        emit SettlementChanged(settlement_);
    }

    /// @inheritdoc ICollateralVault
    function setRegistry(address registry_) external restricted {
        registry = registry_;
        emit RegistryChanged(registry_);
    }

    /// @inheritdoc ICollateralVault
    function balanceOf(address account) external view returns (uint64) {
        return _balanceOf(account) + _accruedOf(account);
    }

    /// @inheritdoc ICollateralVault
    function accountWord(address account) external view returns (AccountWord) {
        return _withAccrued(account);
    }

    /// @inheritdoc ICollateralVault
    function accountWords(address[] calldata accounts) external view returns (uint256[] memory words) {
        words = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            words[i] = AccountWord.unwrap(_withAccrued(accounts[i]));
        }
    }

    /// @inheritdoc ICollateralVault
    function tradingWords(bytes calldata accounts) external view returns (uint256[] memory) {
        assembly ("memory-safe") {
            // Plain twin: words[i] = _trading[address(bytes20(accounts[i * 20:i * 20 + 20]))], whose encoder copies word by word.
            // 0x00–0x3f is the place of a mapping's key and slot.
            mstore(0x20, _trading.slot)
            let count := div(accounts.length, ADDRESS_BYTES)
            let answer := mload(0x40)
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), count)
            let place := add(answer, 0x40)
            let end := add(place, shl(5, count))
            for {
                let at := accounts.offset
            } lt(place, end) {
                place := add(place, 0x20)
                at := add(at, ADDRESS_BYTES)
            } {
                mstore(0, shr(96, calldataload(at)))
                mstore(place, sload(keccak256(0, 0x40)))
            }
            return(answer, sub(end, answer))
        }
    }

    /// @inheritdoc ICollateralVault
    function spreadCharges() external {
        _spread();
    }

    /// @inheritdoc ICollateralVault
    function epochAt(address account, uint32 windowId) external view returns (uint32) {
        return uint32(_epochs[account].upperLookupRecent(windowId));
    }

    /// @inheritdoc ICollateralVault
    function nextEffectiveWindow() external view returns (uint32) {
        return Windows.nextEffective();
    }

    /// @inheritdoc ICollateralVault
    function exitDueAt(address account) external view returns (uint256) {
        uint32 effectiveWindow = _whole(account).exitFromWindow();
        return effectiveWindow == 0 ? 0 : _dueAt(effectiveWindow);
    }

    /// @notice Whether `account` has used a withdrawal nonce.
    /// @param account The account.
    /// @param nonce The number of the withdrawal.
    function isNonceUsed(address account, uint256 nonce) external view returns (bool) {
        return _usedNonces[account][nonce];
    }

    /// @notice EIP-712 domain separator of withdrawals.
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @notice Adds the changes to balances and replaces cursors.
    /// @dev Plain twin: for each pair, `word = _trading[account]`, `word.withBalance(balance + change)`, `word.withCursor(cursor)` when
    /// there is one. Stops at a balance that would be negative or beyond 64 bits; the caller reverts then.
    /// @param updates Pairs of words: account · 2^96 + change; cursor.
    /// @return deltas A word for each account that changes: the account above, the change in the low 96 bits.
    /// @return sumMsat Sum of the changes: fewer than 2^32 of 96 bits, so it cannot overflow. What `short` should have paid.
    /// @return short Whose balance does not suffice.
    function _apply(uint256[] calldata updates) private returns (bytes memory deltas, int256 sumMsat, address short) {
        assembly ("memory-safe") {
            // Behind room for the rest of the event.
            deltas := add(mload(0x40), 0x60)
            let place := add(deltas, 0x20)
            // 0x00–0x3f is the place of a mapping's key and slot.
            mstore(0x20, _trading.slot)
            let at := updates.offset
            for {
                let end := add(at, shl(5, updates.length))
            } lt(at, end) {
                at := add(at, 0x40)
            } {
                let update := calldataload(at)
                let cursor := calldataload(add(at, 0x20))
                // A change is between −2^95 and 2^95.
                let account := shr(96, add(update, shl(95, 1)))
                let delta := sub(update, shl(96, account))
                if or(delta, cursor) {
                    mstore(place, or(shl(96, account), and(delta, 0xffffffffffffffffffffffff)))
                    place := add(place, 0x20)
                    mstore(0, account)
                    let slot := keccak256(0, 0x40)
                    let word := sload(slot)
                    sumMsat := add(sumMsat, delta)
                    if shr(64, add(and(word, 0xffffffffffffffff), delta)) {
                        short := account
                        sumMsat := sub(0, delta)
                        break
                    }
                    // Within 64 bits, so nothing else of the word changes.
                    word := add(word, delta)
                    if cursor {
                        word := or(and(word, 0xffffffffffffffffffffffffffffffffffffffffff), shl(168, cursor))
                    }
                    sstore(slot, word)
                }
            }
            mstore(deltas, sub(sub(place, deltas), 0x20))
            mstore(0x40, place)
        }
    }

    /// @dev Reverts where a balance would not fit its 64 bits.
    function _credit(address account, uint256 amountMsat) internal override {
        uint256 balanceMsat = _balanceOf(account);
        if (amountMsat > type(uint64).max - balanceMsat) {
            revert InsufficientBalance(account, balanceMsat, amountMsat);
        }
        _setBalance(account, uint64(balanceMsat + amountMsat));
    }

    function _deposit(address account, uint256 amountSat) private nonReentrant {
        if (account == address(0)) revert ZeroAccount();
        uint256 before = TOKEN.balanceOf(address(this));
        TOKEN.safeTransferFrom(msg.sender, address(this), amountSat);
        uint256 receivedSat = TOKEN.balanceOf(address(this)) - before;
        if (receivedSat == 0) revert ZeroAmount();
        if (receivedSat > (uint64(type(int64).max) - totalMsat) / MSAT_PER_SAT) revert DepositTooLarge(receivedSat);
        uint64 amountMsat = uint64(receivedSat * MSAT_PER_SAT);
        totalMsat += amountMsat;
        _setBalance(account, _balanceOf(account) + amountMsat);
        emit Deposited(account, msg.sender, amountMsat);
    }

    /// @dev The account has been debited.
    function _payOut(address account, uint256 amountSat, bool leaving) private {
        uint64 amountMsat = uint64(amountSat * MSAT_PER_SAT);
        totalMsat -= amountMsat;
        emit Withdrawn(account, amountMsat, leaving);
        if (amountSat != 0) TOKEN.safeTransfer(account, amountSat);
    }

    function _balanceOf(address account) private view returns (uint64) {
        return uint64(TradingWord.unwrap(_trading[account]));
    }

    function _setBalance(address account, uint64 amountMsat) private {
        uint256 kept = TradingWord.unwrap(_trading[account]) & ~uint256(type(uint64).max);
        _trading[account] = TradingWord.wrap(kept | amountMsat);
    }

    function _whole(address account) private view returns (AccountWord) {
        return TradingWords.whole(_trading[account], _standing[account]);
    }

    function _withAccrued(address account) private view returns (AccountWord) {
        AccountWord word = _whole(account);
        return word.withBalance(word.balanceMsat() + _accruedOf(account));
    }

    function _keep(address account, AccountWord word) private {
        StandingWord standing = TradingWords.withAccount(_standing[account], word);
        _standing[account] = standing;
        _trading[account] = TradingWords.refreshed(_trading[account], standing, word);
    }

    function _isOperator(address signer) private view returns (bool member) {
        if (signer == address(0)) return false;
        (member, ) = IAccessManager(authority()).hasRole(Roles.OPERATOR, signer);
    }

    function _dueAt(uint32 effectiveWindow) private pure returns (uint256) {
        return Windows.startOf(effectiveWindow) + Windows.SETTLEMENT_DEADLINE_SECONDS;
    }
}
