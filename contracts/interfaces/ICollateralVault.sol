// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccountWord} from "../types/AccountWord.sol";
import {AccruedWord} from "../types/AccruedWord.sol";
import {MeterWord} from "../types/MeterWord.sol";

/// @title Custody of the settlement token
/// @notice Holds traders' collateral in millisatoshi and knows nothing of the market. Money moves between accounts only in
/// zero-sum batches from the settlement contract; it leaves only to its owner. Deposits, withdrawals and exits cannot be
/// paused by anybody. Σ balances never exceeds the token balance.
interface ICollateralVault {
    /// @notice `amountMsat` was credited to `account`, paid by `payer`.
    /// @param account The account.
    /// @param payer Who paid.
    /// @param amountMsat Amount in msat.
    event Deposited(address indexed account, address indexed payer, uint64 amountMsat);
    /// @notice `amountMsat` left the vault to `account`; `exit` tells whether by the unilateral way.
    /// @param account The account.
    /// @param amountMsat Amount in msat.
    /// @param exit Whether by the unilateral way.
    event Withdrawn(address indexed account, uint64 amountMsat, bool exit);
    /// @notice From `effectiveWindow` on no order of `account` settles; from `withdrawableAt` (unix seconds) it can leave alone.
    /// @param account The account.
    /// @param effectiveWindow First window it takes effect for.
    /// @param withdrawableAt Unix seconds from which the exit is due.
    event ExitRequested(address indexed account, uint32 effectiveWindow, uint40 withdrawableAt);
    /// @notice `account` took its exit request back.
    /// @param account The account.
    event ExitCancelled(address indexed account);
    /// @notice Orders of `account` below `epoch` are void for windows from `effectiveWindow` on.
    /// @param account The account.
    /// @param epoch The new epoch.
    /// @param effectiveWindow First window it takes effect for.
    event EpochRaised(address indexed account, uint32 epoch, uint32 effectiveWindow);
    /// @notice `account` may trade windows below `licensedUntilWindow`.
    /// @param account The account.
    /// @param licensedUntilWindow First window the licence no longer covers.
    event LicenceNoted(address indexed account, uint32 licensedUntilWindow);
    /// @notice `meterId` is the account's main meter and is traded in windows below `activeUntilWindow`.
    /// @param account The account.
    /// @param meterId The meter.
    /// @param activeUntilWindow First window it may not be traded in.
    event MainMeterNoted(address indexed account, uint32 meterId, uint32 activeUntilWindow);
    /// @notice Balances changed by the settlement of (a part of) a window.
    /// @param windowId The delivery window.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param last Whether this completes the window.
    /// @param deltas 32 bytes each: bits 255–96 account, bits 95–0 change in msat (two's complement). They sum to zero.
    event BalancesSettled(uint32 indexed windowId, uint16 chunkIndex, bool last, bytes deltas);
    /// @notice The council replaced the settlement contract.
    /// @param settlement The settlement contract.
    event SettlementChanged(address indexed settlement);
    /// @notice The council replaced the registry that notes licences.
    /// @param registry The registry.
    event RegistryChanged(address indexed registry);

    error ZeroAmount();
    error ZeroAccount();
    /// @notice The deposit would overflow the 63 bits all balances together may use.
    error DepositTooLarge(uint256 amountSat);
    error InsufficientBalance(address account, uint256 balanceMsat, uint256 amountMsat);
    error WithdrawalExpired(uint256 deadlineSeconds);
    error WithdrawalNonceUsed(address account, uint256 nonce);
    /// @notice The co-signature is not by an operator.
    error NotOperator(address signer);
    error ExitNotRequested(address account);
    error ExitAlreadyRequested(address account, uint32 effectiveWindow);
    error ExitNotDue(address account, uint256 withdrawableAt);
    /// @notice A raise for that window is already recorded; at most one takes effect per window.
    error EpochAlreadyRaised(address account, uint32 effectiveWindow);
    error OnlySettlement(address caller);
    error OnlyRegistry(address caller);
    /// @notice The batch created or destroyed money.
    error UnbalancedSettlement(int256 sumMsat);

    /// @notice Credits the caller. Anything the token keeps as a fee is not credited.
    /// @param amountSat Token base units (one satoshi).
    function deposit(uint256 amountSat) external;

    /// @notice Credits `account`, paid by the caller.
    /// @param account Who is credited.
    /// @param amountSat Token base units (one satoshi).
    function depositFor(address account, uint256 amountSat) external;

