import { expect } from "chai";
import { decodeRecord } from "../../../offchain/domain/settlement/decodeRecord.ts";
import type { SignedReadings } from "../../../offchain/domain/settlement/meterReadings.ts";
import { readingsHash } from "../../../offchain/domain/settlement/meterReadings.ts";
import { SETTLEMENT_CODES } from "../../../offchain/domain/settlement/settlementCode.ts";
import { energyWh } from "../../../offchain/domain/units/units.ts";
import { windowEnd } from "../../../offchain/domain/units/window.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { ATTESTERS, OPERATOR } from "../fixtures/Venue.ts";
import { signFull, wallet } from "../fixtures/wallet.ts";

/** Attesters and what they sign. */
describe("C4 settleChunk: readings", () => {
	const venue = useVenue(async (made) => {
		const people = await pair(made);
		const { seller, buyer, windowId } = people;
		const sell = made.order(seller, { side: "sell", windowId });
		const buy = made.order(buyer, { side: "buy", windowId });
		const plan = made.plan(windowId, [sell, buy], [made.trade(sell, buy, { lossWh: energyWh(0) })]);
		await made.commit(plan);
		return { ...people, committed: plan };
	});

	async function settle(batches: SignedReadings[], from = OPERATOR) {
		const { windowId, committed: plan } = venue();
		const [chunk] = plan.chunks;
		if (chunk === undefined) throw new Error("no chunk");
		const receipt = await venue().settleChunk(windowId, chunk, batches, from);
		const [trade] = decodeRecord(venue().recordOf(receipt));
		return trade;
	}

	function read(exportedWh: number, meterId = venue().seller.meterId) {
		return [{ meterId, exportedWh }];
	}

	it("takes the reading out of a longer array", async () => {
		const { windowId } = venue();
		const longer = [...read(7, 900), ...read(400), ...read(9, 901)];
		expect(await settle([venue().signReadings(windowId, "PEA", longer)])).to.include({ deliveredWh: 400 });
	});

	it("takes a compact signature as well", async () => {
		const batch = venue().signReadings(venue().windowId, "PEA", read(400));
		const s = BigInt(`0x${batch.signature.slice(66, 130)}`);
		const v = BigInt(`0x${batch.signature.slice(130)}`) - 27n;
		const compact = `${batch.signature.slice(0, 66)}${(s | (v << 255n)).toString(16).padStart(64, "0")}` as const;
		expect(await settle([{ ...batch, signature: compact as `0x${string}` }])).to.include({ deliveredWh: 400 });
	});

	it("error: signed by no attester", async () => {
		const batch = venue().signReadings(venue().windowId, "PEA", read(400), wallet("forger"));
		await expectRevert(settle([batch]), "ReadingsNotAttested");
	});

	it("error: one licensee's attester in the name of another", async () => {
		const batch = venue().signReadings(venue().windowId, "PEA", read(400), ATTESTERS.MEA);
		await expectRevert(settle([batch]), "ReadingsNotAttested");
	});

	it("error: an attester reads no meters of another licensee", async () => {
		const batch = venue().signReadings(venue().windowId, "MEA", read(400));
		await expectRevert(settle([batch]), "ReadingMissing");
	});

	it("error: a dismissed attester", async () => {
		const { calls } = venue();
		await venue().bySafe("PEA", calls.setAttester("PEA", ATTESTERS.PEA.address, false));
		await expectRevert(settle([venue().signReadings(venue().windowId, "PEA", read(400))]), "ReadingsNotAttested");
	});

	it("error: the readings of another window", async () => {
		const batch = venue().signReadings(venue().windowId - 1, "PEA", read(400));
		await expectRevert(settle([batch]), "ReadingsNotAttested");
	});

	it("error: readings for another chain or another contract", async () => {
		const { windowId, domain, deployment } = venue();
		const { readings } = venue().signReadings(windowId, "PEA", read(400));
		for (const other of [
			{ ...domain, chainId: 1 },
			{ ...domain, verifyingContract: deployment.addresses.CollateralVault },
		]) {
			const snapshot = await venue().snapshot();
			const signature = signFull(ATTESTERS.PEA, readingsHash(other, windowId, "PEA", readings));
			await expectRevert(settle([{ licensee: "PEA", readings, signature }]), "ReadingsNotAttested");
			await venue().restore(snapshot);
		}
	});

	it("error: readings altered after signing", async () => {
		const batch = venue().signReadings(venue().windowId, "PEA", read(400));
		const readings = batch.readings.replace(/190$/, "191") as `0x${string}`;
		expect(readings).not.to.equal(batch.readings);
		await expectRevert(settle([{ ...batch, readings }]), "ReadingsNotAttested");
	});

	it("error: two readings for one meter in two arrays", async () => {
		const { windowId, seller } = venue();
		const batches = [400, 500].map((wh) => venue().signReadings(windowId, "PEA", read(wh)));
		await expectRevert(settle(batches), "ReadingDuplicated", seller.meterId);
	});

	it("error: two readings for one meter in one array", async () => {
		const { windowId, seller } = venue();
		const id = seller.meterId.toString(16).padStart(8, "0");
		const packed = `0x${id}00000190${id}000001f4` as const;
		const digest = readingsHash(venue().domain, windowId, "PEA", packed);
		const batch = { licensee: "PEA", readings: packed, signature: signFull(ATTESTERS.PEA, digest) } as const;
		await expectRevert(settle([batch]), "ReadingsMalformed", 0);
	});

	it("error: an array that is no whole number of readings", async () => {
		const { windowId } = venue();
		const packed = "0x00000001000001";
		const digest = readingsHash(venue().domain, windowId, "PEA", packed);
		const batch = { licensee: "PEA", readings: packed, signature: signFull(ATTESTERS.PEA, digest) } as const;
		await expectRevert(settle([batch]), "ReadingsMalformed", 0);
	});

	it("error: the operator may not leave a reading out", async () => {
		const { windowId, seller } = venue();
		await expectRevert(settle([]), "ReadingMissing", seller.meterId, windowEnd(windowId) + 6 * 3600);
	});

	it("behavior: after the grace period a missing reading skips the trade and fines nobody", async () => {
		const { windowId, seller } = venue();
		await venue().warpTo(windowEnd(windowId) + 6 * 3600);
		expect(await settle([])).to.include({ code: SETTLEMENT_CODES.READING_MISSING, shortWh: 0 });
		expect(await venue().balanceMsat(seller.address)).to.equal(1_000_000_000);
	});

	it("behavior: an attester cannot make a meter produce more than it can", async () => {
		const small = await venue().trader("small", { zoneId: 2, maxWindowWh: 100 });
		const windowId = await venue().nextWindow();
		const sell = venue().order(small, { side: "sell", windowId });
		const buy = venue().order(venue().buyer, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy, { lossWh: energyWh(0) })]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [{ meterId: small.meterId, exportedWh: 4_000_000, zoneId: 2 }]);
		expect(trades[0]).to.include({ deliveredWh: 100, shortWh: 900 });
	});

	it("behavior: up to there every Wh counts", async () => {
		// Below the bound the first slot knows (112 of 119), above it, at the end and beyond.
		const small = await venue().trader("small", { zoneId: 2, maxWindowWh: 119 });
		for (const [exportedWh, deliveredWh] of [
			[111, 111],
			[113, 113],
			[119, 119],
			[120, 119],
		]) {
			const windowId = await venue().nextWindow();
			const sell = venue().order(small, { side: "sell", windowId });
			const buy = venue().order(venue().buyer, { side: "buy", windowId });
			const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy, { lossWh: energyWh(0) })]);
			await venue().commit(plan);
			const reading = { meterId: small.meterId, exportedWh: exportedWh as number, zoneId: 2 };
			const { trades } = await venue().settlePlan(plan, [reading]);
			expect(trades[0]).to.include({ deliveredWh });
		}
	});
});
