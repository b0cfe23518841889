import type { SessionState } from "../../../../../offchain/domain/engine/EngineEvent.ts";
import type { Directive, SetMarketRules } from "../../../../../offchain/domain/engine/EngineInput.ts";
import type { EnergySource } from "../../../../../offchain/domain/grid/energySource.ts";
import type { GridLimits } from "../../../../../offchain/domain/grid/GridLimits.ts";
import type { WindowHeadroom } from "../../../../../offchain/domain/grid/WindowHeadroom.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import type { ZonePairCharges } from "../../../../../offchain/domain/settlement/chargeSatPerKwh.ts";
import type { Trade } from "../../../../../offchain/domain/settlement/Trade.ts";
import type { Address, Hash32 } from "../../../../../offchain/domain/units/Address.ts";
import type { UnixSeconds, WindowId } from "../../../../../offchain/domain/units/window.ts";

export type Account = {
	availableMsat: number;
	reservedMsat: number;
	tier: number;
	licensedUntil: UnixSeconds;
	exitFromWindow: WindowId;
	/** Ascending by window; the last at or before a window holds. */
	epochs: { fromWindow: WindowId; epoch: number }[];
};
export type Meter = {
	owner: Address;
	zoneId: number;
	source: EnergySource;
	maxWindowWh: number;
	nodeId: number;
	isActive: boolean;
};
export type Entry = {
	orderHash: Hash32;
	order: Order;
	openWh: number;
	filledWh: number;
	time: number;
	zoneId: number;
	nodeId: number;
	/** 0 where the energy is renewable, as the meter was when the order came. */
	greyness: 0 | 1;
};
export type Session = {
	state: SessionState;
	entries: Entry[];
	sequences: string[];
	trades: Trade[];
	/** Held for open orders and unsettled trades, by account. */
	reservedMsat: Record<Address, number>;
	/** Open and filled sells by meter, Wh. */
	soldWh: Record<number, number>;
	headroom: WindowHeadroom | null;
	/** Bit `zoneId − 1` of each zone that collects orders for an auction. */
	calls: { zones: number; uncrossesAt: UnixSeconds }[];
};

export type DepthLevel = { priceSatPerKwh: number; energyWh: number; orders: number };
export type SessionOverview = {
	windowId: WindowId;
	state: SessionState;
	/** Unix seconds of each gate. */
	opensAt: UnixSeconds;
	crossZoneClosesAt: UnixSeconds;
	closesAt: UnixSeconds;
	haltedZoneIds: number[];
	pausedZoneIds?: number[];
};
export type AccountState = {
	account: Address;
	availableMsat: number;
	reservedMsat: number;
	epoch: number;
	tier: number;
	licensedUntil: UnixSeconds;
	exitFromWindow: WindowId;
	meters: (Omit<Meter, "owner"> & { meterId: number })[];
};

/** How the engine gets the grid model of one window. */
export type HeadroomFactory = {
	create(limits: GridLimits): WindowHeadroom;
	restore(limits: GridLimits, snapshot: unknown): WindowHeadroom;
};

export type State = {
	nowSeconds: UnixSeconds;
	chainPosition: number;
	nextToOpen: WindowId;
	accounts: Map<Address, Account>;
	meters: Map<number, Meter>;
	forecasts: Map<string, number>;
	sessions: Map<WindowId, Session>;
	orders: Map<Hash32, { windowId: WindowId; entry: Entry | null }>;
	rules: SetMarketRules[];
	charges: ZonePairCharges[][];
	windowCharges: { fromWindow: WindowId; toWindow: WindowId; charges: ZonePairCharges[][] }[];
	limits: { fromWindow: WindowId; toWindow: WindowId; limits: GridLimits }[];
	directives: Directive[];
	pauses: { windowId: WindowId; zoneIds: number[]; untilSeconds: UnixSeconds }[];
};

export function emptyNaiveState(): State {
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
		windowCharges: [],
		limits: [],
		directives: [],
		pauses: [],
	};
}
