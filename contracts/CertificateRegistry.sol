// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICertificateRegistry} from "./interfaces/ICertificateRegistry.sol";
import {IERC1888} from "./interfaces/IERC1888.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {IWindowSettlement} from "./interfaces/IWindowSettlement.sol";
import {Windows} from "./libraries/Windows.sol";
import {Words} from "./libraries/Words.sol";
import {Zones} from "./libraries/Zones.sol";
import {CertificateId, CertificateIds} from "./types/CertificateId.sol";
import {MeterWord} from "./types/MeterWord.sol";
import {WindowWords} from "./types/WindowWord.sol";

/// @title Renewable-energy certificates
/// @notice See ICertificateRegistry.
/// @dev Issuing does not call the receiver: the buyer asked for the certificates by signing the order, and no wallet can hold up
/// the others of its chunk. Transfers call it, as ERC-1155 demands.
contract CertificateRegistry is ICertificateRegistry, ERC1155, AccessManaged, ReentrancyGuardTransient {
    using Words for uint256[];

    uint256 private constant RECORD_BYTES = 64;
    uint8 private constant FIRST_RENEWABLE = 1;
    uint8 private constant LAST_RENEWABLE = 5;
    uint256 private constant SOURCES = 16;

    struct Factors {
        uint32 fromWindow;
        uint256 gramsPerKwhBySource;
    }

    /// @notice Whose records certificates are issued from.
    IWindowSettlement public immutable SETTLEMENT;
    /// @notice Which meter has which source.
    IMeterRegistry public immutable REGISTRY;

    Factors[] private _factors;
    /// @inheritdoc ICertificateRegistry
    mapping(uint32 windowId => mapping(uint16 chunkIndex => uint16)) public issuedTrades;
    mapping(uint256 id => mapping(address owner => uint256)) private _claimed;
    /// @inheritdoc ICertificateRegistry
    mapping(uint256 id => bool) public isRevoked;

    /// @notice Deployed once; the rest is wired by the manager.
    /// @param manager The AccessManager that restricted functions ask.
    /// @param settlement Whose records certificates are issued from.
    /// @param registry Which meter has which source.
    /// @param gramsPerKwhBySource Avoided grams per kWh by source (16 bits each), in force from the beginning.
    constructor(
        address manager,
        IWindowSettlement settlement,
        IMeterRegistry registry,
        uint256 gramsPerKwhBySource
    ) ERC1155("") AccessManaged(manager) {
        SETTLEMENT = settlement;
        REGISTRY = registry;
        _publish(0, gramsPerKwhBySource);
    }

    /// @inheritdoc ICertificateRegistry
    function issue(
        uint32 windowId,
        uint16 chunkIndex,
        bytes calldata record,
        uint16 maxTrades
    ) external nonReentrant returns (uint16 issuedTo) {
        // No bytes hash to zero, so a chunk that is not settled has no record either.
        if (WindowWords.shortened(keccak256(record)) != SETTLEMENT.recordHash(windowId, chunkIndex)) {
            revert RecordMismatch(windowId, chunkIndex);
        }
        uint16 from = issuedTrades[windowId][chunkIndex];
        uint256 to = record.length / RECORD_BYTES;
        if (to > uint256(from) + maxTrades) to = uint256(from) + maxTrades;
        issuedTo = uint16(to);
        if (issuedTo <= from) return from;
        issuedTrades[windowId][chunkIndex] = issuedTo;

        _issue(windowId, record[from * RECORD_BYTES:to * RECORD_BYTES]);
        emit CertificatesIssued(windowId, chunkIndex, from, issuedTo);
    }

    /// @inheritdoc ICertificateRegistry
    function claim(uint256 id, uint256 value, bytes calldata claimData) external {
        _claim(msg.sender, msg.sender, id, value);
        emit ClaimSingle(address(this), msg.sender, _topic(id), id, value, claimData);
    }

    /// @inheritdoc IERC1888
    function safeTransferAndClaimFrom(
        address from,
        address to,
        uint256 id,
        uint256 value,
        bytes calldata,
        bytes calldata claimData
    ) external {
        _checkAuthorized(_msgSender(), from);
        _claim(from, to, id, value);
        emit ClaimSingle(address(this), to, _topic(id), id, value, claimData);
    }

    /// @inheritdoc IERC1888
    function safeBatchTransferAndClaimFrom(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata,
        bytes[] calldata claimData
    ) external {
        _checkAuthorized(_msgSender(), from);
        if (ids.length != values.length) revert ERC1155InvalidArrayLength(ids.length, values.length);
        if (ids.length != claimData.length) revert ERC1155InvalidArrayLength(ids.length, claimData.length);
        if (ids.length == 0) revert NotIssued(0);
        uint256[] memory topics = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            _claim(from, to, ids[i], values[i]);
            topics[i] = _topic(ids[i]);
        }
        emit ClaimBatch(address(this), to, topics, ids, values, claimData);
    }

    /// @inheritdoc ICertificateRegistry
    function revoke(uint256 id, bytes32 reasonHash) external {
        uint8 metering = CertificateId.wrap(id).authority();
        if (metering == 0 || metering > Zones.PEA) revert NotIssued(id);
        uint8 acting = _hasRole(metering) ? metering : Zones.ERC;
        if (acting == Zones.ERC && !_hasRole(Zones.ERC)) revert NotIssuer(msg.sender, id);
        if (isRevoked[id]) revert CertificateIsRevoked(id);
        isRevoked[id] = true;
        emit CertificateRevoked(id, acting, reasonHash);
    }

    /// @inheritdoc ICertificateRegistry
    function publishEmissionFactors(
        uint32 fromWindow,
        uint256 gramsPerKwhBySource
    ) external restricted returns (uint16 version) {
        // Windows that have begun keep their version, so that an id never changes.
        if (fromWindow <= Windows.current() || fromWindow <= _factors[_factors.length - 1].fromWindow) {
            revert FactorsOutOfOrder(fromWindow);
        }
        return _publish(fromWindow, gramsPerKwhBySource);
    }

    /// @inheritdoc IERC1888
    function claimedBalanceOf(address owner, uint256 id) external view returns (uint256) {
        return _claimed[id][owner];
    }

    /// @inheritdoc IERC1888
    function claimedBalanceOfBatch(
        address[] calldata owners,
        uint256[] calldata ids
    ) external view returns (uint256[] memory balances) {
        if (owners.length != ids.length) revert ERC1155InvalidArrayLength(ids.length, owners.length);
        balances = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            balances[i] = _claimed[ids[i]][owners[i]];
        }
    }

    /// @inheritdoc IERC1888
    /// @dev `data` is ABI-encoded: generation start and end (unix seconds), device, zone, source, authority, avoided g/kWh, factor version.
    function getCertificate(
        uint256 id
    ) external view returns (address issuer, uint256 topic, bytes memory validityCall, bytes memory data) {
        CertificateId self = CertificateId.wrap(id);
        uint32 windowId = self.windowId();
        data = abi.encode(
            Windows.startOf(windowId),
            Windows.endOf(windowId),
            self.meterId(),
            self.zoneId(),
            self.source(),
            self.authority(),
            gramsPerKwh(id),
            self.factorVersion()
        );
        return (address(this), _topic(id), abi.encodeCall(this.isRevoked, (id)), data);
    }

    /// @inheritdoc ICertificateRegistry
    function retiredCarbonMilligrams(address account, uint256 id) external view returns (uint256) {
        return _claimed[id][account] * gramsPerKwh(id);
    }

    /// @inheritdoc ICertificateRegistry
    function certificateId(uint32 meterId, uint32 windowId) external view returns (uint256) {
        return _renewableId(meterId, windowId);
    }

    /// @notice Number of emission-factor versions.
    function factorVersionCount() external view returns (uint256) {
        return _factors.length;
    }

    /// @notice Avoided grams per kWh of a certificate, by its factor version.
    /// @param id The certificate's id.
    function gramsPerKwh(uint256 id) public view returns (uint256) {
        CertificateId self = CertificateId.wrap(id);
        return uint16(_factors[self.factorVersion()].gramsPerKwhBySource >> (16 * uint256(self.source())));
    }

    /// @dev Transfers and claims of revoked certificates stop here; issuing goes on, so that a revoked device's other buyers
    /// do not block their chunk.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory values) internal override {
        if (from != address(0)) {
            for (uint256 i = 0; i < ids.length; ++i) {
                if (isRevoked[ids[i]]) revert CertificateIsRevoked(ids[i]);
            }
        }
        super._update(from, to, ids, values);
    }

    /// @dev Trades of one meter stand together, so that its id is made once; all meters are read by one call.
    function _issue(uint32 windowId, bytes calldata trades) private {
        unchecked {
            uint256[] memory words = REGISTRY.meterWords(_sellingMeters(trades));
            uint16 factorVersion = _factorVersionAt(windowId);
            // One each: the certificate issued now, and to how much.
            uint256[] memory ids = new uint256[](1);
            uint256[] memory values = new uint256[](1);
            uint256 id;
            uint256 meterId;
            uint256 next;
            for (uint256 at = 0; at < trades.length; at += RECORD_BYTES) {
                uint256 settled = _firstWord(trades, at);
                uint256 deliveredWh = uint32(settled >> 32);
                if (deliveredWh == 0) continue;
                if (uint32(settled >> 64) != meterId) {
                    meterId = uint32(settled >> 64);
                    // Counted by the same rule as in _sellingMeters.
                    id = _idOf(MeterWord.wrap(words.get(next)), uint32(meterId), windowId, factorVersion);
                    ids.set(0, id);
                    ++next;
                }
                if (id == 0) continue;
                values.set(0, deliveredWh);
                super._update(address(0), address(uint160(settled >> 96)), ids, values);
            }
        }
    }

    /// @dev The meters of the trades that delivered something, packed as the registry takes them. Plain twin: for each trade with
    /// `delivered != 0 && meterId != last`, `meterIds = bytes.concat(meterIds, bytes4(meterId))`.
    function _sellingMeters(bytes calldata trades) private pure returns (bytes memory meterIds) {
        assembly ("memory-safe") {
            meterIds := mload(0x40)
            let place := add(meterIds, 0x20)
            let last := 0
            let at := trades.offset
            for {
                let end := add(at, trades.length)
            } lt(at, end) {
                at := add(at, 64)
            } {
                let meterId := and(shr(64, calldataload(at)), 0xffffffff)
                if and(xor(meterId, last), sub(0, iszero(iszero(and(calldataload(at), 0xffffffff00000000))))) {
                    last := meterId
                    // What this writes behind the four bytes is written again by the next, or lies beyond the array.
                    mstore(place, shl(224, meterId))
                    place := add(place, 4)
                }
            }
            mstore(meterIds, sub(sub(place, meterIds), 0x20))
            mstore(0x40, add(place, 0x20))
        }
    }

    function _firstWord(bytes calldata trades, uint256 at) private pure returns (uint256 settled) {
        assembly ("memory-safe") {
            // Plain Solidity would copy a slice: uint256(bytes32(trades[at:at + 32])).
            settled := calldataload(add(trades.offset, at))
        }
    }

    function _claim(address from, address to, uint256 id, uint256 value) private {
        uint256 balance = balanceOf(from, id);
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        if (value == 0 || value > balance) revert ClaimExceedsBalance(from, id, balance, value);
        _burn(from, id, value);
        _claimed[id][to] += value;
    }

    function _publish(uint32 fromWindow, uint256 gramsPerKwhBySource) private returns (uint16 version) {
        version = uint16(_factors.length);
        _factors.push(Factors(fromWindow, gramsPerKwhBySource));
        emit EmissionFactorsPublished(version, fromWindow, gramsPerKwhBySource);
    }

    /// @dev The id of a renewable meter's energy; 0 for every other meter.
    function _renewableId(uint32 meterId, uint32 windowId) private view returns (uint256) {
        return _idOf(MeterWord.wrap(REGISTRY.meterWord(meterId)), meterId, windowId, _factorVersionAt(windowId));
    }

    function _idOf(
        MeterWord meter,
        uint32 meterId,
        uint32 windowId,
        uint16 factorVersion
    ) private pure returns (uint256) {
        uint8 source = meter.source();
        if (source < FIRST_RENEWABLE || source > LAST_RENEWABLE) return 0;
        uint8 zoneId = meter.zoneId();
        return
            CertificateId.unwrap(
                CertificateIds.pack(windowId, meterId, zoneId, source, Zones.licenseeOf(zoneId), factorVersion)
            );
    }

    function _factorVersionAt(uint32 windowId) private view returns (uint16) {
        for (uint256 i = _factors.length; i != 0; --i) {
            if (_factors[i - 1].fromWindow <= windowId) return uint16(i - 1);
        }
        revert NoFactors(windowId);
    }

    function _hasRole(uint8 authority_) private view returns (bool member) {
        (member, ) = IAccessManager(authority()).hasRole(authority_, msg.sender);
    }

    /// @dev Nobody decides on issuing, so the registry itself is the issuer; who metered the energy stands in the topic.
    function _topic(uint256 id) private pure returns (uint256) {
        CertificateId self = CertificateId.wrap(id);
        return (uint256(self.authority()) << 8) | self.source();
    }
}
