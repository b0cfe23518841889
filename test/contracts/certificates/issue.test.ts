import { expect } from "chai";
import type { Address, Hex } from "../../../offchain/domain/units/Address.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { randomNumbers } from "../fixtures/randomNumbers.ts";
import { type Sale, settledSale, settleSales } from "../fixtures/settledWindow.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import type { Venue } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const STRANGER = wallet("stranger");

async function balance(venue: Venue, account: Address, id: bigint): Promise<number> {
	return Number(await venue.read("CertificateRegistry", "balanceOf", [account, id]));
}

describe("R1 R2 CertificateRegistry issue", () => {
	const venue = useVenue(async (made) => settledSale(made));
	const issue = (record: Hex, maxTrades?: number, from = STRANGER, chunkIndex = 0) =>
		venue().send(venue().calls.issueCertificates(venue().windowId, chunkIndex, record, maxTrades), from);

	it("default: anybody issues to the buyer what was delivered", async () => {
		const { buyer, seller, record, id, windowId } = venue();
		const receipt = await issue(record);
		expect(await balance(venue(), buyer.address, id)).to.equal(1000);
		expect(await balance(venue(), seller.address, id)).to.equal(0);
		expect(eventsOf(receipt, "CertificateRegistry")).to.deep.equal([
			{
				name: "TransferSingle",
				args: { operator: STRANGER.address, from: zero, to: buyer.address, id, value: 1000n },
			},
			{ name: "CertificatesIssued", args: { windowId, chunkIndex: 0, fromTrade: 0, toTrade: 1 } },
		]);
	});

	it("behavior: the id tells window, device, zone, source, authority and factor version", async () => {
		const { id, windowId, seller } = venue();
		const solar = 1n;
		const pea = 3n;
		expect(id).to.equal(
			BigInt(windowId) | (BigInt(seller.meterId) << 32n) | (2n << 64n) | (solar << 72n) | (pea << 80n) | (0n << 88n),
		);
	});

	it("behavior: idempotent: once more changes nothing", async () => {
		const { buyer, record, id } = venue();
		await issue(record);
		const receipt = await issue(record);
		expect(eventsOf(receipt, "CertificateRegistry")).to.deep.equal([]);
		expect(await balance(venue(), buyer.address, id)).to.equal(1000);
	});

	it("behavior: nothing at all with maxTrades 0", async () => {
		const receipt = await issue(venue().record, 0);
		expect(eventsOf(receipt, "CertificateRegistry")).to.deep.equal([]);
		expect(await balance(venue(), venue().buyer.address, venue().id)).to.equal(0);
	});

	it("error: a record that was not settled", async () => {
		const { record, windowId } = venue();
		const more = record.replace("000003e8", "000003e9") as Hex;
		expect(more).to.not.equal(record);
		await expectRevert(issue(more), "RecordMismatch", windowId, 0);
		await expectRevert(issue("0x"), "RecordMismatch", windowId, 0);
		await expectRevert(issue(`${record}${record.slice(2)}`), "RecordMismatch", windowId, 0);
	});

	it("error: a window or chunk that is not settled, even with the hash of nothing", async () => {
		const { record, windowId } = venue();
		await expectRevert(issue(record, 400, STRANGER, 1), "RecordMismatch", windowId, 1);
		await expectRevert(
			venue().send(venue().calls.issueCertificates(windowId + 1, 0, "0x"), STRANGER),
			"RecordMismatch",
			windowId + 1,
			0,
		);
	});
});

