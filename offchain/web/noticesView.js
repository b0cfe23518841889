import { byId, element } from "./dom.js";
import { kiloWattHours, thaiMinute, windowSpan } from "./format.js";
import { words } from "./i18n.js";

const ROWS = 40;

/** What authorities ordered and where the grid said no. The same element in the same window is told once. */
export class NoticesView {
	#list = byId("notices");
	#notices = [];

	override({ authority, kind, zoneId, fromWindow, toWindow }, isLifted, atMillis) {
		this.#add({ type: "override", authority, kind, zoneId, fromWindow, toWindow, isLifted, atMillis });
	}

	violation({ windowId, element: name, requestedWh, admittedWh }, atMillis) {
		const known = this.#notices.find(
			(notice) => notice.type === "violation" && notice.name === name && notice.windowId === windowId,
		);
		if (known !== undefined) {
			known.count += 1;
			return;
		}
		this.#add({ type: "violation", windowId, name, requestedWh, admittedWh, atMillis, count: 1 });
	}

	show(zoneCode) {
		if (this.#notices.length === 0) {
			this.#list.replaceChildren(element("li", { class: "empty" }, words("noNotices")));
			return;
		}
		this.#list.replaceChildren(...this.#notices.map((notice) => row(notice, zoneCode)));
	}

	#add(notice) {
		this.#notices.unshift(notice);
		this.#notices.length = Math.min(this.#notices.length, ROWS);
	}
}

function row(notice, zoneCode) {
	const time = element("time", {}, thaiMinute(notice.atMillis));
	if (notice.type === "violation") {
		const amounts = `${kiloWattHours(notice.admittedWh)} ${words("of")} ${kiloWattHours(notice.requestedWh)} kWh`;
		const times = notice.count > 1 ? ` × ${notice.count}` : "";
		return element(
			"li",
			{},
			time,
			element("span", {}, `${notice.name} ${words("limits")} ${amounts}, ${windowSpan(notice.windowId)}${times}`),
		);
	}
	const zone = notice.zoneId === 0 ? words("everyZone") : zoneCode(notice.zoneId);
	const span =
		notice.fromWindow === notice.toWindow
			? windowSpan(notice.fromWindow)
			: `${windowSpan(notice.fromWindow)} … ${windowSpan(notice.toWindow)}`;
	const text = `${notice.authority} ${notice.kind} ${zone}, ${span}${notice.isLifted ? ` (${words("lifted")})` : ""}`;
	return element("li", {}, time, element("span", { class: "override" }, text));
}
