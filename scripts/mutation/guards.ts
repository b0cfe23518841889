import type { Mutant } from "./mutantsOf.ts";

/** A line of defence, how the code reads without it, and the name of the test that must fail then. */
export type Guard = { file: string; threat: string; before: string; after: string; test: string };

const DIFFERENTIAL = "codes, energies, charges and balances agree to the last unit";
const SETTLEMENT = "contracts/WindowSettlement.sol";
const VAULT = "contracts/CollateralVault.sol";
const REGISTRY = "contracts/MeterRegistry.sol";
const DIRECTIVES = "contracts/GridDirectives.sol";
const CERTIFICATES = "contracts/CertificateRegistry.sol";
const ORDER_PASS = "contracts/libraries/OrderPass.sol";
const ORDER_QUESTIONS = "contracts/libraries/OrderQuestions.sol";
const TRADE_PASS = "contracts/libraries/TradePass.sol";
const TRADE_QUESTIONS = "contracts/libraries/TradeQuestions.sol";
const READING_PASS = "contracts/libraries/ReadingPass.sol";
const READINGS = "contracts/libraries/Readings.sol";

/** By place, so that a reader can go through the contracts with it. Most checks of orders and trades stand twice: in a pass and in its plain twin. */
const PLACES: Record<string, [threat: string, before: string, after: string, test: string][]> = {
	[SETTLEMENT]: [
		[
			"commit late",
			"if (block.timestamp >= latest) revert CommitTooLate(windowId, latest);",
			"",
			"delivery has started",
		],
		[
			"commit early",
			"if (block.timestamp < earliest) revert CommitTooEarly(windowId, earliest);",
			"",
			"earlier than the commit lead",
		],
		[
			"commit twice",
			"if (status != WindowStatus.None) revert WindowNotInStatus(windowId, status);",
			"",
			"a second commitment for the window",
		],
		[
			"forge or reorder chunks",
			"if (found != state.nextHash) revert ChunkMismatch(windowId, state.nextChunk);",
			"",
			"one byte changed",
		],
		[
			"replay a chunk",
			"if (header >> 208 != (uint256(windowId) << 16) | state.nextChunk) {",
			"if (false) {",
			"a chunk made for another window or place",
		],
		[
			"cut the rest off",
			"if (last != (restHash == 0)) revert ChunkMismatch(windowId, chunkIndex);",
			"",
			"fewer or more chunks than committed",
		],
		[
			"interleave windows",
			"if (settlingWindow != 0) revert OtherWindowSettling(settlingWindow);",
			"",
			"another window while one is half settled",
		],
		["settle what is voided", "if (voided) revert WindowIsVoided(windowId);", "", "A2 a voided window does not settle"],
		[
			"settle early",
			"if (block.timestamp < end) revert WindowNotDelivered(windowId, end);",
			"",
			"a window that was not committed, or not delivered yet",
		],
		[
			"settle late",
			"if (block.timestamp >= deadline) revert SettlementTooLate(windowId, deadline);",
			"",
			"error: after the deadline",
		],
		[
			"settle in the operator's hour",
			"if (!operator) revert SettlementReserved(windowId, openAt);",
			"",
			"C7 anybody settles when the operator is late",
		],
		[
			"a meter in two chunks",
			"if (!ascend) revert SellMetersOutOfOrder(uint32(meterId));",
			"",
			"a selling meter again in a later chunk",
		],
		[
			"forget a fill",
			"storedFillWh[bytes32(context.orderHashes.get(i))] = ChunkLayout.stateFilled(order);",
			"",
			"stored fills count an order in any order of chunks",
		],
	],
	[ORDER_PASS]: [
		[
			"forge an order",
			"signed := gt(eq(mload(0), mload(AT_TRADER)), gt(s, HALF_ORDER))",
			"signed := 1",
			"is signed by somebody else",
		],
		[
			"malleable signature",
			"signed := gt(eq(mload(0), mload(AT_TRADER)), gt(s, HALF_ORDER))",
			"signed := eq(mload(0), mload(AT_TRADER))",
			"malleable and empty signatures",
		],
		[
			"an account twice in a chunk",
			"if iszero(and(gt(account, mload(AT_TRADER)), lt(from, mload(AT_ACCOUNTS_END)))) {",
			"if iszero(lt(from, mload(AT_ACCOUNTS_END))) {",
			"an account in two groups of a chunk",
		],
		[
			"an order twice in a chunk",
			"if iszero(sgt(sequence, mload(AT_SEQUENCE))) {",
			"if 0 {",
			"an order twice within a chunk",
		],
		[
			"an order in two chunks",
			"refusal := or(refusal, eq(and(shr(168, word), 0xffffff), mload(AT_WINDOW)))",
			"",
			"overfill across chunks",
		],
		[
			"sell on a meter without a reading",
			"if or(side, iszero(lt(meterIndex, mload(AT_METER_COUNT)))) {",
			"if iszero(lt(meterIndex, mload(AT_METER_COUNT))) {",
			"a sell on a meter that is not among the selling ones",
		],
		[
			"trade after exit, licence or meter ended",
			"refusal := or(count, iszero(gt(and(shr(96, word), 0xffffff), mload(AT_WINDOW))))",
			"refusal := count",
			"licence revoked in time",
		],
		[
			"trade across the border",
			"refusal := or(refusal, and(base, shl(147, 1)))",
			"",
			"a household does not trade across the border",
		],
		[
			"another's meter",
			"objection := or(objection, xor(meterId, and(shr(120, word), 0xffffffff)))",
			"",
			"the meter of another",
		],
		[
			"sell from a consumer's meter",
			"objection := or(objection, lt(and(shr(157, word), 0xf), side))",
			"",
			"nor does a consumer's only meter",
		],
		["empty order", "objection := or(objection, iszero(mul(price, energy)))", "", "zero price or zero energy"],
		[
			"order of a raised epoch",
			"objection := or(objection, lt(mload(AT_EPOCH), and(shr(64, word), 0xffffffff)))",
			"",
			"epoch raised in time",
		],
		[
			"special class without the right",
			"objection := or(objection, and(head, shl(250, 1)))",
			"",
			"balancing orders are the grid operator's",
		],
	],
	[ORDER_QUESTIONS]: [
		["forge an order", "if (!signed) code = SettlementCodes.SIGNATURE_INVALID;", "", "is signed by somebody else"],
		[
			"an order in two chunks",
			"if (word.cursorFill() == 0 || sequence < word.cursorSequence()) return (0, SettlementCodes.ORDER_REPEATED);",
			"",
			"an order again after a higher one",
		],
		[
			"mix cursor and stored fills",
			"if (sameWindow && word.cursorFill() != 0) return (0, SettlementCodes.ORDER_REPEATED);",
			"",
			"from the cursor to stored fills in the middle of a window",
		],
		[
			"empty order",
			"if (ChunkLayout.orderPrice(head) == 0 || ChunkLayout.orderEnergy(head) == 0) return SettlementCodes.MALFORMED;",
			"",
			"zero price or zero energy",
		],
		[
			"another's meter",
			"if (meter.owner() != trader) return SettlementCodes.METER_NOT_OWNED;",
			"",
			"the meter of another",
		],
		[
			"an ended meter",
			"if (meter.activeUntilWindow() <= windowId) return SettlementCodes.METER_INACTIVE;",
			"",
			"meter deactivated in time",
		],
		[
			"sell from a consumer's meter",
			"if (ChunkLayout.orderIsSell(head) && meter.source() == 0) return SettlementCodes.METER_CANNOT_SELL;",
			"",
			"a consumer's meter cannot sell",
		],
		[
			"order of a raised epoch",
			"if (ChunkLayout.orderEpoch(head) < epoch) return SettlementCodes.EPOCH_STALE;",
			"",
			"epoch raised in time",
		],
		[
			"trade after exit",
			"if (exitFrom != 0 && windowId >= exitFrom) return SettlementCodes.EXIT_PENDING;",
			"",
			"exit requested in time",
		],
		[
			"trade without a licence",
			"if (word.licensedUntilWindow() <= windowId) return SettlementCodes.LICENCE_EXPIRED;",
			"",
			"licence revoked in time",
		],
		[
			"balance without being the grid operator",
			"if (class == CLASS_GRID_BALANCING && tier < TIER_GRID_OPERATOR) return SettlementCodes.CLASS_NOT_ALLOWED;",
			"",
			"balancing orders are the grid operator's",
		],
		[
			"trade across the border",
			"if (zoneId >= Zones.FIRST_CROSS_BORDER && tier < TIER_CROSS_BORDER) return SettlementCodes.CLASS_NOT_ALLOWED;",
			"",
			"a household does not trade across the border",
		],
		[
			"emergency without a directive",
			"if (!authorised) return SettlementCodes.DIRECTIVE_REQUIRED;",
			"",
			"an emergency order without an executed directive",
		],
		[
			"gas-bomb by ERC-1271",
			"staticcall(CONTRACT_SIGNATURE_GAS, wallet,",
			"staticcall(gas(), wallet,",
			"harms only itself",
		],
		[
			"starve a wallet of gas",
			"if (gasleft() < CONTRACT_SIGNATURE_GAS + CONTRACT_SIGNATURE_GAS / 32 + 20_000)",
			"if (false)",
			"who sends too little gas cannot make a good signature fail",
		],
	],
	"contracts/libraries/CompactSignature.sol": [
		[
			"malleable signature",
			"signer := mul(mload(0), iszero(gt(s, HALF_ORDER)))",
			"signer := mload(0)",
			"malleable and empty signatures",
		],
	],
	[TRADE_PASS]: [
		[
			"a trade without orders",
			"if iszero(and(lt(sellAt, mload(AT_ORDER_COUNT)), lt(buyAt, mload(AT_ORDER_COUNT)))) {",
			"if 0 {",
			"a trade naming an order the chunk does not have",
		],
		[
			"refused orders and wrong sides",
			"let objection := or(and(xor(sell, shl(144, 1)), shl(144, 0xff01)), and(buy, shl(144, 0xff03)))",
			"let objection := 0",
			"a sell in the place of a buy",
		],
		[
			"below the seller's limit",
			"objection := or(objection, lt(sellerPrice, and(shr(64, sell), 0xffff)))",
			"",
			"below the seller's limit",
		],
		[
			"above the buyer's limit",
			"objection := or(objection, gt(buyerPrice, and(shr(64, buy), 0xffff)))",
			"",
			"above the buyer's limit",
		],
		[
			"below the floor",
			"objection := or(objection, lt(sellerPrice, mload(AT_FLOOR)))",
			"",
			"outside the regulator's price band",
		],
		[
			"above the ceiling",
			"objection := or(objection, gt(buyerPrice, mload(AT_CEILING)))",
			"",
			"error: above the ceiling",
		],
		[
			"pay the seller from nothing",
			"objection := or(objection, lt(buyerPrice, sellerPrice))",
			"",
			"the seller gets more than the buyer pays",
		],
		[
			"charges beyond the caps",
			"objection := or(objection, gt(buyerPrice, highest))",
			"",
			"charges above the regulator's schedule for the zones",
		],
		["empty trade", "objection := or(objection, iszero(energy))", "", "error: no energy"],
		[
			"loss beyond the cap",
			"objection := or(objection, gt(mul(loss, 1000), mul(energy, mload(AT_LOSS_CAP))))",
			"",
			"more loss than the regulator lets lie on a seller",
		],
		[
			"overfill a buy",
			"objection := or(objection, gt(filled, and(shr(32, buy), 0xffffffff)))",
			"",
			"overfill of the buy order",
		],
		[
			"overfill a sell",
			"gt(add(and(shr(112, sell), 0xffffffff), energy), and(shr(32, sell), 0xffffffff))",
			"0",
			"overfill of the sell order",
		],
		[
			"pay without a reading",
			"objection := or(objection, iszero(mload(add(mload(AT_READINGS), meterOffset))))",
			"",
			"after the grace period a missing reading skips the trade",
		],
		[
			"trade under a directive",
			"held.anyRule == 0 ? rules.floorSatPerKwh() : type(uint256).max",
			"rules.floorSatPerKwh()",
			DIFFERENTIAL,
		],
		[
			"spend what is not there",
			"or(iszero(energy), lt(add(held, update), due))",
			"iszero(energy)",
			"the buyer cannot pay",
		],
		[
			"pay a refused trade",
			"or(iszero(energy), lt(add(held, update), due))",
			"lt(add(held, update), due)",
			DIFFERENTIAL,
		],
		[
			"pay beyond the reading",
			`lt(
                            not(mload(add(mload(AT_READINGS), meterOffset))),
                            mload(add(mload(AT_OBLIGATIONS), meterOffset))
                        )`,
			"0",
			"a short seller compensates at that price",
		],
	],
	[TRADE_QUESTIONS]: [
		[
			"wrong sides",
			"if (!ChunkLayout.stateIsSell(sell) || ChunkLayout.stateIsSell(buy)) return SettlementCodes.SIDE_MISMATCH;",
			"",
			"a sell in the place of a buy",
		],
		["empty trade", "if (energyWh == 0) return SettlementCodes.MALFORMED;", "", "error: no energy"],
		[
			"a refused sell",
			"if (ChunkLayout.stateCode(sell) != 0) return ChunkLayout.stateCode(sell);",
			"",
			"is signed by somebody else",
		],
		[
			"a refused buy",
			"if (ChunkLayout.stateCode(buy) != 0) return ChunkLayout.stateCode(buy);",
			"",
			"is signed by somebody else",
		],
		[
			"below the seller's limit",
			"if (sellerPrice < ChunkLayout.statePrice(sell)) return SettlementCodes.BELOW_SELL_LIMIT;",
			"",
			"below the seller's limit",
		],
		[
			"above the buyer's limit",
			"if (buyerPrice > ChunkLayout.statePrice(buy)) return SettlementCodes.ABOVE_BUY_LIMIT;",
			"",
			"above the buyer's limit",
		],
		[
			"pay the seller from nothing",
			"if (buyerPrice < sellerPrice) return SettlementCodes.CHARGE_CAP;",
			"",
			"the seller gets more than the buyer pays",
		],
		[
			"charges beyond the caps",
			"if (buyerPrice - sellerPrice > cap) return SettlementCodes.CHARGE_CAP;",
			"",
			"charges above the regulator's schedule for the zones",
		],
		[
			"outside the price band",
			"if (sellerPrice < rules.floorSatPerKwh() || buyerPrice > rules.ceilingSatPerKwh()) {",
			"if (false) {",
			"outside the regulator's price band",
		],
		[
			"loss beyond the cap",
			"if (lossWh * 1000 > energyWh * rules.lossCapPermille()) return SettlementCodes.LOSS_CAP;",
			"",
			"more loss than the regulator lets lie on a seller",
		],
		[
			"overfill a sell",
			"if (ChunkLayout.stateFilled(sell) + energyWh > ChunkLayout.stateEnergy(sell)) {",
			"if (false) {",
			"overfill of the sell order",
		],
		[
			"overfill a buy",
			"if (ChunkLayout.stateFilled(buy) + energyWh > ChunkLayout.stateEnergy(buy)) {",
			"if (false) {",
			"overfill of the buy order",
		],
		["trade in a halted zone", "if (rule.halted()) return SettlementCodes.ZONE_HALTED;", "", DIFFERENTIAL],
	],
	"contracts/libraries/TradePayment.sol": [
		["spend what is not there", "if (context.balanceMsat(buyer) < dueMsat) return false;", "", "the buyer cannot pay"],
		[
			"pay beyond the reading",
			"if (reading >= owed) return",
			"if (true) return",
			"a short seller compensates at that price",
		],
	],
	[READING_PASS]: [
		["two readings in two arrays", "if mload(offset) {", "if 0 {", "two readings for one meter in two arrays"],
		[
			"two readings in one array",
			"if iszero(gt(meterId, before)) {",
			"if 0 {",
			"two readings for one meter in one array",
		],
		[
			"an attester beyond its licensee",
			"if xor(and(shr(shl(2, zone), LICENSEES), 0xf), mload(AT_LICENSEE)) {",
			"if 0 {",
			"an attester reads no meters of another licensee",
		],
		[
			"more than a meter can inject",
			"mstore(AT_BEYOND, 1)",
			"",
			"an attester cannot make a meter produce more than it can",
		],
	],
	[READINGS]: [
		[
			"forge readings",
			"if (batch.licensee == 0 || registry.attesterLicensee(signer) != batch.licensee) {",
			"if (false) {",
			"signed by no attester",
		],
		[
			"leave a reading out",
			"if (count != context.sellMeterCount) _requireGraceOver(context, chunk);",
			"",
			"the operator may not leave a reading out",
		],
		[
			"more than a meter can inject",
			"if (exportedWh > mostWh) context.setReading(i, mostWh);",
			"",
			"an attester cannot make a meter produce more than it can",
		],
	],
	[VAULT]: [
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
	],
	"contracts/bases/ChargeAccrual.sol": [
		[
			"a charge that carries into the next",
			"if (_accrued.anyLarge()) _spread();",
			"",
			"a field is emptied into its account before it could overflow",
		],
	],
	[REGISTRY]: [
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
	],
	[DIRECTIVES]: [
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
	],
	"contracts/types/ZoneRule.sol": [
		["empty band", "floor > ceiling ? narrowed | 1 : narrowed", "narrowed", "an empty band is a halt"],
		["a cap that widens another", "if (rule.capped() && rule.capWh() <= cap) return rule;", "", "of caps the least"],
	],
	[CERTIFICATES]: [
		[
			"issue from a forged record",
			`        if (WindowWords.shortened(keccak256(record)) != SETTLEMENT.recordHash(windowId, chunkIndex)) {`,
			"        if (false) {",
			"a record that was not settled",
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
	],
};

export const GUARDS: Guard[] = Object.entries(PLACES).flatMap(([file, guards]) =>
	guards.map(([threat, before, after, test]) => ({ file, threat, before, after, test })),
);

/** The source without the guard. Throws when the source no longer reads as the list says. */
export function withoutGuard({ file, threat, before, after, test }: Guard, source: string): Mutant & { test: string } {
	const [head = "", tail, ...more] = source.split(before);
	if (tail === undefined || more.length > 0) throw new Error(`${file} has not one place that reads: ${before}`);
	const line = head.split("\n").length;
	const column = head.length - head.lastIndexOf("\n");
	return { file, line, column, operator: "guard", before: threat, after, source: head + after + tail, test };
}
