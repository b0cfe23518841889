// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Who may trade, with which meter
/// @notice ERC's registrar licenses participants; each licensee's registrar registers the meters of its own zones; each
/// licensee's multisig names the attesters whose readings count. A meter never changes hands or zone: it is deactivated
/// and a new one registered. Nothing here acts on windows that may already be committed.
interface IMeterRegistry {
    /// @notice A participant's licence.
    /// @param tier 1 household, 2 business, 3 cross-border trader, 4 grid operator. 0 is no licence.
    /// @param validUntil Unix seconds.
    struct Licence {
        address account;
        uint8 tier;
        uint40 validUntil;
    }

    /// @notice A meter as registered.
    /// @param source Index in ENERGY_SOURCES; 0 is a pure consumer.
    /// @param maxWindowWh The most it can inject in one window (nameplate).
    /// @param nodeId Feeder node below the zone, 0 where none is modelled.
    /// @param latitudeMicrodegrees Place of the meter.
    struct Meter {
        uint32 meterId;
        address owner;
        uint8 zoneId;
        uint8 source;
        uint32 maxWindowWh;
        uint24 nodeId;
        int32 latitudeMicrodegrees;
        int32 longitudeMicrodegrees;
    }

    /// @notice `account` may trade windows that end before `validUntil`.
    /// @param account The account.
    /// @param tier 1 household, 2 business, 3 cross-border trader, 4 grid operator.
    /// @param validUntil Unix seconds.
    event ParticipantLicensed(address indexed account, uint8 tier, uint40 validUntil);
    /// @notice From `effectiveWindow` on `account` may not trade.
    /// @param account The account.
    /// @param effectiveWindow First window it takes effect for.
    event LicenceRevoked(address indexed account, uint32 effectiveWindow);
    /// @notice A meter was registered.
    /// @param meterId The meter.
    /// @param owner Who trades it, or holds it.
    /// @param zoneId The zone, 1–16.
    /// @param source Index in ENERGY_SOURCES; 0 is a pure consumer.
    /// @param maxWindowWh The most it can inject in one window (nameplate).
    /// @param nodeId Feeder node below the zone, 0 where none is modelled.
    /// @param latitudeMicrodegrees Latitude in millionths of a degree.
    /// @param longitudeMicrodegrees Longitude in millionths of a degree.
    event MeterRegistered(
        uint32 indexed meterId,
        address indexed owner,
        uint8 indexed zoneId,
        uint8 source,
        uint32 maxWindowWh,
        uint24 nodeId,
        int32 latitudeMicrodegrees,
        int32 longitudeMicrodegrees
    );
    /// @notice From `effectiveWindow` on the meter may not be traded.
    /// @param meterId The meter.
    /// @param effectiveWindow First window it takes effect for.
    event MeterDeactivated(uint32 indexed meterId, uint32 effectiveWindow);
    /// @notice A licensee allowed or dismissed an attester key.
    /// @param licensee 1 EGAT, 2 MEA, 3 PEA.
    /// @param attester The key.
    /// @param allowed Whether it counts from now on.
    event AttesterSet(uint8 indexed licensee, address indexed attester, bool allowed);
    /// @notice `device` may sign orders for `account` for windows below `untilWindow`; 0 ends it.
    /// @param account The account.
    /// @param device The device's key.
    /// @param untilWindow First window it no longer signs for.
    event DelegateSet(address indexed account, address indexed device, uint32 untilWindow);

    error NotRegistrar(address caller, uint64 role);
    error NotLicenseeAuthority(address caller, uint8 licensee);
    error InvalidTier(uint8 tier);
    error InvalidAccount();
    error LicenceInPast(uint40 validUntil);
    error NotLicensed(address account);
    error InvalidMeter(uint32 meterId);
    error InvalidZone(uint8 zoneId);
    error InvalidSource(uint8 source);
    error InvalidPlace(int32 latitudeMicrodegrees, int32 longitudeMicrodegrees);
    error MeterExists(uint32 meterId);
    error MeterUnknown(uint32 meterId);
    error InvalidLicensee(uint8 licensee);

    /// @notice Grants or renews licences. ERC or its registrar.
    /// @param licences What is granted to whom.
    function licenseParticipants(Licence[] calldata licences) external;

    /// @notice Ends a licence for every window that cannot have been committed yet. ERC or its registrar.
    /// @param account The account.
    function revokeLicence(address account) external;

    /// @notice Registers meters. The zone's licensee or its registrar.
    /// @param meters The meters to register.
    function registerMeters(Meter[] calldata meters) external;

    /// @notice Ends a meter for every window that cannot have been committed yet. The zone's licensee or its registrar.
    /// @param meterId The meter.
    function deactivateMeter(uint32 meterId) external;

    /// @notice Allows or ends an attester key. Only the licensee's multisig.
    /// @param licensee 1 EGAT, 2 MEA, 3 PEA.
    /// @param attester The key.
    /// @param allowed Whether it counts from now on.
    function setAttester(uint8 licensee, address attester, bool allowed) external;

    /// @notice Lets a device key sign orders for the caller, for windows below `untilWindow`; 0 ends it for windows that
    /// cannot have been committed yet.
    /// @param device The device's key.
    /// @param untilWindow First window it no longer signs for.
    function setDelegate(address device, uint32 untilWindow) external;

    /// @notice The packed meter, see `MeterWord`; 0 when unknown.
    /// @param meterId The meter.
    function meterWord(uint32 meterId) external view returns (uint256);

    /// @notice Packed meters for a packed list of 4-byte ids.
    /// @param meterIds Packed, 4 bytes each.
    /// @return words One `MeterWord` for each id.
    function meterWords(bytes calldata meterIds) external view returns (uint256[] memory words);

    /// @notice The licence of `account`.
    /// @param account The account.
    /// @return tier 0 without a licence.
    /// @return validUntil Unix seconds.
    function licence(address account) external view returns (uint8 tier, uint40 validUntil);

    /// @notice The licensee an attester key signs for; 0 when it is none.
    /// @param attester The key.
    function attesterLicensee(address attester) external view returns (uint8);

    /// @notice Whether `device` may sign for `account` in `windowId`.
    /// @param account The account.
    /// @param device The device's key.
    /// @param windowId The delivery window.
    function isDelegate(address account, address device, uint32 windowId) external view returns (bool);

    /// @notice Where the meter stands.
    /// @param meterId The meter.
    /// @return latitudeMicrodegrees Latitude in millionths of a degree.
    /// @return longitudeMicrodegrees Longitude in millionths of a degree.
    function meterPlace(uint32 meterId) external view returns (int32 latitudeMicrodegrees, int32 longitudeMicrodegrees);
}
