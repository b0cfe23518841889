import { expect } from "chai";
import {
	type EmergencyDependencies,
	type EmergencyReport,
	handleGridEmergency,
} from "../../../../offchain/application/commands/HandleGridEmergency.ts";
import type { Curtailment } from "../../../../offchain/application/ports/CurtailmentRepository.ts";
import { GridEmergencyService } from "../../../../offchain/application/services/GridEmergencyService.ts";
import { TelemetrySigner } from "../../../../offchain/client/TelemetrySigner.ts";
import type { GridConditions } from "../../../../offchain/domain/grid/telemetry/GridConditions.ts";
import { thaiOutageLimits } from "../../../../offchain/domain/grid/thai/thaiOutageLimits.ts";
import { ZONE_CODES, type ZoneCode, zoneId } from "../../../../offchain/domain/grid/zones.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import { HighsLinearProgramSolver } from "../../../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { emergencyReply } from "../../../../offchain/infrastructure/http/messages/emergencyMessages.ts";
import { Ed25519TelemetrySources } from "../../../../offchain/infrastructure/telemetry/Ed25519TelemetrySources.ts";
import { postJson, TestVenue } from "../../infrastructure/http/TestVenue.ts";

const SOUTH = ["BangSaphan–Chumphon", "BangSaphan–LangSuan"];
const DEMAND: Partial<Record<ZoneCode, number>> = { S2: 1_320, S3: 880, MEA: 8_000 };
const SUPPLY: Partial<Record<ZoneCode, number>> = { S2: 640, S3: 960, "X-MY": 300, MEA: 4_000, C1: 6_000 };
const trade = (tradeId: string, sell: ZoneCode, buy: ZoneCode, energyWh: number) =>
	({ tradeId, sellZoneId: zoneId(sell), buyZoneId: zoneId(buy), energyWh, lossWh: 0 }) as Trade;
const TRADES = [
	trade("1", "C1", "S2", 50_001),
	trade("2", "S3", "S2", 30_001),
	trade("3", "S2", "S2", 20_002),
	trade("4", "C1", "MEA", 90_000),
];

