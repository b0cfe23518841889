import { parseAbi } from "viem";

/** The functions and events of the protocol the off-chain side uses, as text; a test compares them with the compiled artifacts. */

export const tokenAbi = parseAbi([
	"function mint(address account, uint256 amountSat)",
	"function approve(address spender, uint256 value) returns (bool)",
	"function allowance(address owner, address spender) view returns (uint256)",
	"function balanceOf(address account) view returns (uint256)",
	"function decimals() view returns (uint8)",
]);

export const vaultAbi = parseAbi([
	"function deposit(uint256 amountSat)",
	"function depositFor(address account, uint256 amountSat)",
	"function withdraw(uint256 amountSat, uint256 nonce, uint256 deadlineSeconds, bytes operatorSignature)",
	"function requestExit()",
	"function cancelExit()",
	"function exit(address account)",
	"function raiseEpoch() returns (uint32 epoch, uint32 effectiveWindow)",
	"function balanceOf(address account) view returns (uint64)",
	"function totalMsat() view returns (uint64)",
	"function setSettlement(address settlement)",
	"function setRegistry(address registry)",
	"function settlement() view returns (address)",
	"function registry() view returns (address)",
	"event Deposited(address indexed account, address indexed payer, uint64 amountMsat)",
	"event Withdrawn(address indexed account, uint64 amountMsat, bool exit)",
	"event ExitRequested(address indexed account, uint32 effectiveWindow, uint40 withdrawableAt)",
	"event ExitCancelled(address indexed account)",
	"event EpochRaised(address indexed account, uint32 epoch, uint32 effectiveWindow)",
	"event LicenceNoted(address indexed account, uint32 licensedUntilWindow)",
	"event MainMeterNoted(address indexed account, uint32 meterId, uint32 activeUntilWindow)",
	"event BalancesSettled(uint32 indexed windowId, uint16 chunkIndex, bool last, bytes deltas)",
]);

export const registryAbi = parseAbi([
	"struct Licence { address account; uint8 tier; uint40 validUntil; }",
	"struct Meter { uint32 meterId; address owner; uint8 zoneId; uint8 source; uint32 maxWindowWh; uint24 nodeId; int32 latitudeMicrodegrees; int32 longitudeMicrodegrees; }",
	"function licenseParticipants(Licence[] licences)",
	"function revokeLicence(address account)",
	"function registerMeters(Meter[] meters)",
	"function deactivateMeter(uint32 meterId)",
	"function setAttester(uint8 licensee, address attester, bool allowed)",
	"function setDelegate(address device, uint32 untilWindow)",
	"function attesterLicensee(address attester) view returns (uint8)",
	"function isDelegate(address account, address device, uint32 windowId) view returns (bool)",
	"event ParticipantLicensed(address indexed account, uint8 tier, uint40 validUntil)",
	"event LicenceRevoked(address indexed account, uint32 effectiveWindow)",
	"event MeterRegistered(uint32 indexed meterId, address indexed owner, uint8 indexed zoneId, uint8 source, uint32 maxWindowWh, uint24 nodeId, int32 latitudeMicrodegrees, int32 longitudeMicrodegrees)",
	"event MeterDeactivated(uint32 indexed meterId, uint32 effectiveWindow)",
	"event AttesterSet(uint8 indexed licensee, address indexed attester, bool allowed)",
	"event DelegateSet(address indexed account, address indexed device, uint32 untilWindow)",
]);

const RULES_STRUCT =
	"struct Rules { uint32 fromWindow; uint16 floorSatPerKwh; uint16 ceilingSatPerKwh; uint16 tickSatPerKwh; uint16[16] distributionSatPerKwh; uint16 transmissionSatPerKwh; uint16 platformSatPerKwh; uint16 congestionCapSatPerKwh; uint16 lossCapPermille; uint16 shortfallSatPerKwh; uint16 shortfallMinSatPerKwh; uint16 shortfallMaxSatPerKwh; }";

export const rulesAbi = parseAbi([
	RULES_STRUCT,
	"function publishRules(Rules rules)",
	"function setShortfallPrices(uint32 windowId, uint256 pricesByZone)",
	"function rulesAt(uint32 windowId) view returns (Rules)",
	"function packedRulesAt(uint32 windowId) view returns (uint256 parameters, uint256 distributionByZone, uint256 shortfallByZone)",
	"function earliestWindow() view returns (uint32)",
	"event RulesPublished(uint32 indexed fromWindow, Rules rules)",
	"event ShortfallPricesSet(uint32 indexed windowId, uint256 pricesByZone)",
]);

