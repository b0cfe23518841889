import { expect } from "chai";
import type { ZoneCode } from "../../../../offchain/domain/grid/zones.ts";
import { ControlRoomSimulator } from "../../../../offchain/simulators/controlroom/ControlRoomSimulator.ts";
import { type GridTelemetry, gridTelemetry } from "../../../../offchain/simulators/controlroom/gridTelemetry.ts";
import { testScenario, windowOf } from "../testScenario.ts";
import { VirtualClock } from "../VirtualClock.ts";

const NOON = windowOf("2026-11-24T12:00") * 900_000;

describe("G6 simulated control room", () => {
	const { profiles, seedNumber } = testScenario();

	it("default: all 13 zones with demand, forecast, renewables and traded exports, as integers", () => {
		const scan = gridTelemetry(profiles, seedNumber, NOON, new Map<ZoneCode, number>([["NE3", 1_234]]));
		expect(scan.zones).to.have.length(13);
		const demand = scan.zones.reduce((sum, { demandMw }) => sum + demandMw, 0);
		expect(demand).to.be.closeTo(profiles.load.nationalMegawatts(scan.windowId), 13);
		expect(scan.zones.find(({ zone }) => zone === "NE3")).to.deep.include({ tradedNetExportWh: 1_234 });
		expect(scan.zones.find(({ zone }) => zone === "C3")?.renewableMw.solar).to.be.greaterThan(0);
		for (const number of scan.zones.flatMap(({ demandMw, demandForecastMw, renewableMw }) => [
			demandMw,
			demandForecastMw,
			...Object.values(renewableMw),
		])) {
			expect(Number.isInteger(number)).to.equal(true);
		}
	});

	it("invariant: frequency stays within the normal band and never stands still", () => {
		const seen = new Set<number>();
		for (let second = 0; second < 3_600; second += 4) {
			const { frequencyMillihertz } = gridTelemetry(profiles, seedNumber, NOON + second * 1000, new Map());
			expect(frequencyMillihertz).to.be.within(49_900, 50_100);
			seen.add(frequencyMillihertz);
		}
		expect(seen.size).to.be.greaterThan(30);
	});

	it("behavior: scans at its rhythm, survives a failed delivery, stops when told", async () => {
		const clock = new VirtualClock(NOON);
		const stop = new AbortController();
		const scans: GridTelemetry[] = [];
		const room = new ControlRoomSimulator({
			clock,
			profiles,
			seed: seedNumber,
			scanSeconds: 4,
			tradedNetExportWh: () => Promise.reject(new Error("database down")),
			publish: async (scan) => {
				scans.push(scan);
				if (scans.length === 2) throw new Error("unreachable");
				if (scans.length === 5) stop.abort();
			},
		});
		await room.run(stop.signal);
		expect(scans.map(({ measuredAtMillis }) => (measuredAtMillis - NOON) / 1000)).to.deep.equal([0, 4, 8, 12, 16]);
		expect(room.latest).to.equal(scans[4]);
	});
});
