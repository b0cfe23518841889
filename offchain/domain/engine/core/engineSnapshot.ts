import { isRenewable } from "../../grid/energySource.ts";
import type { Trade } from "../../settlement/Trade.ts";
import type { Address, Hash32 } from "../../units/Address.ts";
import type { WindowId } from "../../units/window.ts";
import type { SessionState } from "../EngineEvent.ts";
import type { BookPool } from "./BookPool.ts";
import type { EngineLedger } from "./EngineLedger.ts";
import { type AuctionCall, addEntry, type HeadroomFactory, holdingOf, newAccount, newSession } from "./EngineState.ts";
import type { Account, Entry, Meter } from "./Entry.ts";
import { newEntry } from "./newEntry.ts";
import type { OrderMatching } from "./OrderMatching.ts";
import { addToZones } from "./tradedEnergy.ts";
import { WindowBook } from "./WindowBook.ts";

type PlainEntry = Omit<Entry, "holding" | "older" | "slot" | "isSell" | "priceSatPerKwh" | "meterId" | "shelf">;
type PlainSession = {
	state: SessionState;
	entries: PlainEntry[];
	sequences: string[];
	trades: Trade[];
	reservedMsat: Record<Address, number>;
	soldWh: Record<number, number>;
	headroom: unknown;
	calls?: AuctionCall[];
};

/** The state as plain JSON, the same for the same state however it came about. */
export function snapshotOf({ state }: EngineLedger): Uint8Array {
	const { sessions, orders, accounts, meters, forecasts, ...rest } = state;
	const plain = {
		nowSeconds: rest.nowSeconds,
		chainPosition: rest.chainPosition,
		nextToOpen: rest.nextToOpen,
		accounts: [...accounts].map(([address, account]) => [address, plainAccount(account)]),
		meters: [...meters].map(([meterId, { account: _, greyness: __, ...meter }]) => [meterId, meter]),
		forecasts: [...forecasts],
		rules: rest.rules,
		charges: rest.charges,
		limits: rest.limits,
		directives: rest.directives,
		sessions: [...sessions].map(([windowId, session]) => [
			windowId,
			{
				state: session.state,
				entries: session.entries.map(plainEntry),
				sequences: session.entries.map(({ order }) => `${order.trader}:${order.sequence}`),
				trades: session.trades,
				reservedMsat: Object.fromEntries(
					[...session.holdings.values()]
						.filter(({ reservedMsat }) => reservedMsat !== 0)
						.sort((a, b) => (a.account.address < b.account.address ? -1 : 1))
						.map(({ account, reservedMsat }) => [account.address, reservedMsat]),
				),
				soldWh: Object.fromEntries(session.soldWh),
				headroom: session.headroom?.snapshot() ?? null,
				...(session.calls.length === 0 ? {} : { calls: session.calls }),
			} satisfies PlainSession,
		]),
		orders: [...orders.entries()].map(([orderHash, known]) => [
			orderHash,
			typeof known === "number" ? known : known.order.windowId,
		]),
		// Only where there are any: a state without them has the bytes it always had.
		...(rest.windowCharges.length > 0 ? { windowCharges: rest.windowCharges } : {}),
		...(rest.pauses.length > 0 ? { pauses: rest.pauses } : {}),
	};
	return new TextEncoder().encode(JSON.stringify(plain));
}

/** Fills an empty engine with the state of a snapshot; books and totals are built again from it. */
export function restoreInto(
	bytes: Uint8Array,
	ledger: EngineLedger,
	matching: OrderMatching,
	pool: BookPool,
	headrooms: HeadroomFactory,
): void {
	const plain = JSON.parse(new TextDecoder().decode(bytes));
	const { state } = ledger;
	const { nowSeconds, chainPosition, nextToOpen, rules, charges, limits, directives } = plain;
	Object.assign(state, { nowSeconds, chainPosition, nextToOpen, rules, charges, limits, directives });
	for (const [address, account] of plain.accounts as [Address, Omit<Account, "address">][]) {
		state.accounts.set(address, { ...newAccount(address), ...account });
	}
	for (const [meterId, meter] of plain.meters as [number, Omit<Meter, "account" | "greyness">][]) {
		state.meters.set(meterId, { ...meter, account: null, greyness: isRenewable(meter.source) ? 0 : 1 });
	}
	for (const [key, maxWh] of plain.forecasts as [string, number][]) state.forecasts.set(key, maxWh);
	state.windowCharges = plain.windowCharges ?? [];
	matching.charges.derive();
	const open = new Map<Hash32, Entry>();
	for (const [windowId, saved] of plain.sessions as [WindowId, PlainSession][]) {
		const session = newSession(windowId, new WindowBook(pool));
		session.state = saved.state;
		session.trades = saved.trades;
		session.calls = saved.calls ?? [];
		for (const { zones } of session.calls) session.callZones |= zones;
		for (const [meterId, wh] of Object.entries(saved.soldWh)) session.soldWh.set(Number(meterId), wh);
		for (const trade of saved.trades) addToZones(session, trade, trade.energyWh);
		for (const plainEntry of saved.entries) {
			const { order, orderHash, openWh, filledWh, time, zoneId, nodeId } = plainEntry;
			const holding = holdingOf(session, ledger.account(order.trader));
			const source = state.meters.get(order.meterId)?.source ?? "none";
			const greyness = plainEntry.greyness ?? (order.side === "sell" && isRenewable(source) ? 0 : 1);
			const entry = newEntry(orderHash, order, time, zoneId, nodeId, greyness, holding);
			entry.openWh = openWh;
			entry.filledWh = filledWh;
			addEntry(holding, entry);
			session.entries.push(entry);
			open.set(entry.orderHash, entry);
			if (order.validUntil !== 0) session.nextExpiry = Math.min(session.nextExpiry, order.validUntil);
			if (entry.openWh > 0) session.book.add(entry);
		}
		for (const [address, amount] of Object.entries(saved.reservedMsat)) {
			holdingOf(session, ledger.account(address as Address)).reservedMsat = amount;
		}
		const grid = matching.limitsOf(windowId);
		if (saved.headroom !== null && grid !== null) session.headroom = headrooms.restore(grid, saved.headroom);
		state.sessions.set(windowId, session);
	}
	state.pauses = plain.pauses ?? [];
	for (const [orderHash, windowId] of plain.orders as [Hash32, WindowId][]) {
		const entry = open.get(orderHash);
		state.orders.add(orderHash, entry ?? windowId);
		if (entry === undefined) matching.remember(orderHash, windowId);
	}
}

function plainAccount({ availableMsat, reservedMsat, tier, licensedUntil, exitFromWindow, epochs }: Account) {
	return { availableMsat, reservedMsat, tier, licensedUntil, exitFromWindow, epochs };
}

function plainEntry({ orderHash, order, openWh, filledWh, time, zoneId, nodeId, greyness }: Entry): PlainEntry {
	return { orderHash, order, openWh, filledWh, time, zoneId, nodeId, greyness };
}
