import { get } from "./api.js";
import { byId, element } from "./dom.js";
import { decimal } from "./format.js";
import { words } from "./i18n.js";

const LINES_SHOWN = 5;

/** The grid as the control rooms last reported it, and the balancing and price of the chosen window and zone. */
export class GridView {
	#node = byId("grid");
	#overview = { conditions: null, balancing: null, prices: null };

	/** Reads anew; returns false when nothing answered. */
	async refresh(windowId) {
		try {
			this.#overview = await get(`/v1/grid/overview?windowId=${windowId}`);
			return true;
		} catch {
			return false;
		}
	}

	show({ zoneId, zoneCode }) {
		const { conditions, balancing, prices } = this.#overview;
		if (conditions === null) {
			this.#node.replaceChildren(element("p", { class: "empty" }, words("noTelemetry")));
			return;
		}
		const { zones, flows, isFresh, ageSeconds, outages } = conditions;
		const sum = (pick) => zones.reduce((total, zone) => total + pick(zone), 0);
		const renewable = ({ renewableMw }) => renewableMw.solar + renewableMw.wind + renewableMw.hydro;
		const generationMw = sum(({ generationMw: mw }) => mw);
		const demandMw = sum((zone) => zone.demandMw);
		const heaviest = flows
			.map((line) => ({ ...line, loading: Math.abs(line.flowKilowatts) / line.limitKilowatts }))
			.sort((a, b) => b.loading - a.loading)
			.slice(0, LINES_SHOWN);
		const price = prices?.zonePriceSatPerKwh[zoneId - 1];
		this.#node.replaceChildren(
			element(
				"dl",
				{ class: "facts" },
				...fact("frequency", `${decimal(conditions.frequencyMillihertz / 1000, 3)} Hz`),
				...fact("demand", `${decimal(demandMw)} MW`),
				...fact("renewables", `${decimal(generationMw === 0 ? 0 : (100 * sum(renewable)) / generationMw, 1)} %`),
				...fact("zonePrice", price === undefined ? "–" : `${price} sat`, zoneCode(zoneId)),
				...fact("reserveHeld", `${decimal(heldKilowatts(balancing))} kW`),
				...fact("energyCalled", called(balancing)),
			),
			...warning(!isFresh, "staleTelemetry", { age: ageSeconds }),
			...warning(outages.length > 0, "outages", { lines: outages.join(", ") }),
			element("h3", {}, words("heaviestLines")),
			element("ul", { class: "lines" }, ...heaviest.map(line)),
		);
	}
}

function warning(isGiven, key, values) {
	return isGiven ? [element("p", { class: "warning" }, words(key, values))] : [];
}

function fact(key, value, note = "") {
	return [element("dt", {}, words(key), note === "" ? null : ` ${note}`), element("dd", {}, value)];
}

function heldKilowatts(balancing) {
	const up = (balancing?.procurement ?? []).filter(({ direction }) => direction === "up");
	return up.reduce((total, { procuredW }) => total + procuredW, 0) / 1000;
}

function called(balancing) {
	const calls = balancing?.activation?.called;
	if (calls === undefined) return "–";
	const wh = calls.reduce((total, { direction, calledWh }) => total + (direction === "up" ? calledWh : -calledWh), 0);
	return `${wh > 0 ? "+" : ""}${decimal(wh / 1000, 1)} kWh`;
}

function line({ name, loading }) {
	const bar = element("i", { class: loading >= 0.9 ? "bar full" : "bar" });
	bar.style.width = `${Math.min(100, 100 * loading)}%`;
	return element(
		"li",
		{ class: "line" },
		bar,
		element("span", {}, name),
		element("span", {}, `${decimal(100 * loading)} %`),
	);
}
