import type { Order } from "../../orders/Order.ts";
import type { Address } from "../../units/Address.ts";
import type { WindowId } from "../../units/window.ts";
import type { EngineEvent } from "../EngineEvent.ts";
import { type EngineState, newAccount, type Session } from "./EngineState.ts";
import type { Account, Holding } from "./Entry.ts";
import { rulesAt, type WindowRules, windowRules } from "./WindowRules.ts";

/**
 * What accounts own and what of it is held. Promises: an amount is either available or reserved, reserving moves it
 * between the two and is mirrored in the window that holds it; no account or window ever goes below zero.
 */
export class EngineLedger {
	state: EngineState;
	/** Accounts the input in hand changed, up to `#changedCount`. */
	readonly #changed: Account[] = [];
	#changedCount = 0;

	constructor(state: EngineState) {
		this.state = state;
	}

	account(address: Address): Account {
		let account = this.state.accounts.get(address);
		if (account === undefined) {
			account = newAccount(address);
			this.state.accounts.set(address, account);
		}
		return account;
	}

	/** Moves money between available and reserved; negative gives it back. */
	reserve(holding: Holding, amountMsat: number): void {
		if (amountMsat === 0) return;
		const { account } = holding;
		account.availableMsat -= amountMsat;
		account.reservedMsat += amountMsat;
		holding.reservedMsat += amountMsat;
		if (holding.reservedMsat < 0) throw new Error(`invariant: ${account.address} releases more than it holds`);
		this.changed(account);
	}

	/** Adds to what is available. */
	credit(account: Account, amountMsat: number): void {
		account.availableMsat += amountMsat;
		this.changed(account);
	}

	changed(account: Account): void {
		if (account.isChanged) return;
		account.isChanged = true;
		this.#changed[this.#changedCount++] = account;
	}

	/** Says how the accounts the input touched stand now, in the order of their addresses. */
	report(events: EngineEvent[]): void {
		const count = this.#changedCount;
		if (count === 0) return;
		this.#changedCount = 0;
		if (count === 1) return reportOne(events, this.#changed[0] as Account);
		const changed = this.#changed.slice(0, count);
		changed.sort((a, b) => (a.address < b.address ? -1 : 1));
		for (const account of changed) reportOne(events, account);
	}

	/** What an order holds for so many Wh: a buyer his limit, a seller the margin against a shortfall. */
	orderHoldMsat(order: Order, session: Session, wh: number): number {
		return order.side === "buy" ? order.priceSatPerKwh * wh : this.marginMsat(session, wh);
	}

	marginMsat(session: Session, wh: number): number {
		return (this.rules(session).market?.shortfallMarginSatPerKwh ?? 0) * wh;
	}

	rules(session: Session): WindowRules {
		session.rules ??= windowRules(session.windowId, this.state.rules, this.state.directives);
		return session.rules;
	}

	/** Rules or directives changed: every window derives its own again. */
	forgetRules(): void {
		for (const session of this.state.sessions.values()) session.rules = null;
	}

	marginAt(windowId: WindowId): number {
		return rulesAt(this.state.rules, windowId)?.shortfallMarginSatPerKwh ?? 0;
	}
}

function reportOne(events: EngineEvent[], account: Account): void {
	account.isChanged = false;
	const { address, availableMsat, reservedMsat } = account;
	if (availableMsat < 0 || reservedMsat < 0) throw new Error(`invariant: ${address} has negative funds`);
	events.push({ type: "AccountChanged", account: address, availableMsat, reservedMsat });
}
