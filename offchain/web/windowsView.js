import { byId, element } from "./dom.js";
import { baht, kiloWattHours, windowSpan } from "./format.js";
import { words } from "./i18n.js";

const STEPS = ["open", "crossZoneClosed", "closed", "committed", "delivering", "metered", "settled"];
const ENDED_BADLY = ["voided", "expired"];

/** Delivery windows and how far each has come. */
export class WindowsView {
	#body = byId("windows").tBodies[0];
	#onSelect;

	constructor(onSelect) {
		this.#onSelect = onSelect;
	}

	/** The windows of the summary and the stream; a session open for a later day is not listed. */
	show({ windows, sessions, selectedWindowId, satoshiPerThb }) {
		const live = new Map(sessions.map((session) => [session.windowId, session]));
		const known = new Map(windows.map((window) => [window.windowId, window]));
		const ids = [...known.keys()].sort((a, b) => b - a);
		if (ids.length === 0) {
			const cell = element("td", { colspan: 6, class: "empty" }, words("noWindows"));
			this.#body.replaceChildren(element("tr", {}, cell));
			return;
		}
		this.#body.replaceChildren(
			...ids.map((id) => this.#row(id, known.get(id), live.get(id), id === selectedWindowId, satoshiPerThb)),
		);
	}

	#row(windowId, window, session, isSelected, satoshiPerThb) {
		const ended = session?.state ?? window?.sessionState ?? "scheduled";
		const state = ended === "expired" && (window?.trades ?? 0) === 0 ? "untraded" : ended;
		const isBad = ENDED_BADLY.includes(state);
		const price = window?.vwapSatPerKwh ?? null;
		const row = element(
			"tr",
			{ "aria-selected": String(isSelected), tabindex: 0, title: window?.problem ?? undefined },
			element("td", {}, windowSpan(windowId)),
			element("td", {}, track(state)),
			element("td", { class: `state ${isBad ? "bad" : state}` }, words(state)),
			element("td", { class: "number" }, String(window?.trades ?? 0)),
			element("td", { class: "number" }, kiloWattHours(window?.energyWh ?? 0)),
			element(
				"td",
				{ class: "number", title: price === null ? undefined : `${baht(price, satoshiPerThb)} THB/kWh` },
				price === null ? "–" : String(price),
			),
		);
		row.addEventListener("click", () => this.#onSelect(windowId));
		row.addEventListener("keydown", ({ key }) => {
			if (key === "Enter" || key === " ") this.#onSelect(windowId);
		});
		return row;
	}
}

function track(state) {
	const at = STEPS.indexOf(state);
	const isBad = ENDED_BADLY.includes(state);
	const steps = STEPS.map((step, index) => {
		const kind = isBad
			? "bad"
			: index < at || (index === at && state === "settled")
				? "done"
				: index === at
					? "now"
					: "";
		return element("i", { class: kind, title: words(step) });
	});
	return element("div", { class: "track" }, ...steps);
}
