/** The market at a glance: reads /v1, follows /v1/stream, draws at most a few times a second. */
import { get } from "./api.js";
import { BookView } from "./bookView.js";
import { byId, element, setText } from "./dom.js";
import { baht, countdown, energy, thaiDate, thaiTime, windowSpan } from "./format.js";
import { GridView } from "./gridView.js";
import { applyLanguage, otherLanguage, switchLanguage, words } from "./i18n.js";
import { MapView } from "./mapView.js";
import { MarketClock } from "./marketClock.js";
import { NoticesView } from "./noticesView.js";
import { Stream } from "./stream.js";
import { TradesView } from "./tradesView.js";
import { WindowsView } from "./windowsView.js";

const REDRAW_MILLIS = 250;
const FLOWS_REFRESH_MILLIS = 1500;
const GRID_REFRESH_MILLIS = 2000;
const RETRY_MILLIS = 2000;

const state = {
	venue: null,
	sessions: [],
	windows: [],
	windowId: null,
	/** The reader chose a window; otherwise the page follows the one that trades next. */
	isPinned: false,
	zoneId: Number(localStorage.getItem("zone") ?? 1),
	flows: [],
	link: "waiting",
	changed: true,
};

const clock = new MarketClock();
const book = new BookView();
const grid = new GridView();
const trades = new TradesView();
const notices = new NoticesView();
const windows = new WindowsView((windowId) => {
	state.isPinned = true;
	selectWindow(windowId);
});
let map;
let stream;
let endDepth = () => undefined;
let areFlowsStale = true;

setUpControls();
await start();

async function start() {
	try {
		const [venue, shapes, summary] = await Promise.all([get("/v1/config"), get("/zoneMap.json"), get("/v1/summary")]);
		await clock.start();
		state.venue = venue;
		state.sessions = summary.sessions;
		state.windows = summary.windows;
		trades.set(summary.trades);
		map = new MapView(shapes, selectZone);
		setText(byId("attribution"), shapes.attribution);
		setText(
			byId("venue"),
			`GridTokenX ${venue.version}, ${words("chain")} ${venue.chainId}, ${venue.orderDomain.verifyingContract}`,
		);
		byId("book-zone").append(...venue.zones.map(({ zoneId, code }) => element("option", { value: zoneId }, code)));
		byId("book-zone").value = state.zoneId;
		await loadDirectives();
	} catch {
		setLink("lost");
		setTimeout(start, RETRY_MILLIS);
		return;
	}
	stream = new Stream(setLink);
	stream.subscribe({ channel: "windows" }, takeWindows);
	stream.subscribe({ channel: "events" }, takeEvents);
	followNextWindow();
	setInterval(tick, REDRAW_MILLIS);
	setInterval(refreshFlows, FLOWS_REFRESH_MILLIS);
	setInterval(refreshGrid, GRID_REFRESH_MILLIS);
	tick();
}

async function loadDirectives() {
	try {
		const { directives } = await get("/v1/directives?limit=20");
		for (const { directive, lifted } of directives.reverse())
			notices.override(directive, lifted, directive.fromWindow * 900_000);
	} catch (error) {
		if (error.code !== "UNAVAILABLE") throw error;
	}
}

function takeWindows(type, data) {
	if (type === "snapshot") {
		state.sessions = data.sessions;
		state.windows = data.windows;
	} else {
		const merge = (rows, changes) => [...new Map([...rows, ...changes].map((row) => [row.windowId, row])).values()];
		const ended = new Set(data.endedSessions);
		state.sessions = merge(state.sessions, data.sessions).filter(({ windowId }) => !ended.has(windowId));
		state.windows = merge(state.windows, data.windows);
	}
	state.changed = true;
	if (!state.isPinned) followNextWindow();
}

function takeEvents(type, { atMillis, events }) {
	if (type === "snapshot") return;
	for (const event of events) {
		if (event.type === "TradeExecuted") {
			trades.add(event.trade, atMillis);
			if (event.trade.windowId === state.windowId) areFlowsStale = true;
		} else if (event.type === "TradeUnwound") {
			trades.unwind(event.tradeId);
			areFlowsStale = true;
		} else if (event.type === "AuthorityOverride") notices.override(event.directive, event.lifted, atMillis);
		else if (event.type === "GridConstraintViolation") notices.violation(event, atMillis);
	}
	state.changed = true;
}

/** The window whose gate closes next. */
function nextSession() {
	const now = clock.now() / 1000;
	return state.sessions
		.filter(({ state: session, closesAt }) => (session === "open" || session === "crossZoneClosed") && closesAt > now)
		.sort((a, b) => a.closesAt - b.closesAt)[0];
}

function followNextWindow() {
	const windowId = nextSession()?.windowId ?? state.windows[0]?.windowId ?? state.sessions[0]?.windowId;
	if (windowId !== undefined && windowId !== state.windowId) selectWindow(windowId);
}

