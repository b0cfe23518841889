import type { EnergySource } from "../grid/energySource.ts";
import type { GridLimits } from "../grid/GridLimits.ts";
import type { Order } from "../orders/Order.ts";
import type { ZonePairCharges } from "../settlement/chargeSatPerKwh.ts";
import type { Address, Hash32 } from "../units/Address.ts";
import type { UnixSeconds, WindowId } from "../units/window.ts";

/**
 * Everything that can change the engine's state. State is a function of the log of these and nothing else: clock,
 * ids, signatures' verdicts and chain facts all arrive as inputs. Each is plain JSON.
 */
export type EngineInput =
	| PlaceEnergyOrder
	| CancelOrder
	| CancelAllOrders
	| AmendOrder
	| AdvanceClock
	| SetMarketRules
	| SetZoneCharges
	| SetGridLimits
	| SetMeterForecast
	| TrimTrades
	| PauseTrading
	| RaiseBuyingPower
	| ChainFact;

/** A signed order whose signature the api has verified. */
export type PlaceEnergyOrder = {
	type: "PlaceEnergyOrder";
	order: Order;
	orderHash: Hash32;
	signature: Hash32 | `0x${string}`;
};
export type CancelOrder = { type: "CancelOrder"; account: Address; orderHash: Hash32 };
export type CancelAllOrders = { type: "CancelAllOrders"; account: Address; windowId?: WindowId };
/** Replaces the resting order by a newly signed one; keeps the queue place only for a smaller quantity at the same price. */
export type AmendOrder = { type: "AmendOrder"; orderHash: Hash32; replacement: Omit<PlaceEnergyOrder, "type"> };
export type AdvanceClock = { type: "AdvanceClock"; nowSeconds: UnixSeconds };

/** Price band, tick and gates; `fromWindow` is in the future of every committed window. */
export type SetMarketRules = {
	type: "SetMarketRules";
	fromWindow: WindowId;
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
	tickSatPerKwh: number;
	/** Margin a seller reserves per Wh offered against a shortfall, sat/kWh. */
	shortfallMarginSatPerKwh: number;
	/** How long orders are collected before a window opens and after a halt, until one auction; 0 or none = no auction. */
	callSeconds?: number;
};

/**
 * `charges[sellZoneId - 1][buyZoneId - 1]`; applies to matches from now on. With a range to these windows only, over what
 * was set for them before; without one to every window, and forgets all ranges.
 */
export type SetZoneCharges = { type: "SetZoneCharges"; charges: ZonePairCharges[][]; range?: WindowRange };
export type WindowRange = { fromWindow: WindowId; toWindow: WindowId };

/** The trading-path grid model for a range of windows (see `GridLimits`); replaces what was set for those windows before. */
export type SetGridLimits = { type: "SetGridLimits"; fromWindow: WindowId; toWindow: WindowId; limits: GridLimits };

/** The most a meter can physically inject in a window (forecast, state of charge); the nameplate bounds it as well. */
export type SetMeterForecast = { type: "SetMeterForecast"; meterId: number; windowId: WindowId; maxWh: number };

/**
 * What a full power flow says must go from a window not committed yet: at its closing check, or after limits narrowed.
 * A trim counts only for a trade that stands with exactly `keptWh + trimmedWh`, so the same trims again, or trims of
 * trades that changed since they were looked at, change nothing.
 */
export type TrimTrades = { type: "TrimTrades"; windowId: WindowId; trims: TradeTrim[] };
/** `keptWh` 0 undoes the trade. `element` is what would be overloaded. */
export type TradeTrim = { tradeId: string; keptWh: number; trimmedWh: number; element: string };

/**
 * The circuit breaker (SPEC P3): these zones of the window trade with nobody until then, because prices left the band
 * around their reference. Orders that rest are taken and wait; a pause is never prolonged, and ends by itself.
 */
export type PauseTrading = {
	type: "PauseTrading";
	windowId: WindowId;
	zoneIds: number[];
	/** At most `LONGEST_PAUSE_SECONDS` from now. */
	untilSeconds: UnixSeconds;
	/** For the record: what prices moved from, and to. */
	referenceSatPerKwh: number;
	tradedSatPerKwh: number;
};

/** Demo and test venues without a chain credit accounts this way; refused when the engine is attached to a chain. */
export type RaiseBuyingPower = { type: "RaiseBuyingPower"; account: Address; amountMsat: number };

/**
 * A fact final on the chain. `position` rises along the chain: `(blockNumber × 10_000 + logIndex) × 4 + place among the
 * facts of the log`; the engine ignores a fact at or below the last position it applied, so the indexer may deliver again.
 */
export type ChainFact = { type: "ChainFact"; position: number; fact: ChainFactBody };

export type ChainFactBody =
	| { kind: "Deposited"; account: Address; amountMsat: number }
	| { kind: "Withdrawn"; account: Address; amountMsat: number }
	| { kind: "ExitRequested"; account: Address; effectiveWindow: WindowId }
	| { kind: "ExitCancelled"; account: Address }
	| { kind: "EpochRaised"; account: Address; epoch: number; effectiveWindow: WindowId }
	| { kind: "ParticipantLicensed"; account: Address; tier: number; validUntil: UnixSeconds }
	| { kind: "LicenceRevoked"; account: Address }
	| {
			kind: "MeterRegistered";
			meterId: number;
			owner: Address;
			zoneId: number;
			source: EnergySource;
			/** Nameplate energy in one window. */
			maxWindowWh: number;
			/** Feeder node below the zone; 0 where none is modelled. */
			nodeId: number;
	  }
	| { kind: "MeterDeactivated"; meterId: number }
	| { kind: "DirectiveSet"; directive: Directive }
	| { kind: "DirectiveLifted"; directiveId: number }
	| { kind: "WindowCommitted"; windowId: WindowId }
	| {
			kind: "WindowSettled";
			windowId: WindowId;
			deltas: { account: Address; deltaMsat: number }[];
			/** More chunks of this window follow, each with its own deltas; the window is settled with the last one. */
			partial?: boolean;
	  }
	| { kind: "WindowVoided"; windowId: WindowId }
	| { kind: "WindowExpired"; windowId: WindowId };

export const AUTHORITIES = ["none", "EGAT", "MEA", "PEA", "ERC", "COUNCIL"] as const;
export type Authority = (typeof AUTHORITIES)[number];
export const DIRECTIVE_KINDS = ["none", "HALT", "CAP", "PRICE_BAND", "VOID_WINDOW"] as const;
export type DirectiveKind = (typeof DIRECTIVE_KINDS)[number];

/** An authority's order as executed by its multisig. `zoneId` 0 covers every zone. */
export type Directive = {
	directiveId: number;
	authority: Authority;
	kind: DirectiveKind;
	zoneId: number;
	fromWindow: WindowId;
	toWindow: WindowId;
	/** CAP: most Wh traded out of or into the zone per window. PRICE_BAND: floor × 65536 + ceiling. Else 0. */
	value: number;
	/** Hash of the legal order. */
	reasonHash: Hash32;
};
