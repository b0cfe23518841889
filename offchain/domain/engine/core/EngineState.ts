import type { EnergySource } from "../../grid/energySource.ts";
import type { GridLimits } from "../../grid/GridLimits.ts";
import type { WindowHeadroom } from "../../grid/WindowHeadroom.ts";
import type { Order } from "../../orders/Order.ts";
import type { ZonePairCharges } from "../../settlement/chargeSatPerKwh.ts";
import type { Trade } from "../../settlement/Trade.ts";
import type { Address, Hash32 } from "../../units/Address.ts";
import type { UnixSeconds, WindowId } from "../../units/window.ts";
import type { SessionState } from "../EngineEvent.ts";
import type { Directive, SetMarketRules } from "../EngineInput.ts";
import type { WindowBook } from "./WindowBook.ts";
import type { WindowRules } from "./WindowRules.ts";

/** How the engine gets the grid model of one window. */
export type HeadroomFactory = {
	create(limits: GridLimits): WindowHeadroom;
	restore(limits: GridLimits, snapshot: unknown): WindowHeadroom;
};

export type Account = {
	readonly address: Address;
	availableMsat: number;
	reservedMsat: number;
	tier: number;
	licensedUntil: UnixSeconds;
	exitFromWindow: WindowId;
	/** Ascending by window; the last at or before a window holds. */
	epochs: { fromWindow: WindowId; epoch: number }[];
	/** Changed by the input in hand. */
	isChanged: boolean;
};

export type Meter = {
	owner: Address;
	zoneId: number;
	source: EnergySource;
	maxWindowWh: number;
	nodeId: number;
	isActive: boolean;
};

/** An order that was accepted, for as long as its window is remembered. */
export type Entry = {
	orderHash: Hash32;
	order: Order;
	openWh: number;
	filledWh: number;
	/** Number of the input that brought it. */
	time: number;
	zoneId: number;
	nodeId: number;
	/** 0 where the energy is renewable, as the meter was when the order came. */
	greyness: 0 | 1;
	holding: Holding;
	/** Its place in the book; 0 when it does not rest. */
	slot: number;
};

/** What one account has in one window. */
export type Holding = {
	readonly account: Account;
	/** Held for open orders and unsettled trades. */
	reservedMsat: number;
	readonly sequences: Set<number>;
	readonly entries: Entry[];
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
	/** An accepted order's entry while its window lasts, else only its window. */
	orders: Map<Hash32, Entry | WindowId>;
	rules: SetMarketRules[];
	charges: ZonePairCharges[][];
	limits: { fromWindow: WindowId; toWindow: WindowId; limits: GridLimits }[];
	directives: Directive[];
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
		orders: new Map(),
		rules: [],
		charges: [],
		limits: [],
		directives: [],
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
		rules: null,
	};
}

export function holdingOf(session: Session, account: Account): Holding {
	let holding = session.holdings.get(account);
	if (holding === undefined) {
		holding = { account, reservedMsat: 0, sequences: new Set(), entries: [] };
		session.holdings.set(account, holding);
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