function selectWindow(windowId) {
	state.windowId = windowId;
	state.flows = [];
	areFlowsStale = true;
	followBook();
	void refreshFlows();
	void refreshGrid();
}

function selectZone(zoneId) {
	state.zoneId = zoneId;
	localStorage.setItem("zone", zoneId);
	byId("book-zone").value = zoneId;
	followBook();
}

function followBook() {
	endDepth();
	book.clear();
	state.changed = true;
	if (state.windowId === null || stream === undefined) return;
	const { windowId, zoneId } = state;
	endDepth = stream.subscribe({ channel: "depth", windowId, zoneId }, (type, data) => {
		book.take(type, data);
		state.changed = true;
	});
}

async function refreshFlows() {
	if (!areFlowsStale || state.windowId === null) return;
	areFlowsStale = false;
	const { windowId } = state;
	try {
		const { zoneFlows } = await get(`/v1/windows/${windowId}`);
		if (windowId !== state.windowId) return;
		state.flows = zoneFlows;
		state.changed = true;
	} catch {
		areFlowsStale = true;
	}
}

async function refreshGrid() {
	if (document.hidden || state.windowId === null) return;
	if (await grid.refresh(state.windowId)) state.changed = true;
}

function tick() {
	drawClock();
	if (!state.changed) return;
	state.changed = false;
	const { satoshiPerThb, zones } = state.venue;
	const zoneCode = (zoneId) => zones[zoneId - 1]?.code ?? String(zoneId);
	const session = state.sessions.find(({ windowId }) => windowId === state.windowId);
	const haltedZoneIds = session?.haltedZoneIds ?? [];
	const span = state.windowId === null ? "" : windowSpan(state.windowId);
	setText(byId("map-window"), span);
	setText(byId("book-window"), span);
	setText(byId("grid-window"), span);
	map.show({ flows: state.flows, haltedZoneIds, selectedZoneId: state.zoneId });
	windows.show({ windows: state.windows, sessions: state.sessions, selectedWindowId: state.windowId, satoshiPerThb });
	book.show(satoshiPerThb);
	grid.show({ zoneId: state.zoneId, zoneCode });
	trades.show({ zoneCode, satoshiPerThb });
	notices.show(zoneCode);
	drawFigures(zoneCode, haltedZoneIds, satoshiPerThb);
}

function drawFigures(zoneCode, haltedZoneIds, satoshiPerThb) {
	const window = state.windows.find(({ windowId }) => windowId === state.windowId);
	setText(byId("figure-energy"), energy(window?.energyWh ?? 0));
	setText(byId("figure-trades"), words("tradesNote", { count: window?.trades ?? 0 }));
	const price = window?.vwapSatPerKwh ?? null;
	setText(byId("figure-price"), price === null ? "–" : `${price} sat`);
	setText(byId("figure-price-thb"), price === null ? "" : `≈ ${baht(price, satoshiPerThb)} THB/kWh`);
	const settled = state.windows.filter(({ sessionState }) => sessionState === "settled").length;
	setText(byId("figure-settled"), String(settled));
	setText(byId("figure-settled-note"), words("settledNote", { count: state.windows.length }));
	setText(byId("figure-halted"), haltedZoneIds.length === 0 ? "0" : haltedZoneIds.map(zoneCode).join(", "));
	setText(byId("figure-halted-note"), haltedZoneIds.length === 0 ? words("none") : windowSpan(state.windowId));
	byId("figure-halt-box").classList.toggle("alarmed", haltedZoneIds.length > 0);
}

function drawClock() {
	const now = clock.now();
	setText(byId("market-date"), thaiDate(now));
	setText(byId("market-time"), thaiTime(now));
	const speed = byId("clock-speed");
	speed.hidden = clock.speed === 1;
	setText(speed, words("speed", { factor: clock.speed < 10 ? clock.speed.toFixed(1) : Math.round(clock.speed) }));
	const next = nextSession();
	setText(byId("figure-gate"), next === undefined ? "–" : countdown(next.closesAt - now / 1000));
	setText(byId("figure-gate-note"), next === undefined ? "" : words("gateNote", { span: windowSpan(next.windowId) }));
}

function setLink(link) {
	const node = byId("link-state");
	node.dataset.state = link;
	node.dataset.i18n = link;
	setText(node, words(link));
}

function setUpControls() {
	const stored = localStorage.getItem("theme");
	const isDark = stored === null ? matchMedia("(prefers-color-scheme: dark)").matches : stored === "dark";
	document.documentElement.dataset.theme = isDark ? "dark" : "light";
	byId("theme").addEventListener("click", () => {
		const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
		document.documentElement.dataset.theme = theme;
		localStorage.setItem("theme", theme);
	});
	setText(byId("language"), otherLanguage());
	byId("language").addEventListener("click", () => {
		setText(byId("language"), switchLanguage());
		state.changed = true;
	});
	byId("book-zone").addEventListener("change", ({ target }) => selectZone(Number(target.value)));
	applyLanguage();
}