    /// @notice Pays `amountSat` to the caller at once, with an operator's consent that it is not reserved by open trades.
    /// @param amountSat Token base units (one satoshi).
    /// @param nonce Any number the caller has not used before.
    /// @param deadlineSeconds Unix seconds until which the consent holds.
    /// @param operatorSignature EIP-712 `Withdrawal(address account,uint256 amountSat,uint256 nonce,uint256 deadlineSeconds)`.
    function withdraw(
        uint256 amountSat,
        uint256 nonce,
        uint256 deadlineSeconds,
        bytes calldata operatorSignature
    ) external;

    /// @notice Starts leaving without anybody's consent.
    function requestExit() external;

    /// @notice Takes the request back.
    function cancelExit() external;

    /// @notice Pays the whole balance to `account`; anybody may call once the exit is due. Nothing can stop it.
    /// @param account Who leaves, and is paid.
    function exit(address account) external;

    /// @notice Voids every signed order of the caller below the new epoch for windows that cannot have been committed yet.
    /// @return epoch The new epoch.
    /// @return effectiveWindow First window it counts for.
    function raiseEpoch() external returns (uint32 epoch, uint32 effectiveWindow);

    /// @notice Writes the charges that accrued into their receivers' accounts. Anybody. No balance changes: what accrued is part of it.
    /// A receiver's withdrawal and exit do it first; its orders count on what is in the account.
    function spreadCharges() external;

    /// @notice Balance of `account` in msat.
    /// @param account The account.
    /// @return amountMsat The balance.
    function balanceOf(address account) external view returns (uint64 amountMsat);

    /// @notice Sum of all balances in msat.
    function totalMsat() external view returns (uint64);

    /// @notice The packed account, see `AccountWord`.
    /// @param account The account.
    function accountWord(address account) external view returns (AccountWord);

    /// @notice The packed accounts in the order given.
    /// @param accounts The accounts.
    /// @return words One `AccountWord` for each account.
    function accountWords(address[] calldata accounts) external view returns (uint256[] memory words);

    /// @notice What settlement needs of many accounts.
    /// @param accounts Packed addresses, 20 bytes each.
    /// @return words One `TradingWord` for each account.
    function tradingWords(bytes calldata accounts) external view returns (uint256[] memory words);

    /// @notice The epoch that counts for `windowId`.
    /// @param account The account.
    /// @param windowId The delivery window.
    function epochAt(address account, uint32 windowId) external view returns (uint32);

    /// @notice The first window a cancellation or exit recorded now takes effect for.
    function nextEffectiveWindow() external view returns (uint32);

    /// @notice Unix seconds from which `account` may call `exit`; 0 without a request.
    /// @param account The account.
    function exitDueAt(address account) external view returns (uint256);

    /// @notice Applies one chunk of a window. Only the settlement contract.
    /// @param windowId The delivery window.
    /// @param chunkIndex The chunk of the window, from 0.
    /// @param last Whether this completes the window.
    /// @param charges What accrues for their receivers, see `AccruedWord`.
    /// @param updates Two words per account, an account may come twice. First: account · 2^96 + change in msat (signed, below 2^95).
    /// Second: the 88 cursor bits as they stand in `AccountWord`, or 0 to leave the cursor alone. Two words without a change and
    /// a cursor mean nothing.
    function applySettlement(
        uint32 windowId,
        uint16 chunkIndex,
        bool last,
        AccruedWord charges,
        uint256[] calldata updates
    ) external;

    /// @notice Notes until when `account` may trade. Only the registry.
    /// @param account The account.
    /// @param licensedUntilWindow First window the licence no longer covers.
    function noteLicence(address account, uint32 licensedUntilWindow) external;

    /// @notice Notes a meter `account` owns, now or when it changes. Only the registry. One meter of an account is its main meter,
    /// whose orders settle without a look at the meter's own word; orders for its others settle as well, for more gas.
    /// @param account The meter's owner.
    /// @param meterId The meter.
    /// @param meter What the registry holds of it.
    function noteMeter(address account, uint32 meterId, MeterWord meter) external;

    /// @notice Replaces the settlement contract. Council, behind the admin delay, which is longer than the exit.
    /// @param settlement The settlement contract.
    function setSettlement(address settlement) external;

    /// @notice Replaces the registry. Council, behind the admin delay.
    /// @param registry The registry.
    function setRegistry(address registry) external;
}
