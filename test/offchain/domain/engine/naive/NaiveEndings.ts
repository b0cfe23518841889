import type {
	AmendOrder,
	Directive,
	SetMarketRules,
	TrimTrades,
} from "../../../../../offchain/domain/engine/EngineInput.ts";
import type { GridLimits } from "../../../../../offchain/domain/grid/GridLimits.ts";
import { EVERY_ZONE } from "../../../../../offchain/domain/grid/zones.ts";
import type { ReasonCode } from "../../../../../offchain/domain/orders/reasonCodes.ts";
import type { Trade } from "../../../../../offchain/domain/settlement/Trade.ts";
import type { Address, Hash32 } from "../../../../../offchain/domain/units/Address.ts";
import { energyWh } from "../../../../../offchain/domain/units/units.ts";
import type { WindowId } from "../../../../../offchain/domain/units/window.ts";
import { NaiveMatching, pathOf } from "./NaiveMatching.ts";
import type { Entry, Session } from "./naiveState.ts";

/** Orders cancelled and amended, trades undone and trimmed, by traders, authorities, limits and the chain. */
export class NaiveEndings extends NaiveMatching {
	protected cancelOne(account: Address, orderHash: Hash32, inputType: string): void {
		const known = this.state.orders.get(orderHash);
		const session = known === undefined ? undefined : this.state.sessions.get(known.windowId);
		if (known?.entry == null || known.entry.openWh === 0 || session === undefined) {
			return this.refuse(inputType, "ORDER_UNKNOWN", orderHash);
		}
		if (known.entry.order.trader !== account) return this.refuse(inputType, "NOT_ORDER_OWNER", orderHash);
		this.end(session, known.entry, "CANCELLED_BY_TRADER");
	}

	protected amend({ orderHash, replacement }: AmendOrder): void {
		const known = this.state.orders.get(orderHash);
		const session = known === undefined ? undefined : this.state.sessions.get(known.windowId);
		const entry = known?.entry;
		if (entry == null || entry.openWh === 0 || session === undefined) {
			return this.refuse("AmendOrder", "ORDER_UNKNOWN", orderHash);
		}
		if (entry.order.trader !== replacement.order.trader) return this.refuse("AmendOrder", "NOT_ORDER_OWNER", orderHash);
		this.end(session, entry, "CANCELLED_BY_TRADER");
		this.place(replacement);
	}

	protected unwindZone(windowId: WindowId, session: Session, zoneId: number, reason: ReasonCode): void {
		const touches = (trade: Trade) =>
			zoneId === EVERY_ZONE || trade.sellZoneId === zoneId || trade.buyZoneId === zoneId;
		const undone = session.trades.filter(touches);
		session.trades = session.trades.filter((trade) => !touches(trade));
		for (const trade of undone.reverse()) {
			const sell = this.state.orders.get(trade.sellOrderHash)?.entry as Entry;
			const buy = this.state.orders.get(trade.buyOrderHash)?.entry as Entry;
			sell.filledWh -= trade.energyWh;
			buy.filledWh -= trade.energyWh;
			session.headroom?.release(pathOf(sell, buy), trade.energyWh, trade.lossWh);
			session.soldWh[trade.sellMeterId] = (session.soldWh[trade.sellMeterId] ?? 0) - trade.energyWh;
			this.reserve(session, trade.buyer, -trade.buyerPriceSatPerKwh * trade.energyWh);
			this.reserve(session, trade.seller, -this.marginMsat(windowId, trade.energyWh));
			this.events.push({ type: "TradeUnwound", tradeId: trade.tradeId, windowId, energyWh: trade.energyWh, reason });
		}
	}

