import { expect } from "chai";
import { GridTelemetryService } from "../../../../offchain/application/services/GridTelemetryService.ts";
import { TelemetrySigner } from "../../../../offchain/client/TelemetrySigner.ts";
import type { TelemetryScan } from "../../../../offchain/domain/grid/telemetry/TelemetryScan.ts";
import { Ed25519TelemetrySources } from "../../../../offchain/infrastructure/telemetry/Ed25519TelemetrySources.ts";
import { ENVELOPE, NOW_MILLIS, testScan, testZone } from "../../domain/grid/telemetry/testScan.ts";
import { postJson, TestVenue } from "../http/TestVenue.ts";

const KEY = new TelemetrySigner(`0x${"31".repeat(32)}`);
const STRANGER = new TelemetrySigner(`0x${"32".repeat(32)}`);

/** A store of one process; PostgreSQL's is tested in test/integration. */
function memoryStore() {
	const bySource = new Map<string, TelemetryScan>();
	return {
		append: async (scan: TelemetryScan) => {
			const known = bySource.get(scan.sourceId);
			if (known !== undefined && known.measuredAtMillis >= scan.measuredAtMillis) return "superseded" as const;
			bySource.set(scan.sourceId, scan);
			return "stored" as const;
		},
		latest: async () => [...bySource.values()],
		subscribe: () => () => undefined,
	};
}

describe("G6 telemetry over HTTP", () => {
	let nowMillis = NOW_MILLIS;
	let service: GridTelemetryService;
	let venue: TestVenue;

	beforeEach(async () => {
		nowMillis = NOW_MILLIS;
		service = await GridTelemetryService.start({
			sources: new Ed25519TelemetrySources({ EGAT: KEY.publicKey }),
			store: memoryStore(),
			clock: { nowMillis: () => nowMillis, sleepUntil: async () => undefined },
			envelope: ENVELOPE,
			onError: (error) => {
				throw error;
			},
		});
		venue = await new TestVenue({ telemetry: service }).start();
	});

	afterEach(() => venue.stop());

	it("default: a signed scan becomes the grid's conditions; the same again is known", async () => {
		const client = venue.client();
		const heard: number[] = [];
		service.subscribe(({ sequence }) => heard.push(sequence));
		expect(await client.submitTelemetry(KEY.sign(testScan()))).to.deep.equal({ status: "accepted" });
		expect(await client.submitTelemetry(KEY.sign(testScan()))).to.deep.equal({ status: "known" });
		expect(heard).to.deep.equal([7]);
		const conditions = await client.gridConditions();
		expect(conditions).to.deep.include({ isFresh: true, frequencyMillihertz: 50_010 });
		expect(conditions.congestionPoints[0]?.name).to.equal("A–B");
	});

	it("behavior: X6 a control room that falls silent turns stale instead of lying", async () => {
		const client = venue.client();
		await client.submitTelemetry(KEY.sign(testScan()));
		nowMillis += 61_000;
		expect(await client.gridConditions()).to.deep.include({ isFresh: false, ageSeconds: 61 });
	});

	it("behavior: a follower of the stream sees a scan within a second, and that a source has fallen silent", async () => {
		const stream = venue.client().stream();
		const seen: (number | null)[] = [];
		const freshness: (boolean | null)[] = [];
		const until = async (count: number) => {
			const startedAt = performance.now();
			while (seen.length < count && performance.now() - startedAt < 3_000) {
				await new Promise((resolve) => setTimeout(resolve, 10));
			}
			return performance.now() - startedAt;
		};
		stream.onGrid((state) => {
			seen.push(state?.frequencyMillihertz ?? null);
			freshness.push(state?.isFresh ?? null);
		});
		try {
			await until(1);
			await venue.client().submitTelemetry(KEY.sign(testScan()));
			expect(await until(2)).to.be.lessThan(1_000);
			nowMillis += 61_000;
			await until(3);
			expect(seen).to.deep.equal([null, 50_010, 50_010]);
			expect(freshness).to.deep.equal([null, true, false]);
		} finally {
			stream.close();
		}
	});

	it("error: before the first report there are no conditions", async () => {
		const answer = await fetch(`${venue.url}/v1/grid/conditions`);
		expect([answer.status, ((await answer.json()) as { code: string }).code]).to.deep.equal([503, "UNAVAILABLE"]);
	});

	it("error: unknown source, another's key, a changed value", async () => {
		const client = venue.client();
		const code = async (telemetry: Parameters<typeof client.submitTelemetry>[0]) =>
			((await client.submitTelemetry(telemetry)) as { code?: string }).code;
		expect(await code(KEY.sign(testScan({ sourceId: "MEA" })))).to.equal("TELEMETRY_SOURCE_UNKNOWN");
		expect(await code(STRANGER.sign(testScan()))).to.equal("TELEMETRY_SIGNATURE_INVALID");
		const changed = { ...KEY.sign(testScan()), scan: testScan({ frequencyMillihertz: 49_000 }) };
		expect(await code(changed)).to.equal("TELEMETRY_SIGNATURE_INVALID");
		expect(service.current()).to.equal(null);
	});

	it("error: NaN, a clock going backwards and ten times the plausible are named and leave no trace", async () => {
		const client = venue.client();
		await client.submitTelemetry(KEY.sign(testScan()));
		const before = service.current();
		const text = JSON.stringify(KEY.sign(testScan({ sequence: 8, measuredAtMillis: NOW_MILLIS + 1 })));
		const nan = await postJson(`${venue.url}/v1/telemetry`, text.replace("50010", "NaN"));
		expect([nan.status, nan.body.code]).to.deep.equal([400, "MALFORMED_JSON"]);
		const absent = await postJson(`${venue.url}/v1/telemetry`, text.replace("50010", "null"));
		expect([absent.status, absent.body.code]).to.deep.equal([400, "MALFORMED"]);
		expect(absent.body.detail).to.match(/frequencyMillihertz/);
		const backwards = KEY.sign(testScan({ sequence: 8, measuredAtMillis: NOW_MILLIS - 1 }));
		const refused = await postJson(`${venue.url}/v1/telemetry`, backwards);
		expect([refused.status, refused.body.code]).to.deep.equal([409, "TELEMETRY_CLOCK_BACKWARDS"]);
		const huge = testScan({
			sequence: 8,
			measuredAtMillis: NOW_MILLIS + 1,
			zones: [testZone({ demandMw: 20_000 })],
		});
		const absurd = await postJson(`${venue.url}/v1/telemetry`, KEY.sign(huge));
		expect([absurd.status, absurd.body.code]).to.deep.equal([422, "TELEMETRY_IMPLAUSIBLE"]);
		expect(absurd.body.detail).to.match(/demandMw of zone 1 is 20000/);
		expect(service.current()).to.deep.equal(before);
	});
});
