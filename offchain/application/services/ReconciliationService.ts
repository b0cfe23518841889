import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { DatabaseLedger, EngineLedger, LedgerViews } from "../ports/LedgerViews.ts";

/** One exact difference: the same quantity as two keepers of the books have it. */
export type Difference = {
	what: string;
	account?: Address;
	windowId?: WindowId;
	left: { keeper: Keeper; value: number };
	right: { keeper: Keeper; value: number };
};
type Keeper = "engine" | "database" | "index" | "chain";

export type Reconciliation = {
	isBalanced: boolean;
	/** False when the books moved throughout every attempt; then nothing is claimed. */
	isConclusive: boolean;
	differences: Difference[];
	accounts: number;
	/** Engine, index and chain: sum of all balances, msat. */
	totalsMsat: { engine: number; index: number; chain: number };
	sequence: number;
	blockNumber: number;
};

export type WindowReconciliation = Pick<Reconciliation, "isBalanced" | "isConclusive" | "differences">;

const MAX_ATTEMPTS = 20;
const PAUSE_MILLIS = 150;

/**
 * Compares engine, database and chain, account by account, while they run. Comparisons are made only where two views
 * are known to speak of the same moment: an account row last changed after the engine was read proves nothing, nor does
 * a balance while facts are on their way. What cannot be compared is looked at again; what differs is listed exactly.
 */
export class ReconciliationService {
	private readonly views: LedgerViews;
	private readonly pause: () => Promise<void>;

	constructor(views: LedgerViews, pause = () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MILLIS))) {
		this.views = views;
		this.pause = pause;
	}

	/** Every account and every total. */
	async reconcileAll(): Promise<Reconciliation> {
		let last: Reconciliation | null = null;
		for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
			last = await this.attempt();
			if (last.isConclusive) return last;
			await this.pause();
		}
		return last as Reconciliation;
	}

	/** A settled window: plan, rows and record, then all balances. */
	async reconcileWindow(windowId: WindowId): Promise<WindowReconciliation> {
		const differences = await this.compareWindow(windowId);
		const books = await this.reconcileAll();
		differences.push(...books.differences);
		return {
			isBalanced: books.isConclusive && differences.length === 0,
			isConclusive: books.isConclusive,
			differences,
		};
	}

	async compareWindow(windowId: WindowId): Promise<Difference[]> {
		const [rows, plan, chain] = await Promise.all([
			this.views.windowRows(windowId),
			this.views.windowPlan(windowId),
			this.views.windowOnChain(windowId),
		]);
		const differences: Difference[] = [];
		const compare = (what: string, left: [Keeper, number], right: [Keeper, number]): void => {
			if (left[1] === right[1]) return;
			differences.push({
				what,
				windowId,
				left: { keeper: left[0], value: left[1] },
				right: { keeper: right[0], value: right[1] },
			});
		};
		compare("number of trades", ["database", rows.added.trades], ["database", rows.kept.trades]);
		compare("energy sold (Wh)", ["database", rows.added.energyWh], ["database", rows.kept.energyWh]);
		compare("losses (Wh)", ["database", rows.added.lossWh], ["database", rows.kept.lossWh]);
		compare("sum of balance changes (msat)", ["chain", chain.deltaSumMsat], ["chain", 0]);
		if (plan !== null) {
			compare("trades planned", ["database", plan.trades], ["database", rows.added.trades]);
			if (chain.status === "settled") {
				compare("trades recorded", ["chain", chain.trades], ["database", plan.trades]);
				compare("chunks recorded", ["chain", chain.chunks], ["database", plan.chunks]);
			}
		}
		return differences;
	}

	private async attempt(): Promise<Reconciliation> {
		const before = await this.views.database();
		const engine = await this.views.engine();
		const after = await this.views.database();
		const accounts = [...new Set([...engine.accounts.map((entry) => entry.account), ...after.indexedBalances.keys()])];
		const chain = await this.views.chain(accounts, after.finalBlock);
		const final = await this.views.database();
		// Nothing reached the engine from the chain in between, and nothing is on its way.
		const isStill =
			before.deliveredPosition === final.deliveredPosition && before.undeliveredFacts + final.undeliveredFacts === 0;
		const differences: Difference[] = [];
		const isCompared = compareAccounts(engine, after, differences);
		if (isStill) compareBalances(engine, after, chain.balances, differences);
		const totalsMsat = {
			engine: sum(engine.accounts.map((entry) => entry.availableMsat + entry.reservedMsat)),
			index: sum([...after.indexedBalances.values()]),
			chain: chain.totalMsat,
		};
		if (isStill) compareTotals(totalsMsat, differences);
		const isConclusive = isStill && isCompared;
		return {
			isBalanced: isConclusive && differences.length === 0,
			isConclusive,
			differences,
			accounts: accounts.length,
			totalsMsat,
			sequence: engine.sequence,
			blockNumber: after.finalBlock,
		};
	}
}

/** False when a row was changed after the engine was read: that account could not be compared. */
function compareAccounts(engine: EngineLedger, database: DatabaseLedger, differences: Difference[]): boolean {
	const rows = new Map(database.accounts.map((row) => [row.account, row]));
	let isCompared = true;
	for (const { account, availableMsat, reservedMsat } of engine.accounts) {
		const row = rows.get(account);
		rows.delete(account);
		if (row !== undefined && row.changedSequence > engine.sequence) {
			isCompared = false;
			continue;
		}
		const stored = row ?? { availableMsat: 0, reservedMsat: 0 };
		for (const [what, left, right] of [
			["available balance (msat)", availableMsat, stored.availableMsat],
			["reserved balance (msat)", reservedMsat, stored.reservedMsat],
		] as const) {
			if (left === right) continue;
			differences.push({
				what,
				account,
				left: { keeper: "engine", value: left },
				right: { keeper: "database", value: right },
			});
		}
	}
	for (const row of rows.values()) {
		if (row.changedSequence > engine.sequence) isCompared = false;
		else if (row.availableMsat + row.reservedMsat !== 0) {
			differences.push({
				what: "balance (msat) of an account the engine does not know",
				account: row.account,
				left: { keeper: "engine", value: 0 },
				right: { keeper: "database", value: row.availableMsat + row.reservedMsat },
			});
		}
	}
	return isCompared;
}

function compareBalances(
	engine: EngineLedger,
	database: DatabaseLedger,
	chain: Map<Address, number>,
	differences: Difference[],
): void {
	const inEngine = new Map(engine.accounts.map((entry) => [entry.account, entry.availableMsat + entry.reservedMsat]));
	for (const [account, onChain] of chain) {
		const indexed = database.indexedBalances.get(account) ?? 0;
		const held = inEngine.get(account) ?? 0;
		if (indexed !== onChain) {
			differences.push({
				what: "vault balance (msat)",
				account,
				left: { keeper: "index", value: indexed },
				right: { keeper: "chain", value: onChain },
			});
		}
		if (held !== onChain) {
			differences.push({
				what: "total balance (msat)",
				account,
				left: { keeper: "engine", value: held },
				right: { keeper: "chain", value: onChain },
			});
		}
	}
}

function compareTotals(totals: Reconciliation["totalsMsat"], differences: Difference[]): void {
	for (const keeper of ["engine", "index"] as const) {
		if (totals[keeper] === totals.chain) continue;
		differences.push({
			what: "sum of all balances (msat)",
			left: { keeper, value: totals[keeper] },
			right: { keeper: "chain", value: totals.chain },
		});
	}
}

function sum(values: number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
