import { expect } from "chai";
import { gridConditions } from "../../../../../offchain/domain/grid/telemetry/GridConditions.ts";
import { type TelemetryScan, telemetryText } from "../../../../../offchain/domain/grid/telemetry/TelemetryScan.ts";
import { telemetryRefusal } from "../../../../../offchain/domain/grid/telemetry/telemetryRefusal.ts";
import { ENVELOPE, NOW_MILLIS, testScan, testZone } from "./testScan.ts";

const PREVIOUS = { sequence: 6, measuredAtMillis: NOW_MILLIS - 4_000 };
const refusal = (change: Partial<TelemetryScan>, previous: typeof PREVIOUS | null = PREVIOUS) =>
	telemetryRefusal(testScan(change), previous, ENVELOPE, NOW_MILLIS);

describe("G6 absurd and stale telemetry is refused", () => {
	it("default: a plausible scan is taken", () => {
		expect(refusal({})).to.equal(null);
		expect(refusal({}, null)).to.equal(null);
	});

	it("error: a value that is no number is named", () => {
		expect(refusal({ frequencyMillihertz: Number.NaN })).to.deep.equal({
			code: "TELEMETRY_NOT_A_NUMBER",
			detail: "frequencyMillihertz is NaN",
		});
		const zones = [testZone({ renewableMw: { solar: Number.POSITIVE_INFINITY, wind: 0, hydro: 0 } })];
		expect(refusal({ zones })).to.deep.include({ detail: "solar of zone 1 is Infinity" });
		expect(refusal({ zones: [testZone({ demandMw: 0.5 })] })).to.deep.include({ code: "TELEMETRY_NOT_A_NUMBER" });
	});

	it("error: the clock may not go backwards, nor stand still, nor run ahead", () => {
		for (const measuredAtMillis of [PREVIOUS.measuredAtMillis, PREVIOUS.measuredAtMillis - 1]) {
			expect(refusal({ measuredAtMillis })).to.deep.include({ code: "TELEMETRY_CLOCK_BACKWARDS" });
		}
		expect(refusal({ sequence: 6 })).to.deep.include({ code: "TELEMETRY_CLOCK_BACKWARDS" });
		expect(refusal({ measuredAtMillis: NOW_MILLIS + 5_000 })).to.equal(null);
		expect(refusal({ measuredAtMillis: NOW_MILLIS + 5_001 })).to.deep.include({ code: "TELEMETRY_FROM_FUTURE" });
	});

	it("error: what arrives too late is of no use", () => {
		expect(refusal({ measuredAtMillis: NOW_MILLIS - 60_000 }, null)).to.equal(null);
		expect(refusal({ measuredAtMillis: NOW_MILLIS - 60_001 }, null)).to.deep.include({ code: "TELEMETRY_STALE" });
	});

	it("error: ten times the plausible, with the element and the range", () => {
		expect(refusal({ zones: [testZone({ demandMw: 20_000 })] })).to.deep.equal({
			code: "TELEMETRY_IMPLAUSIBLE",
			detail: "demandMw of zone 1 is 20000, plausible is 0 to 4000",
		});
		expect(refusal({ zones: [testZone({ demandMw: -1 })] })).to.deep.include({ code: "TELEMETRY_IMPLAUSIBLE" });
		expect(refusal({ frequencyMillihertz: 500_000 })).to.deep.include({ code: "TELEMETRY_IMPLAUSIBLE" });
		const flows = [{ name: "A–B", flowKilowatts: 10_000_000, limitKilowatts: 1_000_000 }];
		expect(refusal({ flows })?.detail).to.match(/flow of A–B is 10000000/);
		const voltages = [{ busName: "B", baseKilovolts: 230, voltagePartsPerMillion: 10_000_000 }];
		expect(refusal({ voltages })?.detail).to.match(/voltage of B/);
	});

	it("behavior: a real blackout gets through", () => {
		const zones = [testZone({ demandMw: 0, demandForecastMw: 0, generationMw: 0, availableMw: 0 })];
		expect(refusal({ zones, frequencyMillihertz: 47_100 })).to.equal(null);
	});

	it("error: elements nobody knows, or named twice", () => {
		expect(refusal({ outages: ["X–Y"] })).to.deep.equal({
			code: "TELEMETRY_UNKNOWN_ELEMENT",
			detail: "unknown line X–Y",
		});
		expect(refusal({ zones: [testZone(), testZone()] })?.detail).to.equal("zone 1 appears twice");
		expect(refusal({ zones: [testZone({ zoneId: 17 })] })?.detail).to.equal("unknown zone 17");
	});

	it("invariant: every value is under the signature", () => {
		const text = telemetryText(testScan());
		for (const change of [
			{ sequence: 8 },
			{ outages: ["A–B"] },
			{ voltages: [] },
			{ zones: [testZone({ renewableMw: { solar: 200, wind: 11, hydro: 60 } })] },
			{ flows: [{ name: "A–B", flowKilowatts: -930_000, limitKilowatts: 1_000_001 }] },
		]) {
			expect(telemetryText(testScan(change))).to.not.equal(text);
		}
	});
});

describe("G6 grid conditions from several control rooms", () => {
	it("default: congestion points, renewable share and supply margin are derived", () => {
		const conditions = gridConditions([testScan()], NOW_MILLIS + 10_000, 60);
		expect(conditions).to.deep.include({ isFresh: true, ageSeconds: 10, frequencyMillihertz: 50_010 });
		expect(conditions?.congestionPoints).to.deep.equal([
			{ name: "A–B", flowKilowatts: -930_000, limitKilowatts: 1_000_000, loadingPartsPerMillion: 930_000 },
		]);
		expect(conditions?.zones[0]).to.deep.include({
			renewableSharePartsPerMillion: 150_000,
			demandToSupplyPartsPerMillion: 700_000,
		});
	});

	it("behavior: the freshest report of each zone counts; a silent source is stale, not forgotten", () => {
		const old = testScan({
			sourceId: "PEA",
			measuredAtMillis: NOW_MILLIS - 90_000,
			zones: [testZone({ demandMw: 1 }), testZone({ zoneId: 2 })],
		});
		const conditions = gridConditions([old, testScan()], NOW_MILLIS, 60);
		expect(conditions?.zones.map(({ zoneId, demandMw, isFresh }) => [zoneId, demandMw, isFresh])).to.deep.equal([
			[1, 2_000, true],
			[2, 2_000, false],
		]);
		expect(gridConditions([old], NOW_MILLIS, 60)?.isFresh).to.equal(false);
		expect(gridConditions([], NOW_MILLIS, 60)).to.equal(null);
	});
});
