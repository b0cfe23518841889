import type { GridLimits } from "../../grid/GridLimits.ts";
import type { WindowHeadroom } from "../../grid/WindowHeadroom.ts";
import type { ZonePairCharges } from "../../settlement/chargeSatPerKwh.ts";
import type { Trade } from "../../settlement/Trade.ts";
import type { Address } from "../../units/Address.ts";
import type { UnixSeconds, WindowId } from "../../units/window.ts";
import type { SessionState } from "../EngineEvent.ts";
import type { Directive, SetMarketRules, WindowRange } from "../EngineInput.ts";
import type { Account, Entry, Holding, Meter } from "./Entry.ts";
import { OrderRegistry } from "./OrderRegistry.ts";
import type { WindowBook } from "./WindowBook.ts";
import type { WindowRules } from "./WindowRules.ts";

/** Charges of some windows only. */
export type RangedCharges = WindowRange & { charges: ZonePairCharges[][] };

/** Zones of a window the circuit breaker stopped. */
export type TradingPause = { windowId: WindowId; zoneIds: number[]; untilSeconds: UnixSeconds };

/** How the engine gets the grid model of one window. */
export type HeadroomFactory = {
	create(limits: GridLimits): WindowHeadroom;
	restore(limits: GridLimits, snapshot: unknown): WindowHeadroom;
};

/** Zones that collect orders for an auction. */
export type AuctionCall = {
	/** Bit `zoneId − 1` of each. */
	zones: number;
	uncrossesAt: UnixSeconds;
};

export type Session = {
	readonly windowId: WindowId;
	state: SessionState;
	/** Every accepted order, by arrival. */
	entries: Entry[];
	trades: Trade[];
	holdings: Map<Account, Holding>;
	/** Open and filled sells by meter, Wh. */
	soldWh: Map<number, number>;
	/** Traded by zone, `[zoneId]`, Wh. */
	sellZoneWh: Float64Array;
	buyZoneWh: Float64Array;
	headroom: WindowHeadroom | null;
	book: WindowBook;
	/** No order ends by its own time before this. */
	nextExpiry: UnixSeconds;
	/** Bit `zoneId − 1` of every paused zone; derived from the state's pauses. */
	pausedZones: number;
	/** Calls under way; a zone is in one at most. */
	calls: AuctionCall[];
	/** Bit `zoneId − 1` of every zone in a call. */
	callZones: number;
	/** Derived from rules and directives; null when one of them changed. */
	rules: WindowRules | null;
};

export type EngineState = {
	nowSeconds: UnixSeconds;
	chainPosition: number;
	nextToOpen: WindowId;
	accounts: Map<Address, Account>;
	meters: Map<number, Meter>;
	forecasts: Map<string, number>;
	sessions: Map<WindowId, Session>;
	orders: OrderRegistry;
	rules: SetMarketRules[];
	charges: ZonePairCharges[][];
	/** Charges of some windows only; the last one over a window counts. */
	windowCharges: RangedCharges[];
	limits: { fromWindow: WindowId; toWindow: WindowId; limits: GridLimits }[];
	directives: Directive[];
	/** Oldest first; a zone of a window is in one at most. */
	pauses: TradingPause[];
};

export function emptyState(): EngineState {
	return {
		nowSeconds: 0,
		chainPosition: -1,
		nextToOpen: 0,
		accounts: new Map(),
		meters: new Map(),
		forecasts: new Map(),
		sessions: new Map(),
		orders: new OrderRegistry(),
		rules: [],
		charges: [],
		windowCharges: [],
		limits: [],
		directives: [],
		pauses: [],
	};
}

export function newAccount(address: Address): Account {
	return {
		address,
		availableMsat: 0,
		reservedMsat: 0,
		tier: 0,
		licensedUntil: 0,
		exitFromWindow: 0,
		epochs: [],
		isChanged: false,
		lastHolding: null,
		lastWindowId: -1,
	};
}

export function newSession(windowId: WindowId, book: WindowBook): Session {
	return {
		windowId,
		state: "scheduled",
		entries: [],
		trades: [],
		holdings: new Map(),
		soldWh: new Map(),
		sellZoneWh: new Float64Array(17),
		buyZoneWh: new Float64Array(17),
		headroom: null,
		book,
		nextExpiry: Number.POSITIVE_INFINITY,
		pausedZones: 0,
		calls: [],
		callZones: 0,
		rules: null,
	};
}

export function hasSequence(holding: Holding | undefined, sequence: number): boolean {
	if (holding === undefined || sequence > holding.lastSequence) return false;
	holding.sequences ??= new Set(entriesOf(holding).map(({ order }) => order.sequence));
	return holding.sequences.has(sequence);
}

export function addEntry(holding: Holding, entry: Entry): void {
	holding.lastSequence = Math.max(holding.lastSequence, entry.order.sequence);
	holding.sequences?.add(entry.order.sequence);
	entry.older = holding.newest;
	holding.newest = entry;
}

/** By arrival. */
export function entriesOf(holding: Holding): Entry[] {
	const entries: Entry[] = [];
	for (let entry = holding.newest; entry !== null; entry = entry.older) entries.push(entry);
	return entries.reverse();
}

export function findHolding(session: Session, account: Account): Holding | undefined {
	if (account.lastWindowId === session.windowId && account.lastHolding !== null) return account.lastHolding;
	const holding = session.holdings.get(account);
	if (holding !== undefined) {
		account.lastHolding = holding;
		account.lastWindowId = session.windowId;
	}
	return holding;
}

export function holdingOf(session: Session, account: Account): Holding {
	let holding = findHolding(session, account);
	if (holding === undefined) {
		holding = { account, reservedMsat: 0, lastSequence: -1, sequences: null, newest: null };
		session.holdings.set(account, holding);
		account.lastHolding = holding;
		account.lastWindowId = session.windowId;
	}
	return holding;
}

export function epochAt({ epochs }: Account, windowId: WindowId): number {
	for (let at = epochs.length - 1; at >= 0; at--) {
		const { fromWindow, epoch } = epochs[at] as (typeof epochs)[number];
		if (fromWindow <= windowId) return epoch;
	}
	return 0;
}