describe("G8 HandleGridEmergency", () => {
	const network = loadThaiNetwork();
	let recorded: Curtailment[];
	let deps: EmergencyDependencies;

	beforeEach(async () => {
		recorded = [];
		const zones = ZONE_CODES.map((code) => ({
			zoneId: zoneId(code),
			demandMw: DEMAND[code] ?? 0,
			availableMw: SUPPLY[code] ?? 0,
		}));
		deps = {
			network,
			solver: await HighsLinearProgramSolver.load(),
			telemetry: { current: () => ({ isFresh: true, outages: [SOUTH[0]], zones }) as unknown as GridConditions },
			trades: { ofWindow: async () => TRADES },
			curtailments: { add: async (more) => void recorded.push(...more), ofWindow: async () => recorded },
			clock: { nowMillis: () => 9_999, sleepUntil: async () => undefined },
			relief: {
				demandResponsePartsPerMillion: 30_000,
				interruptiblePartsPerMillion: 60_000,
				storageMw: ZONE_CODES.map((code) => (code === "S2" ? 60 : 0)),
			},
			emergencyRatingPartsPerMillion: 1_100_000,
			limitsFor: async (outages, isEmergency) =>
				thaiOutageLimits(network, outages, isEmergency ? { reliabilityMarginPartsPerMillion: -100_000 } : {}),
			isOrdered: async (directiveId) => directiveId === 7,
		};
	});

	const handle = async (
		command = { windowId: 50, directiveId: 7, outages: SOUTH.slice(1) },
	): Promise<EmergencyReport> => {
		const outcome = await handleGridEmergency(deps, command);
		if (outcome.status === "refused") throw new Error(outcome.code);
		return outcome.report;
	};

	it("default: the south alone loses 300 MW in stages; trades across the gap go, the rest share what is dropped", async () => {
		const report = await handle();
		expect(report.outages).to.deep.equal(SOUTH);
		expect(report.islands.map(({ zones }) => zones.length)).to.deep.equal([13, 3]);
		expect(report.totalMw.counterTradeAndStorage).to.be.closeTo(60, 1e-3);
		expect(report.totalMw.demandResponse).to.be.closeTo(66, 1e-3);
		expect(report.totalMw.interruptible).to.be.closeTo(132, 1e-3);
		expect(report.totalMw.firm).to.be.closeTo(42, 1e-3);
		const dropped = report.droppedPartsPerMillion[zoneId("S2") - 1]!;
		expect(dropped).to.be.closeTo((174 / 2_200) * 1e6, 100);
		expect(report.droppedPartsPerMillion[zoneId("MEA") - 1]).to.equal(0);
		expect(recorded).to.deep.equal(report.curtailments);
		expect(recorded[0]).to.deep.equal({
			windowId: 50,
			tradeId: "1",
			zoneId: zoneId("S2"),
			tradedWh: 50_001,
			curtailedWh: 50_001,
			cause: "island S2+S3+X-MY",
			directiveId: 7,
			orderedAtMillis: 9_999,
		});
		const shared = recorded.filter(({ cause }) => cause === "load dropped in S2");
		expect(shared.map(({ tradeId }) => tradeId)).to.deep.equal(["2", "3"]);
		expect(shared.reduce((sum, each) => sum + each.curtailedWh, 0)).to.equal(Math.floor((50_003 * dropped) / 1e6));
		expect(recorded.some(({ tradeId }) => tradeId === "4")).to.equal(false);
		const taken = recorded.reduce((sum, each) => sum + each.curtailedWh, 0);
		expect(report.proposedCaps).to.deep.equal([{ zoneId: zoneId("S2"), capWh: 100_004 - taken }]);
	});

	it("behavior: with one line left nothing has to be dropped", async () => {
		const report = await handle({ windowId: 50, directiveId: 7, outages: [] });
		expect(report.islands).to.have.length(1);
		expect(report.totalMw).to.deep.equal({ counterTradeAndStorage: 0, demandResponse: 0, interruptible: 0, firm: 0 });
		expect(recorded).to.deep.equal([]);
	});

	it("error: without directive, telemetry, or with a line nobody knows nothing is planned or recorded", async () => {
		const code = async (command: Partial<{ directiveId: number; outages: string[] }>) => {
			const outcome = await handleGridEmergency(deps, { windowId: 50, directiveId: 7, outages: [], ...command });
			return outcome.status === "refused" ? outcome.code : null;
		};
		expect(await code({ directiveId: 8 })).to.equal("EMERGENCY_DIRECTIVE_REQUIRED");
		expect(await code({ outages: ["A–B"] })).to.equal("EMERGENCY_UNKNOWN_LINE");
		deps.telemetry = { current: () => null };
		expect(await code({})).to.equal("EMERGENCY_NO_TELEMETRY");
		expect(recorded).to.deep.equal([]);
	});

	it("default: over HTTP, signed by a control room; the curtailments can be read afterwards", async () => {
		const key = new TelemetrySigner(`0x${"31".repeat(32)}`);
		const sources = new Ed25519TelemetrySources({ EGAT: key.publicKey });
		const venue = await new TestVenue({
			emergencies: new GridEmergencyService(deps, sources, (work) => work()),
		}).start();
		try {
			const command = { windowId: 50, directiveId: 7, outages: SOUTH.slice(1) };
			const signed = key.signEmergency("EGAT", command);
			const post = (body: unknown) => postJson(`${venue.url}/v1/grid/emergencies`, body);
			const changed = await post({ ...signed, command: { ...command, windowId: 51 } });
			expect([changed.status, changed.body.code]).to.deep.equal([403, "EMERGENCY_NOT_AUTHORISED"]);
			const unordered = await post(key.signEmergency("EGAT", { ...command, directiveId: 9 }));
			expect([unordered.status, unordered.body.code]).to.deep.equal([422, "EMERGENCY_DIRECTIVE_REQUIRED"]);
			expect(recorded).to.deep.equal([]);
			const planned = await post(signed);
			expect(planned.status).to.equal(200);
			const body = emergencyReply.parse(planned.body);
			expect(body.curtailedKilowatts).to.deep.include({ counterTradeAndStorage: 60_000, demandResponse: 66_000 });
			expect(body.curtailedKilowatts.interruptible + body.curtailedKilowatts.firm).to.be.closeTo(174_000, 2);
			expect(body.islands[1]).to.deep.equal({ zones: ["S2", "S3", "X-MY"], isDark: false });
			const list = await fetch(`${venue.url}/v1/grid/curtailments?windowId=50`);
			expect(await list.json()).to.deep.equal({ curtailments: recorded });
		} finally {
			await venue.stop();
		}
	});
});
