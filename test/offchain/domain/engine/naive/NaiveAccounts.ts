import type { EngineEvent } from "../../../../../offchain/domain/engine/EngineEvent.ts";
import type { SetMarketRules } from "../../../../../offchain/domain/engine/EngineInput.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import type { ReasonCode } from "../../../../../offchain/domain/orders/reasonCodes.ts";
import type { ZonePairCharges } from "../../../../../offchain/domain/settlement/chargeSatPerKwh.ts";
import type { Address } from "../../../../../offchain/domain/units/Address.ts";
import type { WindowId } from "../../../../../offchain/domain/units/window.ts";
import { type Account, emptyNaiveState, type HeadroomFactory, type Session, type State } from "./naiveState.ts";

/** Money and rules: who holds what, and what a window charges. */
export class NaiveAccounts {
	protected readonly headrooms: HeadroomFactory;
	protected state: State = emptyNaiveState();
	protected events: EngineEvent[] = [];
	protected changedAccounts = new Set<Address>();
	protected sequence = 0;

	constructor(headrooms: HeadroomFactory) {
		this.headrooms = headrooms;
	}

	protected accountOf(address: Address): Account {
		let account = this.state.accounts.get(address);
		if (account === undefined) {
			account = { availableMsat: 0, reservedMsat: 0, tier: 0, licensedUntil: 0, exitFromWindow: 0, epochs: [] };
			this.state.accounts.set(address, account);
		}
		return account;
	}

	protected reserve(session: Session, address: Address, amountMsat: number): void {
		if (amountMsat === 0) return;
		const account = this.accountOf(address);
		account.availableMsat -= amountMsat;
		account.reservedMsat += amountMsat;
		session.reservedMsat[address] = (session.reservedMsat[address] ?? 0) + amountMsat;
		if ((session.reservedMsat[address] as number) < 0)
			throw new Error(`invariant: ${address} releases more than it holds`);
		this.changedAccounts.add(address);
	}

	protected orderHoldMsat(order: Order, wh: number): number {
		return order.side === "buy" ? order.priceSatPerKwh * wh : this.marginMsat(order.windowId, wh);
	}

	protected marginMsat(windowId: WindowId, wh: number): number {
		return (this.rulesAt(windowId)?.shortfallMarginSatPerKwh ?? 0) * wh;
	}

	protected rulesAt(windowId: WindowId): SetMarketRules | null {
		return this.state.rules.findLast(({ fromWindow }) => fromWindow <= windowId) ?? null;
	}

	protected chargesOf(windowId: WindowId, sellZoneId: number, buyZoneId: number): ZonePairCharges {
		const own = this.state.windowCharges.findLast(
			({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow,
		);
		return (
			(own?.charges ?? this.state.charges)[sellZoneId - 1]?.[buyZoneId - 1] ?? {
				lossSatPerKwh: 0,
				wheelingSatPerKwh: 0,
				congestionSatPerKwh: 0,
				platformSatPerKwh: 0,
			}
		);
	}

	protected refuse(inputType: string, reason: ReasonCode, detail: string): void {
		this.events.push({ type: "InputRefused", inputType, reason, detail });
	}
}

export function epochAt({ epochs }: Account, windowId: WindowId): number {
	return epochs.findLast(({ fromWindow }) => fromWindow <= windowId)?.epoch ?? 0;
}
