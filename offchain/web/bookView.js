import { byId, element } from "./dom.js";
import { baht, kiloWattHours } from "./format.js";
import { words } from "./i18n.js";

const LEVELS = 9;

/** One zone's book in one window. */
export class BookView {
	#node = byId("book");
	#depth = null;

	take(type, data) {
		this.#depth = type === "snapshot" || this.#depth === null ? data : patch(this.#depth, data);
	}

	clear() {
		this.#depth = null;
	}

	show(satoshiPerThb) {
		const { bids = [], asks = [] } = this.#depth ?? {};
		if (bids.length === 0 && asks.length === 0) {
			this.#node.replaceChildren(element("p", { class: "empty" }, words("emptyBook")));
			return;
		}
		const most = Math.max(1, ...[...bids, ...asks].map(({ energyWh }) => energyWh));
		this.#node.replaceChildren(
			element(
				"div",
				{ class: "side bids" },
				head(["#", "kWh", words("bids")]),
				...bids.slice(0, LEVELS).map((level) => row(level, most, satoshiPerThb, false)),
			),
			element(
				"div",
				{ class: "side asks" },
				head([words("asks"), "kWh", "#"]),
				...asks.slice(0, LEVELS).map((level) => row(level, most, satoshiPerThb, true)),
			),
		);
	}
}

function head(labels) {
	const classes = ["", "energy", ""];
	return element(
		"div",
		{ class: "head" },
		...labels.map((label, index) => element("span", { class: classes[index] }, label)),
	);
}

function row({ priceSatPerKwh, energyWh, orders }, most, satoshiPerThb, isAsk) {
	const bar = element("i", { class: "bar" });
	bar.style.width = `${(100 * energyWh) / most}%`;
	const cells = [
		element("span", { class: "orders" }, String(orders)),
		element("span", { class: "energy" }, kiloWattHours(energyWh)),
		element(
			"span",
			{ class: "price", title: `${baht(priceSatPerKwh, satoshiPerThb)} THB/kWh` },
			String(priceSatPerKwh),
		),
	];
	return element("div", { class: "level" }, bar, ...(isAsk ? cells.reverse() : cells));
}

function patch(depth, { sequence, changes }) {
	const side = (name, levels, direction) => {
		const byPrice = new Map(levels.map((level) => [level.priceSatPerKwh, level]));
		for (const change of changes.filter((one) => one.side === name)) {
			if (change.energyWh === 0) byPrice.delete(change.priceSatPerKwh);
			else byPrice.set(change.priceSatPerKwh, change);
		}
		return [...byPrice.values()].sort((a, b) => direction * (a.priceSatPerKwh - b.priceSatPerKwh));
	};
	return { ...depth, sequence, bids: side("bid", depth.bids, -1), asks: side("ask", depth.asks, 1) };
}
