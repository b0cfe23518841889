import type { TradePath } from "../../grid/WindowHeadroom.ts";
import { EVERY_ZONE } from "../../grid/zones.ts";
import type { ReasonCode } from "../../orders/reasonCodes.ts";
import type { Trade } from "../../settlement/Trade.ts";
import { energyWh } from "../../units/units.ts";
import type { TradeTrim } from "../EngineInput.ts";
import type { EngineLedger } from "./EngineLedger.ts";
import type { Session } from "./EngineState.ts";
import type { Entry } from "./Entry.ts";
import type { OrderMatching } from "./OrderMatching.ts";
import { pathBetween } from "./pathBetween.ts";
import { addTo, addToZones } from "./tradedEnergy.ts";

/** Trades taken back, whole or in part: by a directive, or by a grid that does not carry them after all. */
export class TradeUndoing {
	readonly #ledger: EngineLedger;
	readonly #matching: OrderMatching;

	constructor(ledger: EngineLedger, matching: OrderMatching) {
		this.#ledger = ledger;
		this.#matching = matching;
	}

	/** Undoes the window's fills in the zone, last first. */
	unwindZone(session: Session, zoneId: number, reason: ReasonCode): void {
		const { windowId } = session;
		const touches = ({ sellZoneId, buyZoneId }: Trade) =>
			zoneId === EVERY_ZONE || sellZoneId === zoneId || buyZoneId === zoneId;
		const undone = session.trades.filter(touches);
		session.trades = session.trades.filter((trade) => !touches(trade));
		for (const trade of undone.reverse()) {
			session.headroom?.release(this.#pathOf(trade), trade.energyWh, trade.lossWh);
			this.#giveBack(session, trade, trade.energyWh);
			this.#matching.events.push({
				type: "TradeUnwound",
				tradeId: trade.tradeId,
				windowId,
				energyWh: trade.energyWh,
				reason,
			});
		}
	}

	/** Takes energy from trades that stand exactly as the trim says; the orders are not opened again. */
	trim(session: Session, trims: readonly TradeTrim[]): void {
		const { windowId, headroom } = session;
		const byId = new Map(session.trades.map((trade, at) => [trade.tradeId, at]));
		const trades: (Trade | null)[] = session.trades;
		for (const { tradeId, keptWh, trimmedWh, element } of trims) {
			const at = byId.get(tradeId) ?? -1;
			const trade = trades[at];
			if (trade === undefined || trade === null || trade.energyWh !== keptWh + trimmedWh) continue;
			const path = this.#pathOf(trade);
			if (keptWh === 0) headroom?.release(path, trade.energyWh, trade.lossWh);
			const lossWh = keptWh === 0 ? 0 : (headroom?.trim(path, trade.energyWh, trade.lossWh, keptWh).lossWh ?? 0);
			this.#giveBack(session, trade, trimmedWh);
			trades[at] = keptWh === 0 ? null : { ...trade, energyWh: energyWh(keptWh), lossWh: energyWh(lossWh) };
			const reason = "TRIMMED_BY_GRID";
			this.#matching.events.push({
				type: "TradeTrimmed",
				tradeId,
				windowId,
				keptWh,
				trimmedWh,
				lossWh,
				element,
				reason,
			});
		}
		session.trades = trades.filter((trade) => trade !== null);
	}

	/** What both sides and the meter hold for part of a trade. */
	#giveBack(session: Session, trade: Trade, wh: number): void {
		const sell = this.#ledger.state.orders.get(trade.sellOrderHash) as Entry;
		const buy = this.#ledger.state.orders.get(trade.buyOrderHash) as Entry;
		sell.filledWh -= wh;
		buy.filledWh -= wh;
		addTo(session.soldWh, trade.sellMeterId, -wh);
		addToZones(session, trade, -wh);
		this.#ledger.reserve(buy.holding, -trade.buyerPriceSatPerKwh * wh);
		this.#ledger.reserve(sell.holding, -this.#ledger.marginMsat(session, wh));
	}

	#pathOf(trade: Trade): TradePath {
		const { orders } = this.#ledger.state;
		return pathBetween(orders.get(trade.sellOrderHash) as Entry, orders.get(trade.buyOrderHash) as Entry);
	}
}
