import { expect } from "chai";
import type { TelemetryScan } from "../../../../offchain/domain/grid/telemetry/TelemetryScan.ts";
import { telemetryRefusal } from "../../../../offchain/domain/grid/telemetry/telemetryRefusal.ts";
import { thaiTelemetryEnvelope } from "../../../../offchain/domain/grid/thai/thaiTelemetryEnvelope.ts";
import type { ZoneCode } from "../../../../offchain/domain/grid/zones.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { ControlRoomModel } from "../../../../offchain/simulators/controlroom/ControlRoomModel.ts";
import { ControlRoomSimulator } from "../../../../offchain/simulators/controlroom/ControlRoomSimulator.ts";
import { testScenario, windowOf } from "../testScenario.ts";
import { VirtualClock } from "../VirtualClock.ts";

const NOON = windowOf("2026-11-24T12:00") * 900_000;

describe("G6 simulated control room", () => {
	const { profiles, seedNumber } = testScenario();
	const network = loadThaiNetwork();
	const model = new ControlRoomModel({ profiles, network, seed: seedNumber, sourceId: "EGAT" });

	it("default: every zone with demand, forecast, generation and renewables; every line's flow; as integers", () => {
		const scan = model.scan(NOON, new Map<ZoneCode, number>([["NE3", 1_234]]));
		expect(scan.zones).to.have.length(16);
		expect(scan.flows).to.have.length(network.lines.length);
		const demand = scan.zones.reduce((sum, { demandMw }) => sum + demandMw, 0);
		expect(demand).to.be.closeTo(profiles.load.nationalMegawatts(NOON / 900_000), 16);
		const generation = scan.zones.reduce((sum, { generationMw }) => sum + generationMw, 0);
		expect(generation).to.be.closeTo(demand, 16);
		expect(scan.zones[9]).to.deep.include({ zoneId: 10, tradedNetExportWh: 1_234 });
		expect(scan.zones[3]?.renewableMw.solar).to.be.greaterThan(0);
		expect(telemetryRefusal(scan, null, thaiTelemetryEnvelope(network), NOON)).to.equal(null);
	});

	it("behavior: an outage leaves its line without flow and loads the others", () => {
		const out = "HatYai2–KhlongNgae";
		const flow = (scan: TelemetryScan, name: string) => scan.flows.find((each) => each.name === name)?.flowKilowatts;
		const whole = model.scan(NOON, new Map());
		const weak = new ControlRoomModel({ profiles, network, seed: 1, sourceId: "EGAT", outages: () => [out] });
		const scan = weak.scan(NOON, new Map());
		expect(scan.outages).to.deep.equal([out]);
		expect(flow(whole, out)).to.not.equal(0);
		expect(flow(scan, out)).to.equal(0);
		expect(flow(scan, "Phatthalung–HatYai2")).to.not.equal(flow(whole, "Phatthalung–HatYai2"));
	});

	it("invariant: never refused through a whole year, with demand met to the rounding", () => {
		const envelope = thaiTelemetryEnvelope(network);
		for (let day = 0; day < 365; day += 13) {
			const at = NOON + day * 86_400_000 + (day % 24) * 3_600_000;
			expect(telemetryRefusal(model.scan(at, new Map()), null, envelope, at), new Date(at).toISOString()).to.equal(
				null,
			);
		}
	});

	it("invariant: frequency stays within the normal band and never stands still", () => {
		const seen = new Set<number>();
		for (let second = 0; second < 3_600; second += 12) {
			const { frequencyMillihertz } = model.scan(NOON + second * 1000, new Map());
			expect(frequencyMillihertz).to.be.within(49_900, 50_100);
			seen.add(frequencyMillihertz);
		}
		expect(seen.size).to.be.greaterThan(20);
	});

	it("behavior: scans at its rhythm, survives a failed delivery, stops when told", async () => {
		const clock = new VirtualClock(NOON);
		const stop = new AbortController();
		const scans: TelemetryScan[] = [];
		const room = new ControlRoomSimulator({
			clock,
			model,
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
		expect(room.problem).to.equal(null);
	});
});
