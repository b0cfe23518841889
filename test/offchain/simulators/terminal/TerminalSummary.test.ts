import { expect } from "chai";
import type { MarketView } from "../../../../offchain/simulators/terminal/MarketView.ts";
import { renderMarket } from "../../../../offchain/simulators/terminal/renderMarket.ts";
import { TerminalSummary } from "../../../../offchain/simulators/terminal/TerminalSummary.ts";
import { windowOf } from "../testScenario.ts";

const WINDOW = windowOf("2026-11-24T10:15");
const VIEW: MarketView = {
	nowMillis: Date.parse("2026-11-24T10:02:03+07:00"),
	participants: 250,
	windows: [
		{
			windowId: WINDOW,
			state: "open",
			orders: 412,
			rejected: 15,
			trades: 170,
			energyWh: 12_345_678,
			vwapSatPerKwh: 101,
			haltedZones: ["NE3"],
		},
	],
	settledWindows: 3,
	frequencyMillihertz: 49_987,
	url: "http://localhost:8080",
	notices: ["EGAT halted NE3"],
	problem: null,
};

function output(isTTY: boolean) {
	const written: string[] = [];
	return { written, stream: { isTTY, columns: 100, write: (text: string) => written.push(text) > 0 } };
}

describe("T3 terminal summary", () => {
	it("default: shows Thai time, window, orders, energy, price, halt and link", () => {
		const text = renderMarket(VIEW, 100).join("\n");
		for (const part of [
			"2026-11-24 10:02:03 UTC+7",
			"10:15",
			"412",
			"170",
			"12.35",
			"101",
			"NE3",
			"49.987",
			VIEW.url,
		]) {
			expect(text).to.contain(part);
		}
	});

	it("behavior: no line is longer than the terminal", () => {
		const control = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
		for (const line of renderMarket(VIEW, 40)) expect(line.replace(control, "").length).to.be.at.most(40);
	});

	it("behavior: without a terminal it prints a plain line per change, once", async () => {
		const { written, stream } = output(false);
		let view = VIEW;
		const summary = new TerminalSummary(async () => view, stream as never);
		await summary.draw();
		await summary.draw();
		view = { ...VIEW, windows: VIEW.windows.map((window) => ({ ...window, state: "settled" })) };
		await summary.draw();
		expect(written).to.have.length(3);
		expect(written.join("")).not.to.contain(String.fromCharCode(27));
		expect(written[2]).to.contain("settled");
	});

	it("behavior: a view that fails is survived", async () => {
		const { stream } = output(true);
		const summary = new TerminalSummary(() => Promise.reject(new Error("down")), stream as never);
		await summary.draw();
	});
});
