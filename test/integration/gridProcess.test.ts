import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { GridTokenXClient } from "../../offchain/client/GridTokenXClient.ts";
import { TelemetrySigner } from "../../offchain/client/TelemetrySigner.ts";
import { windowAt } from "../../offchain/domain/units/window.ts";
import { loadThaiNetwork } from "../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { localKey } from "../../offchain/processes/localKeys.ts";
import { ChaosRig } from "../../scripts/chaos/ChaosRig.ts";
import { testScan } from "../offchain/domain/grid/telemetry/testScan.ts";
import { eventually } from "./TestVenue.ts";

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
		await rig.startGrid();
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

	it("behavior: its prices are told by every node, solved or not yet", async () => {
		const windowId = windowAt(rig.clock.nowMillis() / 1000) + 4;
		const asked = await client.zonePrices(windowId).catch((error: { code: string }) => error);
		expect(asked).to.have.property("code", "NOT_FOUND");
	});
});