	protected trim({ windowId, trims }: TrimTrades): void {
		const wrong = trims.find(({ keptWh, trimmedWh }) => !(keptWh >= 0) || !(trimmedWh > 0));
		if (wrong !== undefined) return this.refuse("TrimTrades", "MALFORMED", `trade ${wrong.tradeId}`);
		const session = this.state.sessions.get(windowId);
		if (session === undefined || !["open", "crossZoneClosed", "closed"].includes(session.state))
			return this.refuse("TrimTrades", "INPUT_NOT_ALLOWED", `window ${windowId} is not before commitment`);
		for (const { tradeId, keptWh, trimmedWh, element } of trims) {
			const trade = session.trades.find((standing) => standing.tradeId === tradeId);
			if (trade === undefined || trade.energyWh !== keptWh + trimmedWh) continue;
			const sell = this.state.orders.get(trade.sellOrderHash)?.entry as Entry;
			const buy = this.state.orders.get(trade.buyOrderHash)?.entry as Entry;
			sell.filledWh -= trimmedWh;
			buy.filledWh -= trimmedWh;
			const path = pathOf(sell, buy);
			let lossWh = 0;
			if (keptWh === 0) session.headroom?.release(path, trade.energyWh, trade.lossWh);
			else lossWh = session.headroom?.trim(path, trade.energyWh, trade.lossWh, keptWh).lossWh ?? 0;
			session.soldWh[trade.sellMeterId] = (session.soldWh[trade.sellMeterId] ?? 0) - trimmedWh;
			this.reserve(session, trade.buyer, -trade.buyerPriceSatPerKwh * trimmedWh);
			this.reserve(session, trade.seller, -this.marginMsat(windowId, trimmedWh));
			session.trades = session.trades
				.map((other) => (other === trade ? { ...trade, energyWh: energyWh(keptWh), lossWh: energyWh(lossWh) } : other))
				.filter((other) => other.energyWh > 0);
			const reason = "TRIMMED_BY_GRID";
			this.events.push({ type: "TradeTrimmed", tradeId, windowId, keptWh, trimmedWh, lossWh, element, reason });
		}
	}

	/** The margin of a window that has orders stands: what they hold was computed with it. */
	protected setRules(rules: SetMarketRules): void {
		const { shortfallMarginSatPerKwh: margin, fromWindow } = rules;
		for (const [windowId, { entries }] of this.state.sessions) {
			if (windowId < fromWindow || entries.length === 0 || this.marginMsat(windowId, 1) === margin) continue;
			return this.refuse("SetMarketRules", "INPUT_NOT_ALLOWED", `the margin of window ${windowId} is in use`);
		}
		this.state.rules.push(rules);
	}

	protected setLimits(fromWindow: WindowId, toWindow: WindowId, limits: GridLimits): void {
		this.state.limits.push({ fromWindow, toWindow, limits });
		for (const [windowId, session] of this.state.sessions) {
			if (windowId < fromWindow || windowId > toWindow || session.headroom === null) continue;
			for (const element of session.headroom.replaceLimits(limits).overloaded) {
				this.events.push({
					type: "GridConstraintViolation",
					windowId,
					element,
					requestedWh: 0,
					admittedWh: 0,
					orderHash: `0x${"0".repeat(64)}`,
				});
			}
		}
		this.rematchAll();
	}

	protected applyDirective(directive: Directive): void {
		this.state.directives.push(directive);
		this.events.push({ type: "AuthorityOverride", directive, lifted: false });
		for (const [windowId, session] of this.state.sessions) {
			if (windowId < directive.fromWindow || windowId > directive.toWindow) continue;
			// After gate closure the window belongs to settlement, which applies directives itself.
			if (session.state !== "open" && session.state !== "crossZoneClosed") continue;
			const inZone = (entry: Entry) => directive.zoneId === EVERY_ZONE || entry.zoneId === directive.zoneId;
			if (directive.kind === "VOID_WINDOW") {
				this.cancelWhere(windowId, session, () => true, "WINDOW_VOIDED");
				this.unwindZone(windowId, session, EVERY_ZONE, "WINDOW_VOIDED");
			} else if (directive.kind === "HALT") {
				this.cancelWhere(windowId, session, inZone, "ZONE_HALTED");
				this.unwindZone(windowId, session, directive.zoneId, "ZONE_HALTED");
			} else if (directive.kind === "PRICE_BAND") {
				const rules = this.rulesAt(windowId) as SetMarketRules;
				const isOutside = (entry: Entry) => {
					const [floor, ceiling] = this.band(windowId, entry.zoneId, rules);
					return entry.order.priceSatPerKwh < floor || entry.order.priceSatPerKwh > ceiling;
				};
				this.cancelWhere(windowId, session, (entry) => inZone(entry) && isOutside(entry), "PRICE_BAND");
			}
		}
	}

	protected withdraw(account: Address, amountMsat: number): void {
		const held = this.accountOf(account);
		held.availableMsat -= amountMsat;
		this.changedAccounts.add(account);
		// The chain has the last word: open orders give way until what is left covers the rest.
		for (const [windowId, session] of this.state.sessions) {
			if (held.availableMsat >= 0) return;
			this.cancelWhere(windowId, session, ({ order }) => order.trader === account, "FUNDS_INSUFFICIENT");
		}
	}

	protected cancelFrom(account: Address, fromWindow: WindowId, reason: ReasonCode): void {
		for (const [windowId, session] of this.state.sessions) {
			if (windowId >= fromWindow) this.cancelWhere(windowId, session, ({ order }) => order.trader === account, reason);
		}
	}
}
