import { foreignDomain } from "./foreignDomain.ts";
import type { GuardsByFile } from "./guards.ts";

const CONSENT = `_hashTypedDataV4(
            keccak256(abi.encode(WITHDRAWAL_TYPEHASH, msg.sender, amountSat, nonce, deadlineSeconds))
        );`;
const consentFor = (chain: string, contract: string) =>
	`keccak256(abi.encodePacked(hex"1901", ${foreignDomain(chain, contract)}, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, msg.sender, amountSat, nonce, deadlineSeconds))));`;

/** Money, licences, directives and certificates. */
export const custodyGuards: GuardsByFile = {
	"contracts/CollateralVault.sol": [
		[
			"replay a consent of another chain",
			CONSENT,
			consentFor("uint256(1)", "address(this)"),
			"consent for another chain or another contract",
		],
		[
			"replay a consent of another contract",
			CONSENT,
			consentFor("block.chainid", "settlement"),
			"consent for another chain or another contract",
		],
		[
			"starve exits by a role",
			"function exit(address account) external nonReentrant {",
			"function exit(address account) external nonReentrant restricted {",
			"no operator, no authority ever acts again",
		],
		[
			"starve exits by acting on the account",
			"_keep(account, _whole(account).withLicence(licensedUntilWindow));",
			"_keep(account, _whole(account).withLicence(licensedUntilWindow).withExit(Windows.nextEffective() + 96));",
			"neither the operator nor anybody else can hold it up by acting on the account",
		],
		[
			"starve exits by asking again",
			"if (word.exitFromWindow() != 0) revert ExitAlreadyRequested(msg.sender, word.exitFromWindow());",
			"",
			"error: twice, which would move the date",
		],
		[
			"move balances as somebody else",
			"if (msg.sender != settlement) revert OnlySettlement(msg.sender);",
			"",
			"error: anybody else, whatever its office",
		],
		["money from nothing", "if (sumMsat != 0) revert UnbalancedSettlement(sumMsat);", "", "money from nothing"],
		[
			"a balance below zero",
			"if shr(64, add(and(word, 0xffffffffffffffff), delta)) {",
			"if 0 {",
			"an account driven below zero",
		],
		[
			"replay a consent",
			"if (_usedNonces[msg.sender][nonce]) revert WithdrawalNonceUsed(msg.sender, nonce);",
			"",
			"the same consent twice",
		],
		["forge a consent", "if (!_isOperator(signer)) revert NotOperator(signer);", "", "forged by the account itself"],
		[
			"an old consent",
			"if (block.timestamp > deadlineSeconds) revert WithdrawalExpired(deadlineSeconds);",
			"",
			"after its deadline, to the second",
		],
		[
			"a signer who is nobody",
			"if (signer == address(0)) return false;",
			"",
			"even if the council should make nobody an operator",
		],
		["exit early", "if (block.timestamp < dueAt) revert ExitNotDue(account, dueAt);", "", "error: a second too early"],
		[
			"re-enter exit",
			"function exit(address account) external nonReentrant {",
			"function exit(address account) external {",
			"an exit inside a deposit would lower what the deposit measures",
		],
		[
			"re-enter deposit",
			"function _deposit(address account, uint256 amountSat) private nonReentrant {",
			"function _deposit(address account, uint256 amountSat) private {",
			"a second deposit inside the first would be counted twice",
		],
		[
			"wrap all balances",
			"if (receivedSat > (uint64(type(int64).max) - totalMsat) / MSAT_PER_SAT) revert DepositTooLarge(receivedSat);",
			"",
			"all balances together stay below 2^63 msat",
		],
		[
			"licence without the registry",
			`    function noteLicence(address account, uint32 licensedUntilWindow) external {
        if (msg.sender != registry) revert OnlyRegistry(msg.sender);`,
			"    function noteLicence(address account, uint32 licensedUntilWindow) external {",
			"error: anybody else",
		],
		[
			"lose accrued charges on leaving",
			`    function exit(address account) external nonReentrant {
        if (_accruedOf(account) != 0) _spread();`,
			"    function exit(address account) external nonReentrant {",
			"a receiver leaves with what accrued",
		],
		[
			"make oneself the settlement",
			"function setSettlement(address settlement_) external restricted {",
			"function setSettlement(address settlement_) external {",
			"CollateralVault.setSettlement: ADMIN, and nobody else",
		],
		[
			"make oneself the registry",
			"function setRegistry(address registry_) external restricted {",
			"function setRegistry(address registry_) external {",
			"CollateralVault.setRegistry: ADMIN, and nobody else",
		],
	],
	"contracts/bases/ChargeAccrual.sol": [
		[
			"a charge that carries into the next",
			"if (_accrued.anyLarge()) _spread();",
			"",
			"a field is emptied into its account before it could overflow",
		],
	],
	"contracts/MeterRegistry.sol": [
		[
			"a device after its end",
			"return windowId < _delegates[account][device];",
			"return _delegates[account][device] != 0;",
			"a delegated device signs for its owner until its window",
		],
		[
			"take a meter's number over",
			"if (_meters[meter.meterId].exists()) revert MeterExists(meter.meterId);",
			"",
			"a meter's number is used once",
		],
		[
			"take windows away that are committed",
			"if (untilWindow < Windows.nextEffective()) revert LicenceInPast(granted.validUntil);",
			"",
			"a licence that would take windows away",
		],
		[
			"dismiss another licensee's attester",
			"if (attester == address(0) || (holder != 0 && holder != licensee)) revert InvalidAccount();",
			"",
			"another licensee's attester can be neither taken over nor dismissed",
		],
		[
			"register meters of another licensee",
			"_requireRegistrar(Zones.licenseeOf(meter.zoneId));",
			"",
			"each licensee in its own zones, and in no other's",
		],
		[
			"end meters of another licensee",
			"_requireRegistrar(Zones.licenseeOf(word.zoneId()));",
			"",
			"another licensee, the operator, the owner",
		],
		[
			"name attesters of another licensee",
			"if (!_hasRole(licensee)) revert NotLicenseeAuthority(msg.sender, licensee);",
			"",
			"for another licensee",
		],
		[
			"license as somebody else",
			`_requireRegistrar(Zones.ERC);
        for`,
			"for",
			"licensed or revoked by anybody but ERC and its registrar",
		],
		[
			"revoke as somebody else",
			`_requireRegistrar(Zones.ERC);
        Licence`,
			"Licence",
			"licensed or revoked by anybody but ERC and its registrar",
		],
	],
	"contracts/GridDirectives.sol": [
		[
			"retroactive directive",
			"if (fromWindow < earliest) revert DirectiveRetroactive(fromWindow, earliest);",
			"",
			"for a window that runs or is over",
		],
		[
			"another authority's directive",
			"if (!member) revert NotAuthority(msg.sender, authority_);",
			"",
			"one authority's Safe in the name of another",
		],
		[
			"a directive without end",
			"if (length > maxWindows) revert DirectiveTooLong(length, maxWindows);",
			"",
			"one window longer than allowed",
		],
		[
			"one directive after the other",
			"if (fromWindow < earliest) revert DirectiveCoolingDown(earliest);",
			"",
			"again before the cooldown is over",
		],
		["a directive without a legal order", "if (reasonHash == 0) revert ReasonRequired();", "", "without a legal order"],
		[
			"a directive beyond the authority's zones",
			"granted.zones & (uint24(1) << zoneId) == 0",
			"granted.zones == 0",
			"MEA HALT: 1 zones, ≤ 48 windows, cooldown 4",
		],
		[
			"lift another authority's directive",
			"if (asAuthority != held.authority && asAuthority != Zones.COUNCIL) {",
			"if (false) {",
			"error: another authority's directive",
		],
		["lift in another's name", "_requireAuthority(asAuthority);", "", "in a name that is not one's own"],
		[
			"prune what may still be needed",
			"if (directiveId != 0 && _directives[directiveId].toWindow >= oldestOpen) {",
			"if (false) {",
			"a second too early, while a late settlement may need it",
		],
	],
	"contracts/types/ZoneRule.sol": [
		["empty band", "floor > ceiling ? narrowed | 1 : narrowed", "narrowed", "an empty band is a halt"],
		["a cap that widens another", "if (rule.capped() && rule.capWh() <= cap) return rule;", "", "of caps the least"],
	],
	"contracts/CertificateRegistry.sol": [
		[
			"issue from a forged record",
			`        if (WindowWords.shortened(keccak256(record)) != SETTLEMENT.recordHash(windowId, chunkIndex)) {`,
			"        if (false) {",
			"a record that was not settled",
		],
		[
			"re-enter by the receiver",
			"super._update(address(0), address(uint160(settled >> 96)), ids, values);",
			'_mint(address(uint160(settled >> 96)), id, deliveredWh, "");',
			"issuing calls no receiver, so none can hold up a chunk",
		],
		["issue twice", "issuedTrades[windowId][chunkIndex] = issuedTo;", "", "idempotent: once more changes nothing"],
		[
			"claim more than held",
			"if (value == 0 || value > balance) revert ClaimExceedsBalance(from, id, balance, value);",
			"",
			"more than held, nothing, or what was claimed before",
		],
		[
			"move what is revoked",
			"if (isRevoked[ids[i]]) revert CertificateIsRevoked(ids[i]);",
			"",
			"blocks transfer as well as claim",
		],
		[
			"revoke as somebody else",
			"if (acting == Zones.ERC && !_hasRole(Zones.ERC)) revert NotIssuer(msg.sender, id);",
			"",
			"another licensee, the council, the operator, a registrar, an attester, the deployer, the owner",
		],
		[
			"publish factors as somebody else",
			`uint256 gramsPerKwhBySource
    ) external restricted returns`,
			`uint256 gramsPerKwhBySource
    ) external returns`,
			"CertificateRegistry.publishEmissionFactors: ERC, and nobody else",
		],
	],
	"contracts/MarketRules.sol": [
		[
			"publish rules as somebody else",
			"function publishRules(Rules calldata rules) external restricted {",
			"function publishRules(Rules calldata rules) external {",
			"MarketRules.publishRules: ERC, and nobody else",
		],
		[
			"rules for a session that has begun",
			"if (rules.fromWindow < earliest) revert RulesTooSoon(rules.fromWindow, earliest);",
			"",
			"sooner than 36 hours, so that no session that has begun is touched",
		],
		[
			"shortfall prices after the fact",
			"if (windowId <= Windows.current()) revert WindowStarted(windowId);",
			"",
			"a window that has begun",
		],
		[
			"shortfall prices beyond the regulator's band",
			"if (price != 0 && outside) revert ShortfallPriceOutOfBand(uint8(zone + 1), price);",
			"",
			"outside the regulator's band, in any zone",
		],
	],
};
