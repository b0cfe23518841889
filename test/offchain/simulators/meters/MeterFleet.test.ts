import { expect } from "chai";
import { compactSignatureToSignature, parseCompactSignature, recoverTypedDataAddress, serializeSignature } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import type { AttestedReadings } from "../../../../offchain/application/ports/MeterReading.ts";
import { packReadings, readingsTypedData } from "../../../../offchain/domain/settlement/meterReadings.ts";
import { windowEnd } from "../../../../offchain/domain/units/window.ts";
import { MeterFleet, type ReadingAnswer } from "../../../../offchain/simulators/meters/MeterFleet.ts";
import { TEST_DOMAIN, testScenario, windowOf } from "../testScenario.ts";
import { VirtualClock } from "../VirtualClock.ts";

const FIRST = windowOf("2026-11-24T10:00");
const KEYS = { MEA: `0x${"11".repeat(32)}`, PEA: `0x${"22".repeat(32)}` } as const;

function fleet(post: (batch: AttestedReadings) => ReadingAnswer, clock = new VirtualClock(FIRST * 900_000)) {
	return new MeterFleet({
		clock,
		entry: { post: async (batch) => post(batch) },
		domain: TEST_DOMAIN,
		population: testScenario().population,
		model: testScenario().model,
		attesterKeys: KEYS,
		firstWindow: FIRST,
		lastWindow: FIRST + 3,
	});
}

const accepted: ReadingAnswer = { status: "accepted", detail: "" };

describe("C4 metered energy of the simulated fleet", () => {
	it("default: every generating meter is read once, by its own licensee, in ascending order", async () => {
		const batches = await fleet(() => accepted).attest(FIRST);
		expect(batches.map(({ licensee }) => licensee).sort()).to.deep.equal(["MEA", "PEA"]);
		const read = batches.flatMap(({ readings }) => readings.map(({ meterId }) => meterId));
		const generating = testScenario().registration.meters.filter(({ source }) => source !== "none");
		expect(read.length).to.equal(generating.length);
		expect(new Set(read).size).to.equal(read.length);
		for (const { readings } of batches) expect(() => packReadings(readings)).not.to.throw();
	});

	it("invariant: readings are whole Wh between zero and the nameplate", async () => {
		const nameplate = new Map(testScenario().registration.meters.map((meter) => [meter.meterId, meter.maxWindowWh]));
		for (let windowId = FIRST; windowId < FIRST + 96; windowId += 5) {
			for (const { readings } of await fleet(() => accepted).attest(windowId)) {
				for (const { meterId, exportedWh } of readings) {
					expect(Number.isInteger(exportedWh)).to.equal(true);
					expect(exportedWh).to.be.within(0, nameplate.get(meterId) ?? -1);
				}
			}
		}
	});

	it("invariant: the same window gives the same batches and signatures for ever", async () => {
		const once = await fleet(() => accepted).attest(FIRST);
		expect(await fleet(() => accepted).attest(FIRST)).to.deep.equal(once);
		const next = await fleet(() => accepted).attest(FIRST + 1);
		expect(next[0]?.readings).not.to.deep.equal(once[0]?.readings);
	});

	it("default: the signature is the attester's", async () => {
		for (const batch of await fleet(() => accepted).attest(FIRST)) {
			const signer = await recoverTypedDataAddress({
				...readingsTypedData(TEST_DOMAIN, batch.windowId, batch.licensee, batch.readings),
				signature: serializeSignature(compactSignatureToSignature(parseCompactSignature(batch.signature))),
			});
			expect(signer).to.equal(privateKeyToAddress(KEYS[batch.licensee as "MEA" | "PEA"]));
		}
	});

	it("behavior: most meters deliver what is offered, a few fall short, a few deliver nothing", () => {
		const { population, model } = testScenario();
		let kept = 0;
		let short = 0;
		let nothing = 0;
		for (let windowId = FIRST; windowId < FIRST + 24; windowId += 1) {
			for (const { kind, meters } of population) {
				for (const meter of meters.filter(({ source }) => source !== "none")) {
					const offeredWh = Math.floor(model.forecastExportWh(kind, meter, windowId) * 0.88);
					if (offeredWh < 100) continue;
					const actualWh = model.actualExportWh(kind, meter, windowId);
					if (actualWh === 0) nothing += 1;
					else if (actualWh < offeredWh) short += 1;
					else kept += 1;
				}
			}
		}
		const all = kept + short + nothing;
		expect(kept / all).to.be.greaterThan(0.92);
		expect(short).to.be.greaterThan(0);
		expect(nothing).to.be.greaterThan(0);
	});

	it("behavior: hands in after delivery, again while unanswered, and past windows after a restart", async () => {
		const posted: string[] = [];
		let failures = 3;
		const clock = new VirtualClock((FIRST + 2) * 900_000);
		const metering = fleet((batch) => {
			expect(clock.nowMillis()).to.be.greaterThan(windowEnd(batch.windowId) * 1000);
			if (failures > 0) {
				failures -= 1;
				return { status: "unavailable", detail: "down" };
			}
			posted.push(`${batch.windowId - FIRST} ${batch.licensee}`);
			return accepted;
		}, clock);
		await metering.run(new AbortController().signal);
		expect(posted.sort()).to.deep.equal(["0 MEA", "0 PEA", "1 MEA", "1 PEA", "2 MEA", "2 PEA", "3 MEA", "3 PEA"]);
	});

	it("error: refused readings stop the fleet", async () => {
		const metering = fleet(() => ({ status: "rejected", detail: "contradicts" }));
		const error = await metering.run(new AbortController().signal).catch((reason: unknown) => reason);
		expect(String(error)).to.contain("contradicts");
	});
});
