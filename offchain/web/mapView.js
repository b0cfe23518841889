import { byId, svgElement } from "./dom.js";
import { energy } from "./format.js";
import { words } from "./i18n.js";

const FLOWS_SHOWN = 18;

/** Thailand's bidding zones: who sells, who buys, what flows between them, which are halted. */
export class MapView {
	#svg = byId("map");
	#zones = new Map();
	#flows = svgElement("g");
	#labels = svgElement("g");
	#halts = svgElement("g");

	constructor(map, onSelect) {
		this.#svg.setAttribute("viewBox", `0 0 ${map.width} ${map.height}`);
		const line = svgElement("line", { x1: 0, y1: 0, x2: 0, y2: 12, class: "halt-pattern-line" });
		const pattern = {
			id: "halt-pattern",
			width: 12,
			height: 12,
			patternUnits: "userSpaceOnUse",
			patternTransform: "rotate(45)",
		};
		this.#svg.append(svgElement("defs", {}, svgElement("pattern", pattern, line)));
		for (const zone of map.zones) {
			const [cx, cy] = zone.at;
			const shape =
				zone.path === ""
					? svgElement("circle", { cx, cy, r: 24, class: "hub" })
					: svgElement("path", { d: zone.path, class: "zone" });
			const title = svgElement("title");
			shape.append(title);
			shape.addEventListener("click", () => onSelect(zone.zoneId));
			this.#zones.set(zone.zoneId, { ...zone, shape, title });
			this.#svg.append(shape);
		}
		this.#svg.append(
			svgElement("path", { d: map.zoneBorders, class: "borders" }),
			this.#halts,
			this.#flows,
			this.#labels,
		);
		this.show({ flows: [], haltedZoneIds: [], selectedZoneId: null });
	}

	show({ flows, haltedZoneIds, selectedZoneId }) {
		const net = new Map();
		const add = (zoneId, amount) => net.set(zoneId, (net.get(zoneId) ?? 0) + amount);
		const between = flows.filter(({ sellZoneId, buyZoneId }) => sellZoneId !== buyZoneId);
		for (const { sellZoneId, buyZoneId, energyWh } of between) {
			add(sellZoneId, energyWh);
			add(buyZoneId, -energyWh);
		}
		const most = Math.max(1, ...[...net.values()].map(Math.abs));
		this.#labels.replaceChildren();
		this.#halts.replaceChildren();
		for (const zone of this.#zones.values()) {
			this.#paint(zone, net.get(zone.zoneId) ?? 0, most, flows);
			zone.shape.classList.toggle("selected", zone.zoneId === selectedZoneId);
			this.#label(zone, haltedZoneIds.includes(zone.zoneId));
		}
		this.#drawFlows(between);
	}

	/** The more a zone sells or buys on balance, the stronger its colour. */
	#paint({ shape, title, code, zoneId }, net, most, flows) {
		const strength = net === 0 ? 0 : 18 + 62 * Math.sqrt(Math.abs(net) / most);
		const colour = net > 0 ? "var(--sell)" : "var(--buy)";
		shape.style.fill = strength === 0 ? "" : `color-mix(in oklab, ${colour} ${strength.toFixed(0)}%, var(--land))`;
		const inside = flows.find((flow) => flow.sellZoneId === zoneId && flow.buyZoneId === zoneId)?.energyWh ?? 0;
		title.textContent = `${code}: ${net >= 0 ? "+" : "−"}${energy(Math.abs(net))}, ${energy(inside)} ⟲`;
	}

	#label({ at: [x, y], code, path }, isHalted) {
		this.#labels.append(svgElement("text", { x, y: isHalted ? y - 10 : y }, code));
		if (!isHalted) return;
		this.#labels.append(svgElement("text", { x, y: y + 11, class: "halt-label" }, `■ ${words("halted")}`));
		const shape = path === "" ? svgElement("circle", { cx: x, cy: y, r: 24 }) : svgElement("path", { d: path });
		shape.setAttribute("class", "halt");
		this.#halts.append(shape);
	}

	#drawFlows(between) {
		const byEnergy = [...between].sort((a, b) => b.energyWh - a.energyWh).slice(0, FLOWS_SHOWN);
		const most = byEnergy[0]?.energyWh ?? 1;
		this.#flows.replaceChildren(
			...byEnergy.flatMap((flow) => {
				const from = this.#zones.get(flow.sellZoneId);
				const to = this.#zones.get(flow.buyZoneId);
				return from === undefined || to === undefined ? [] : arrow(from, to, flow.energyWh, most);
			}),
		);
	}
}

/** A bent arrow that stops short of the labels; opposite flows bend to opposite sides. */
function arrow(from, to, energyWh, most) {
	const [x1, y1] = from.at;
	const [x2, y2] = to.at;
	const length = Math.hypot(x2 - x1, y2 - y1);
	const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
	const bend = Math.min(46, length * 0.22);
	const [mx, my] = [(x1 + x2) / 2 - uy * bend, (y1 + y2) / 2 + ux * bend];
	const [sx, sy] = toward(x1, y1, mx, my, 20);
	const [ex, ey] = toward(x2, y2, mx, my, 24);
	const width = 1.5 + 6 * Math.sqrt(energyWh / most);
	const line = svgElement("path", { d: `M${sx},${sy}Q${mx},${my} ${ex},${ey}`, class: "flow" });
	line.style.strokeWidth = `${width.toFixed(1)}px`;
	line.append(svgElement("title", {}, `${from.code} → ${to.code}: ${energy(energyWh)}`));
	const size = 5 + width;
	const [dx, dy] = unit(ex - mx, ey - my);
	const head = [
		[ex + dx * size, ey + dy * size],
		[ex - dy * size * 0.62, ey + dx * size * 0.62],
		[ex + dy * size * 0.62, ey - dx * size * 0.62],
	];
	const points = head.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
	return [line, svgElement("polygon", { points, class: "flow-head" })];
}

function toward(x, y, tx, ty, distance) {
	const [ux, uy] = unit(tx - x, ty - y);
	return [Number((x + ux * distance).toFixed(1)), Number((y + uy * distance).toFixed(1))];
}

function unit(x, y) {
	const length = Math.hypot(x, y) || 1;
	return [x / length, y / length];
}
