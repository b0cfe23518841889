import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { GridTokenXClient } from "../../offchain/client/GridTokenXClient.ts";
import { TelemetrySigner } from "../../offchain/client/TelemetrySigner.ts";
import { windowAt } from "../../offchain/domain/units/window.ts";
import { loadThaiNetwork } from "../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { localKey } from "../../offchain/processes/exchange/localKeys.ts";
import { ChaosRig } from "../../scripts/chaos/ChaosRig.ts";
import { testScan } from "../offchain/domain/grid/telemetry/testScan.ts";
import { eventually } from "./TestVenue.ts";

const BATTERY = {
	offerId: "battery",
	account: `0x${"ab".repeat(20)}`,
	zoneId: 2,
	meterId: 9_001,
	direction: "up",
	activationSeconds: 1,
	capacityMw: 0.5,
	holdingSatPerMwHour: 900,
	energySatPerKwh: 118,
};

describe("G4 G5 the grid as a process of its own", function () {
	this.timeout(180_000);
	const controlRoom = new TelemetrySigner(localKey("EGAT control room"));
	let stateDir: string;
	let rig: ChaosRig;
	let client: GridTokenXClient;

	before(async () => {
		stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-grid-"));
		rig = await ChaosRig.start(stateDir, 60);
		await rig.whenServing();
		const reserves = join(stateDir, "reserves.json");
		const key = join(stateDir, "operator.key");
		writeFileSync(reserves, JSON.stringify({ areaMw: 300, points: [], offers: [BATTERY] }));
		writeFileSync(key, localKey("system operator"));
		await rig.startGrid({
			RESERVES_FILE: reserves,
			SYSTEM_OPERATOR_KEY_FILE: key,
			GRIDTOKENX_URL: rig.urls[0] as string,
		});
		client = new GridTokenXClient(rig.urls[0] as string);
	});

	after(async () => {
		await rig?.stop();
		rmSync(stateDir, { recursive: true, force: true });
	});

	it("default: a line a control room reports out of service narrows trading on every node", async () => {
		const nowMillis = () => rig.clock.nowMillis();
		const windowId = windowAt(nowMillis() / 1000) + 4;
		const report = async (sequence: number, outages: string[]) =>
			client.submitTelemetry(
				controlRoom.sign(testScan({ sequence, measuredAtMillis: nowMillis(), flows: [], voltages: [], outages })),
			);
		const upWh = async (url: string) => {
			const status = await new GridTokenXClient(url).gridStatus(windowId);
			if (!("elements" in status)) throw new Error(JSON.stringify(status));
			return new Map(status.elements.map(({ name, upWh: wh }) => [name, wh]));
		};

		expect(await report(1, [])).to.deep.equal({ status: "accepted" });
		const whole = await upWh(rig.urls[0] as string);
		const line = loadThaiNetwork().lines[0];
		if (line === undefined) throw new Error("the network has lines");
		expect(await report(2, [line.name])).to.deep.equal({ status: "accepted" });
		for (const url of rig.urls) {
			const isNarrower = (now: Map<string, number>) => JSON.stringify([...now]) !== JSON.stringify([...whole]);
			await eventually(() => upWh(url), isNarrower, 30_000);
		}
	});

	it("G7 default: it buys reserve of the providers it was told of, and every node tells what", async () => {
		for (const url of rig.urls) {
			const node = new GridTokenXClient(url);
			// Reserve is bought forty minutes ahead: one of the coming windows has its own by now.
			const held = async () => {
				const now = windowAt(rig.clock.nowMillis() / 1000);
				const windows = [1, 2, 3].map((ahead) => node.balancing(now + ahead).catch(() => null));
				return (await Promise.all(windows)).find((window) => window !== null);
			};
			await eventually(held, (window) => window !== undefined, 30_000);
			const { procurement } = (await held()) as NonNullable<Awaited<ReturnType<typeof held>>>;
			const up = procurement.filter(({ direction }) => direction === "up");
			expect(up.flatMap(({ accepted }) => accepted.map(({ offerId }) => offerId))).to.include("battery");
			expect(up.some(({ missingW }) => missingW > 0)).to.equal(true);
		}
	});

	it("behavior: its prices are told by every node, solved or not yet", async () => {
		const windowId = windowAt(rig.clock.nowMillis() / 1000) + 4;
		const asked = await client.zonePrices(windowId).catch((error: { code: string }) => error);
		expect(asked).to.have.property("code", "NOT_FOUND");
	});
});
