import { byId, element } from "./dom.js";
import { baht, kiloWattHours, thaiTime, windowTime } from "./format.js";
import { words } from "./i18n.js";

const ROWS = 60;

/** The newest trades on top. */
export class TradesView {
	#body = byId("trades").tBodies[0];
	#records = [];
	#fresh = new Set();

	set(records) {
		this.#records = records.slice(0, ROWS);
	}

	add(trade, executedAtMillis) {
		this.#records.unshift({ trade, executedAtMillis, isUnwound: false });
		this.#records.length = Math.min(this.#records.length, ROWS);
		this.#fresh.add(trade.tradeId);
	}

	unwind(tradeId) {
		const record = this.#records.find(({ trade }) => trade.tradeId === tradeId);
		if (record !== undefined) record.isUnwound = true;
	}

	show({ zoneCode, satoshiPerThb }) {
		if (this.#records.length === 0) {
			const cell = element("td", { colspan: 7, class: "empty" }, words("noTrades"));
			this.#body.replaceChildren(element("tr", {}, cell));
			return;
		}
		this.#body.replaceChildren(...this.#records.map((record) => this.#row(record, zoneCode, satoshiPerThb)));
		this.#fresh.clear();
	}

	#row({ trade, executedAtMillis, isUnwound }, zoneCode, satoshiPerThb) {
		const path = element(
			"td",
			{},
			zoneCode(trade.sellZoneId),
			element("span", { class: "arrow" }, "→"),
			zoneCode(trade.buyZoneId),
		);
		const kinds = [this.#fresh.has(trade.tradeId) ? "fresh" : "", isUnwound ? "undone" : ""].join(" ").trim();
		return element(
			"tr",
			{ class: kinds },
			element("td", { class: "time" }, thaiTime(executedAtMillis)),
			element("td", {}, windowTime(trade.windowId)),
			path,
			element("td", { class: "number" }, kiloWattHours(trade.energyWh)),
			element("td", { class: "number" }, String(trade.sellerPriceSatPerKwh)),
			element("td", { class: "number" }, String(trade.buyerPriceSatPerKwh)),
			element("td", { class: "number" }, baht(trade.buyerPriceSatPerKwh, satoshiPerThb)),
		);
	}
}
