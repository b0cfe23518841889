import type { Address } from "../units/Address.ts";
import type { WindowId } from "../units/window.ts";

/** The regulator's version in force for a window, as `MarketRules.rulesAt` tells. Prices in sat/kWh. */
export type MarketRulesVersion = {
	fromWindow: WindowId;
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
	tickSatPerKwh: number;
	/** By zone, `[zoneId - 1]`, 16 entries. */
	distributionSatPerKwh: number[];
	transmissionSatPerKwh: number;
	platformSatPerKwh: number;
	congestionCapSatPerKwh: number;
	lossCapPermille: number;
	shortfallSatPerKwh: number;
	shortfallMinSatPerKwh: number;
	shortfallMaxSatPerKwh: number;
};

/** What directives leave of a zone in one window: the most restrictive of all. */
export type ZoneRule = { halted: boolean; capWh: number | null; floorSatPerKwh: number; ceilingSatPerKwh: number };

/** A meter as settlement sees it. */
export type SettlementMeter = {
	owner: Address;
	zoneId: number;
	/** Index in ENERGY_SOURCES. */
	source: number;
	activeUntilWindow: WindowId;
	maxWindowWh: number;
};

/** An account as settlement sees it. */
export type SettlementAccount = {
	balanceMsat: number;
	/** The epoch that counts for the window. */
	epoch: number;
	/** 0 without an exit. */
	exitFromWindow: WindowId;
	licensedUntilWindow: WindowId;
	/** 0 unless the account is a grid operator (4) or cross-border trader (3). */
	tier: number;
	cursorWindow: WindowId;
	cursorSequence: number;
	/** 0 with `cursorWindow` the window: its buys use stored fills. */
	cursorFillWh: number;
};

/** Accounts that receive charges. */
export type ChargeAccounts = { EGAT: Address; MEA: Address; PEA: Address; congestion: Address; platform: Address };

/** Everything outside the plan and the readings that the outcome depends on. */
export type SettlementState = {
	rules: MarketRulesVersion;
	/** `[zoneId - 1]`; 0 = the rules' price. */
	shortfallSatPerKwhByZone: number[];
	/** `[zoneId - 1]`; missing = unrestricted. */
	zoneRules: (ZoneRule | undefined)[];
	chargeAccounts: ChargeAccounts;
	meters: ReadonlyMap<number, SettlementMeter>;
	accounts: ReadonlyMap<Address, SettlementAccount>;
	/** Whether a signature is good; by default all are. */
	isSignatureValid?: (order: import("../orders/Order.ts").SignedOrder) => boolean;
	/** Whether a directive authorises an emergency order at the meter's zone. */
	authorisesEmergency?: (directiveId: number, zoneId: number) => boolean;
};
