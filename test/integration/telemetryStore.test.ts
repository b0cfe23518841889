import { expect } from "chai";
import { GridTelemetryService } from "../../offchain/application/services/GridTelemetryService.ts";
import { TelemetrySigner } from "../../offchain/client/TelemetrySigner.ts";
import { PostgresTelemetryStore } from "../../offchain/infrastructure/postgres/PostgresTelemetryStore.ts";
import { Ed25519TelemetrySources } from "../../offchain/infrastructure/telemetry/Ed25519TelemetrySources.ts";
import { ENVELOPE, NOW_MILLIS, testScan } from "../offchain/domain/grid/telemetry/testScan.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

const KEY = new TelemetrySigner(`0x${"31".repeat(32)}`);

describe("G6 telemetry reaches every node", () => {
	let database: TestDatabase;
	const stores: PostgresTelemetryStore[] = [];

	before(async function () {
		this.timeout(60_000);
		database = await testDatabase();
	});

	after(async () => {
		for (const store of stores) await store.close();
		await database.drop();
	});

	async function node(): Promise<GridTelemetryService> {
		const store = new PostgresTelemetryStore(database.pool, database.databaseUrl);
		stores.push(store);
		return GridTelemetryService.start({
			sources: new Ed25519TelemetrySources({ EGAT: KEY.publicKey }),
			store,
			clock: { nowMillis: () => NOW_MILLIS + 60_000, sleepUntil: async () => undefined },
			envelope: { ...ENVELOPE, staleAfterSeconds: 3_600 },
			onError: (error) => {
				throw error;
			},
		});
	}

	it("default: another node knows a scan in less than a second; a node that starts later knows it at once", async () => {
		const [one, other] = [await node(), await node()];
		const startedAt = performance.now();
		const heard = new Promise<number>((resolve) => other.subscribe(() => resolve(performance.now() - startedAt)));
		expect(await one.submit(KEY.sign(testScan()))).to.deep.equal({ status: "accepted" });
		expect(await heard).to.be.lessThan(1_000);
		expect(other.current()).to.deep.equal(one.current());
		expect((await node()).current()).to.deep.equal(one.current());
	});

	it("invariant: of two scans taken by two nodes at once the store keeps the newer; it never goes back", async () => {
		const [one, other] = [await node(), await node()];
		const scan = (sequence: number) => KEY.sign(testScan({ sequence, measuredAtMillis: NOW_MILLIS + sequence * 100 }));
		const outcomes = await Promise.all([one.submit(scan(20)), other.submit(scan(19)), one.submit(scan(18))]);
		expect(outcomes.some(({ status }) => status === "accepted")).to.equal(true);
		const late = await other.submit(scan(17));
		expect(late).to.deep.include({ status: "refused", code: "TELEMETRY_CLOCK_BACKWARDS" });
		const stored = await stores[0]!.latest();
		expect(stored.map(({ sequence }) => sequence)).to.deep.equal([20]);
		const { rows } = await database.pool.query("SELECT count(*)::int AS count FROM telemetry_scans");
		const accepted = outcomes.filter(({ status }) => status === "accepted").length;
		expect(rows[0].count).to.equal(accepted + 1);
	});
});
