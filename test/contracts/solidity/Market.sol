// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CertificateRegistry} from "../../../contracts/CertificateRegistry.sol";
import {CollateralVault} from "../../../contracts/CollateralVault.sol";
import {ChargeAccrual} from "../../../contracts/bases/ChargeAccrual.sol";
import {GridDirectives} from "../../../contracts/GridDirectives.sol";
import {MarketRules} from "../../../contracts/MarketRules.sol";
import {MeterRegistry} from "../../../contracts/MeterRegistry.sol";
import {SatoshiToken} from "../../../contracts/SatoshiToken.sol";
import {WindowSettlement} from "../../../contracts/WindowSettlement.sol";
import {IMarketRules} from "../../../contracts/interfaces/IMarketRules.sol";
import {IMeterRegistry} from "../../../contracts/interfaces/IMeterRegistry.sol";
import {Roles} from "../../../contracts/libraries/Roles.sol";
import {Vm} from "./Vm.sol";

/// @dev Participants: the first `PRODUCERS` have meters that inject.
uint256 constant PRODUCERS = 4;
uint256 constant ACTORS = 7;
uint256 constant ATTESTER_KEY = 0xa77e57;
uint256 constant OPERATOR_KEY = 0x0b5e55ed;
/// @dev Nameplate of the first meter: small, so that readings above it are common.
uint32 constant SMALL_METER_WH = 900;

/// @dev Producers own meters 1–4 (two of MEA's, two of PEA's), consumers 11–13.
function meterOf(uint256 actor) pure returns (uint32) {
    return uint32(actor < PRODUCERS ? actor + 1 : actor + 11 - PRODUCERS);
}

function zoneOf(uint256 actor) pure returns (uint8) {
    uint8[ACTORS] memory zones = [1, 1, 2, 3, 1, 2, 5];
    return zones[actor];
}

/// @dev 0 congestion, 1 EGAT, 2 MEA, 3 PEA, 4 platform.
function chargeAccount(uint256 receiver) pure returns (address) {
    return address(uint160(0xc4a49e00 + receiver));
}

/// @notice The whole protocol with seven participants; every role goes to whom it is handed over.
contract Market {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    AccessManager public manager;
    SatoshiToken public token;
    CollateralVault public vault;
    MeterRegistry public registry;
    MarketRules public rules;
    GridDirectives public directives;
    WindowSettlement public settlement;
    CertificateRegistry public certificates;

    /// @notice By actor, ascending by address, so that account groups of a chunk ascend.
    uint256[ACTORS] public keys;
    address[ACTORS] public accounts;

    constructor() {
        manager = new AccessManager(address(this));
        token = new SatoshiToken(address(manager));
        vault = new CollateralVault(
            address(manager),
            IERC20(address(token)),
            ChargeAccrual.ChargeAccounts({
                egat: chargeAccount(1),
                mea: chargeAccount(2),
                pea: chargeAccount(3),
                congestion: chargeAccount(0),
                platform: chargeAccount(4)
            })
        );
        registry = new MeterRegistry(address(manager), vault);
        rules = new MarketRules(address(manager), _rules());
        directives = new GridDirectives(address(manager));
        settlement = new WindowSettlement(address(manager), vault, registry, rules, directives);
        certificates = new CertificateRegistry(address(manager), settlement, registry, type(uint256).max);
        vault.setSettlement(address(settlement));
        vault.setRegistry(address(registry));
        manager.grantRole(Roles.OPERATOR, VM.addr(OPERATOR_KEY), 0);
        for (uint64 role = Roles.EGAT; role <= Roles.COUNCIL; ++role) {
            manager.grantRole(role, address(this), 0);
        }
        manager.grantRole(Roles.REGISTRAR + Roles.ERC, address(this), 0);
        registry.setAttester(2, VM.addr(ATTESTER_KEY), true);
        registry.setAttester(3, VM.addr(ATTESTER_KEY + 1), true);
        _enrol();
        token.approve(address(vault), type(uint256).max);
        token.mint(address(this), 1_000_000 * ACTORS);
        for (uint256 i = 0; i < ACTORS; ++i) {
            vault.depositFor(accounts[i], 1_000_000);
        }
    }

    function handOver(address to) external {
        manager.grantRole(Roles.OPERATOR, to, 0);
        for (uint64 role = Roles.EGAT; role <= Roles.COUNCIL; ++role) {
            manager.grantRole(role, to, 0);
        }
        manager.grantRole(manager.ADMIN_ROLE(), to, 0);
    }

    function _enrol() private {
        for (uint256 i = 0; i < ACTORS; ++i) {
            keys[i] = 0x7aade4 + i;
        }
        for (uint256 i = 1; i < ACTORS; ++i) {
            for (uint256 k = i; k > 0 && VM.addr(keys[k]) < VM.addr(keys[k - 1]); --k) {
                (keys[k], keys[k - 1]) = (keys[k - 1], keys[k]);
            }
        }
        IMeterRegistry.Licence[] memory licences = new IMeterRegistry.Licence[](ACTORS);
        IMeterRegistry.Meter[] memory meters = new IMeterRegistry.Meter[](ACTORS);
        for (uint256 i = 0; i < ACTORS; ++i) {
            accounts[i] = VM.addr(keys[i]);
            licences[i] = IMeterRegistry.Licence(accounts[i], 1, type(uint40).max);
            bool produces = i < PRODUCERS;
            // The fourth producer burns gas: its energy is sold, but never certified.
            uint8 source = produces ? (i == 3 ? 6 : 1) : 0;
            uint32 most = produces ? (i == 0 ? SMALL_METER_WH : 1_000_000) : 0;
            meters[i] = IMeterRegistry.Meter(
                meterOf(i),
                accounts[i],
                zoneOf(i),
                source,
                most,
                0,
                13_700_000,
                100_500_000
            );
        }
        registry.licenseParticipants(licences);
        registry.registerMeters(meters);
    }

    function _rules() private pure returns (IMarketRules.Rules memory first) {
        first.floorSatPerKwh = 90;
        first.ceilingSatPerKwh = 220;
        first.tickSatPerKwh = 1;
        for (uint16 zone = 0; zone < 16; ++zone) {
            first.distributionSatPerKwh[zone] = 3 + zone;
        }
        first.transmissionSatPerKwh = 5;
        first.platformSatPerKwh = 2;
        first.congestionCapSatPerKwh = 10;
        first.lossCapPermille = 150;
        first.shortfallSatPerKwh = 300;
        first.shortfallMaxSatPerKwh = 1000;
    }
}
