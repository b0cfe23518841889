import { foreignDomain } from "./foreignDomain.ts";
import type { GuardsByFile } from "./guards.ts";

const READINGS_TAKEN = "Readings.Domain(READINGS_TYPEHASH, _domainSeparatorV4())";
const ORDERS_READ = `            ORDER_TYPEHASH,
            _domainSeparatorV4()
        );`;
const ORDERS_JUDGED = "OrderForm.make(ORDER_TYPEHASH, _domainSeparatorV4(), context.windowId)";

/** Windows, chunks and readings: what a malicious operator or attester would try. */
export const windowGuards: GuardsByFile = {
	"contracts/WindowSettlement.sol": [
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
		[
			"replay an order of another chain",
			ORDERS_READ,
			ORDERS_READ.replace("_domainSeparatorV4()", foreignDomain("uint256(1)", "address(this)")),
			"an order for another chain or another contract",
		],
		[
			"replay an order of another contract",
			ORDERS_READ,
			ORDERS_READ.replace("_domainSeparatorV4()", foreignDomain("block.chainid", "address(VAULT)")),
			"an order for another chain or another contract",
		],
		[
			"replay an order of another chain",
			ORDERS_JUDGED,
			ORDERS_JUDGED.replace("_domainSeparatorV4()", foreignDomain("uint256(1)", "address(this)")),
			"an order for another chain or another contract",
		],
		[
			"replay an order of another contract",
			ORDERS_JUDGED,
			ORDERS_JUDGED.replace("_domainSeparatorV4()", foreignDomain("block.chainid", "address(VAULT)")),
			"an order for another chain or another contract",
		],
		[
			"replay readings of another chain",
			READINGS_TAKEN,
			READINGS_TAKEN.replace("_domainSeparatorV4()", foreignDomain("uint256(1)", "address(this)")),
			"readings for another chain or another contract",
		],
		[
			"replay readings of another contract",
			READINGS_TAKEN,
			READINGS_TAKEN.replace("_domainSeparatorV4()", foreignDomain("block.chainid", "address(VAULT)")),
			"readings for another chain or another contract",
		],
		[
			"replay an order of another window",
			ORDERS_JUDGED,
			ORDERS_JUDGED.replace("windowId", "windowId - 1"),
			"the order of another window",
		],
		[
			"commit as somebody else",
			`uint32 tradeCount
    ) external restricted {`,
			`uint32 tradeCount
    ) external {`,
			"anybody but the operator",
		],
	],
	"contracts/libraries/ReadingPass.sol": [
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
	"contracts/libraries/Readings.sol": [
		[
			"replay readings of another window",
			"keccak256(abi.encode(domain.typehash, windowId,",
			"keccak256(abi.encode(domain.typehash, windowId - 1,",
			"the readings of another window",
		],
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
};
