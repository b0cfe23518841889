import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";

export type AccountBalance = { account: Address; availableMsat: number; reservedMsat: number };

/** The engine's accounts after `sequence`. */
export type EngineLedger = { sequence: number; accounts: AccountBalance[] };

/** The database in one snapshot. */
export type DatabaseLedger = {
	/** Last input in the log. */
	sequence: number;
	accounts: (AccountBalance & { changedSequence: number })[];
	/** Vault balances as the indexed events add up to `finalBlock`: what lies above the engine is not told yet. */
	indexedBalances: Map<Address, number>;
	/** Newest indexed block with all its confirmations. */
	finalBlock: number;
	/** Facts of final blocks the engine has not acknowledged yet. */
	undeliveredFacts: number;
	deliveredPosition: number;
};

export type WindowTotals = { trades: number; energyWh: number; lossWh: number };

/** What the three keepers of the books say, for comparison. */
export interface LedgerViews {
	engine(): Promise<EngineLedger>;
	database(): Promise<DatabaseLedger>;
	/** Vault balances as the chain itself says at a block; and their total by the contract's own count. */
	chain(accounts: Address[], blockNumber: number): Promise<{ balances: Map<Address, number>; totalMsat: number }>;
	/** A window's totals: rows added up, and the running totals kept beside them. */
	windowRows(windowId: WindowId): Promise<{ added: WindowTotals; kept: WindowTotals }>;
	/** A window's record on chain as indexed: trades, and the sum of its balance changes (must be zero). */
	windowOnChain(windowId: WindowId): Promise<{ trades: number; chunks: number; deltaSumMsat: number; status: string }>;
	/** What the plan committed to. */
	windowPlan(windowId: WindowId): Promise<{ trades: number; chunks: number } | null>;
}