export const directivesAbi = parseAbi([
	"struct Directive { uint32 fromWindow; uint32 toWindow; uint64 value; uint32 previousId; uint40 setAt; uint8 authority; uint8 kind; uint8 zoneId; bool lifted; }",
	"struct Power { uint24 zones; uint16 maxWindows; uint16 cooldownWindows; }",
	"function setDirective(uint8 authority, uint8 kind, uint8 zoneId, uint32 fromWindow, uint32 toWindow, uint64 value, bytes32 reasonHash) returns (uint32)",
	"function liftDirective(uint32 directiveId, uint8 asAuthority)",
	"function pruneDirective(uint8 authority, uint8 kind, uint8 zoneId)",
	"function directive(uint32 directiveId) view returns (Directive)",
	"function directiveCount() view returns (uint32)",
	"function power(uint8 authority, uint8 kind) pure returns (Power)",
	"function isVoided(uint32 windowId) view returns (bool)",
	"event DirectiveSet(uint32 indexed directiveId, uint8 indexed authority, uint8 indexed kind, uint8 zoneId, uint32 fromWindow, uint32 toWindow, uint64 value, bytes32 reasonHash)",
	"event DirectiveLifted(uint32 indexed directiveId, uint8 indexed liftedBy, uint32 lastWindow)",
]);

export const settlementAbi = parseAbi([
	"struct ReadingBatch { uint8 licensee; bytes readings; bytes signature; }",
	"struct Window { uint8 status; uint16 chunkCount; uint16 nextChunk; uint32 lastSellMeter; bytes32 nextHash; }",
	"function commitWindow(uint32 windowId, bytes32 commitment, uint16 chunkCount, uint32 tradeCount)",
	"function settleChunk(uint32 windowId, bytes chunk, bytes32 restHash, ReadingBatch[] batches)",
	"function voidWindow(uint32 windowId)",
	"function expireWindow(uint32 windowId)",
	"function window(uint32 windowId) view returns (Window)",
	"function recordHash(uint32 windowId, uint16 chunkIndex) view returns (bytes32)",
	"function settlingWindow() view returns (uint32)",
	"function domainSeparator() view returns (bytes32)",
	"event WindowCommitted(uint32 indexed windowId, bytes32 commitment, uint16 chunkCount, uint32 tradeCount)",
	"event ChunkSettled(uint32 indexed windowId, uint16 indexed chunkIndex, bool last, bytes record)",
	"event WindowVoided(uint32 indexed windowId)",
	"event WindowExpired(uint32 indexed windowId)",
]);

export const certificatesAbi = parseAbi([
	"function issue(uint32 windowId, uint16 chunkIndex, bytes record, uint16 maxTrades) returns (uint16)",
	"function claim(uint256 id, uint256 value, bytes claimData)",
	"function revoke(uint256 id, bytes32 reasonHash)",
	"function balanceOf(address account, uint256 id) view returns (uint256)",
	"function claimedBalanceOf(address owner, uint256 id) view returns (uint256)",
	"function certificateId(uint32 meterId, uint32 windowId) view returns (uint256)",
	"function issuedTrades(uint32 windowId, uint16 chunkIndex) view returns (uint16)",
	"function gramsPerKwh(uint256 id) view returns (uint256)",
	"event CertificatesIssued(uint32 indexed windowId, uint16 indexed chunkIndex, uint16 fromTrade, uint16 toTrade)",
	"event CertificateRevoked(uint256 indexed id, uint8 indexed authority, bytes32 reasonHash)",
	"event EmissionFactorsPublished(uint16 indexed version, uint32 fromWindow, uint256 gramsPerKwhBySource)",
	"event ClaimSingle(address indexed claimIssuer, address indexed claimSubject, uint256 indexed topic, uint256 id, uint256 value, bytes claimData)",
	"event ClaimBatch(address indexed claimIssuer, address indexed claimSubject, uint256[] topics, uint256[] ids, uint256[] values, bytes[] claimData)",
	"event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)",
	"event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values)",
]);

export const accessManagerAbi = parseAbi([
	"function multicall(bytes[] data) returns (bytes[])",
	"function labelRole(uint64 roleId, string label)",
	"function grantRole(uint64 roleId, address account, uint32 executionDelay)",
	"function revokeRole(uint64 roleId, address account)",
	"function renounceRole(uint64 roleId, address callerConfirmation)",
	"function setRoleAdmin(uint64 roleId, uint64 admin)",
	"function setTargetFunctionRole(address target, bytes4[] selectors, uint64 roleId)",
	"function hasRole(uint64 roleId, address account) view returns (bool isMember, uint32 executionDelay)",
	"function getRoleAdmin(uint64 roleId) view returns (uint64)",
	"function getTargetFunctionRole(address target, bytes4 selector) view returns (uint64)",
	"function isTargetClosed(address target) view returns (bool)",
	"function setTargetClosed(address target, bool closed)",
	"function getTargetAdminDelay(address target) view returns (uint32)",
	"function getRoleGuardian(uint64 roleId) view returns (uint64)",
	"function getRoleGrantDelay(uint64 roleId) view returns (uint32)",
	"function expiration() view returns (uint32)",
	"function schedule(address target, bytes data, uint48 when) returns (bytes32 operationId, uint32 nonce)",
	"function execute(address target, bytes data) payable returns (uint32)",
	"event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
	"event RoleRevoked(uint64 indexed roleId, address indexed account)",
	"event TargetFunctionRoleUpdated(address indexed target, bytes4 selector, uint64 indexed roleId)",
]);

/** Every event an indexer reads. */
export const eventAbi = [
	...vaultAbi,
	...registryAbi,
	...rulesAbi,
	...directivesAbi,
	...settlementAbi,
	...certificatesAbi,
	...accessManagerAbi,
].filter((item) => item.type === "event");