describe("R1 R2 CertificateRegistry issue: which energy, and how much", () => {
	const venue = useVenue(async (made) => {
		const solar = await made.trader("solar", { zoneId: 2, source: "rooftopSolar" });
		const gas = await made.trader("gas", { zoneId: 3, source: "gas" });
		const battery = await made.trader("battery", { zoneId: 4, source: "battery" });
		const wind = await made.trader("wind", { zoneId: 5, source: "wind" });
		const buyers = [
			await made.trader("buyer one", { zoneId: 1, source: "none" }),
			await made.trader("buyer two", { zoneId: 1, source: "none" }),
		] as const;
		return { solar, gas, battery, wind, buyers, windowId: await made.nextWindow() };
	});
	const idOf = async (meterId: number) =>
		BigInt(await venue().read("CertificateRegistry", "certificateId", [meterId, venue().windowId]));

	it("behavior: renewable energy only", async () => {
		const { solar, gas, battery, wind, buyers, windowId } = venue();
		const sales = [solar, gas, battery, wind].map((seller) => ({ seller, buyer: buyers[0], energyWh: 100 }));
		const { records } = await settleSales(venue(), windowId, sales);
		const receipt = await venue().send(venue().calls.issueCertificates(windowId, 0, records[0] as Hex), STRANGER);
		const issued = eventsOf(receipt, "CertificateRegistry").filter(({ name }) => name === "TransferSingle");
		expect(issued.map(({ args }) => (args as { id: bigint }).id)).to.have.members([
			await idOf(solar.meterId),
			await idOf(wind.meterId),
		]);
		expect([await idOf(gas.meterId), await idOf(battery.meterId), await idOf(9999)]).to.deep.equal([0n, 0n, 0n]);
	});

	it("behavior: in steps, each trade once", async () => {
		const { solar, buyers, windowId } = venue();
		const sales: Sale[] = [10, 20, 30].map((energyWh, i) => ({
			seller: solar,
			buyer: buyers[i % 2] as Sale["buyer"],
			energyWh,
		}));
		const { records } = await settleSales(venue(), windowId, sales);
		const id = await idOf(solar.meterId);
		const seen: number[][] = [];
		for (let step = 0; step < 4; step += 1) {
			await venue().send(venue().calls.issueCertificates(windowId, 0, records[0] as Hex, 1), STRANGER);
			seen.push([await balance(venue(), buyers[0].address, id), await balance(venue(), buyers[1].address, id)]);
		}
		expect(seen.at(-1)).to.deep.equal([40, 20]);
		expect(seen.at(-2)).to.deep.equal([40, 20]);
		expect(await venue().read("CertificateRegistry", "issuedTrades", [windowId, 0])).to.equal(3);
	});

	it("behavior: chunks are issued on their own, in any order", async () => {
		const { solar, wind, buyers, windowId } = venue();
		const sales = [solar, wind].map((seller) => ({ seller, buyer: buyers[0], energyWh: 100 }));
		const { records } = await settleSales(venue(), windowId, sales, new Map(), 1);
		expect(records.length).to.equal(2);
		for (const chunkIndex of [1, 0]) {
			await venue().send(venue().calls.issueCertificates(windowId, chunkIndex, records[chunkIndex] as Hex), STRANGER);
		}
		expect(await balance(venue(), buyers[0].address, await idOf(solar.meterId))).to.equal(100);
		expect(await balance(venue(), buyers[0].address, await idOf(wind.meterId))).to.equal(100);
	});

	it("behavior: a device that delivered nothing has no certificates", async () => {
		const { solar, buyers, windowId } = venue();
		const sales = [{ seller: solar, buyer: buyers[0], energyWh: 100 }];
		const { records } = await settleSales(venue(), windowId, sales, new Map([[solar.meterId, 0]]));
		await venue().send(venue().calls.issueCertificates(windowId, 0, records[0] as Hex), STRANGER);
		expect(await balance(venue(), buyers[0].address, await idOf(solar.meterId))).to.equal(0);
	});

	it("invariant: Σ issued = Σ delivered ≤ metered, pro rata; the dust below one Wh a trade is issued to nobody", async () => {
		const seed = Number(process.env.TEST_SEED ?? 20_270_301);
		const random = randomNumbers(seed);
		for (let round = 0; round < 12; round += 1) {
			const snapshot = await venue().snapshot();
			const { solar, buyers, windowId } = venue();
			const sales: Sale[] = Array.from({ length: 1 + random(6) }, () => {
				const energyWh = 1 + random(999);
				return {
					seller: solar,
					buyer: buyers[random(2)] as Sale["buyer"],
					energyWh,
					lossWh: random(1 + energyWh / 10),
				};
			});
			const owedWh = sales.reduce((sum, { energyWh, lossWh = 0 }) => sum + energyWh + lossWh, 0);
			const meteredWh = random(owedWh + 50);
			const settled = await settleSales(venue(), windowId, sales, new Map([[solar.meterId, meteredWh]]));
			await venue().send(venue().calls.issueCertificates(windowId, 0, settled.records[0] as Hex), STRANGER);
			const id = await idOf(solar.meterId);
			const issuedWh =
				(await balance(venue(), buyers[0].address, id)) + (await balance(venue(), buyers[1].address, id));
			const deliveredWh = settled.trades.reduce((sum, trade) => sum + trade.deliveredWh, 0);
			const lossShareWh = settled.trades.reduce((sum, trade) => sum + trade.injectedWh - trade.deliveredWh, 0);
			const told = `seed ${seed} round ${round}: issued ${issuedWh}, metered ${meteredWh}, owed ${owedWh}`;
			expect(issuedWh, told).to.equal(deliveredWh);
			expect(issuedWh + lossShareWh, told).to.be.at.most(meteredWh);
			expect(Math.min(meteredWh, owedWh) - issuedWh - lossShareWh, told).to.be.within(0, sales.length);
			await venue().restore(snapshot);
		}
	});
});

const zero = `0x${"00".repeat(20)}`;
