import { expect } from "chai";
import { SETTLEMENT_CODES } from "../../../offchain/domain/settlement/settlementCode.ts";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { ATTESTERS, DEPLOYER, EPOCH_SECONDS, OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const DEVICE = wallet("device");
const WINDOW = windowAt(EPOCH_SECONDS);
const ZERO = `0x${"00".repeat(20)}` as const;

describe("C4 MeterRegistry setAttester", () => {
	const venue = useVenue(async () => ({}));
	const licenseeOf = (attester: string) => venue().read("MeterRegistry", "attesterLicensee", [attester]);
	const asSafe = (
		name: "EGAT" | "MEA" | "PEA" | "ERC" | "COUNCIL",
		licensee: number,
		attester: string,
		allowed = true,
	) =>
		venue().sendAs(
			venue().deployment.safes[name],
			call(venue(), "MeterRegistry", "setAttester", [licensee, attester, allowed]),
		);

	it("default: the licensee's Safe names and dismisses its attesters", async () => {
		const receipt = await venue().bySafe("PEA", venue().calls.setAttester("PEA", DEVICE.address, true));
		expect(await licenseeOf(DEVICE.address)).to.equal(3);
		expect(eventsOf(receipt, "MeterRegistry")).to.deep.equal([
			{ name: "AttesterSet", args: { licensee: 3, attester: DEVICE.address, allowed: true } },
		]);
		await asSafe("PEA", 3, DEVICE.address, false);
		expect(await licenseeOf(DEVICE.address)).to.equal(0);
	});

	it("error: for another licensee", async () => {
		for (const [name, licensee] of [
			["EGAT", 2],
			["MEA", 3],
			["PEA", 1],
			["ERC", 3],
			["COUNCIL", 3],
		] as const) {
			const safe = venue().deployment.safes[name];
			await expectRevert(asSafe(name, licensee, DEVICE.address), "NotLicenseeAuthority", safe, licensee);
		}
	});

	it("error: by a registrar, an attester, the operator or the deployer", async () => {
		const attempt = venue().calls.setAttester("PEA", DEVICE.address, true);
		for (const from of [REGISTRARS.PEA, ATTESTERS.PEA, OPERATOR, DEPLOYER]) {
			await expectRevert(venue().send(attempt, from), "NotLicenseeAuthority", from.address, 3);
		}
	});

	it("error: for an authority that meters nothing, even by its own Safe", async () => {
		await expectRevert(asSafe("ERC", 4, DEVICE.address), "InvalidLicensee", 4);
		await expectRevert(asSafe("COUNCIL", 5, DEVICE.address), "InvalidLicensee", 5);
		await expectRevert(asSafe("PEA", 0, DEVICE.address), "InvalidLicensee", 0);
	});

	it("error: another licensee's attester can be neither taken over nor dismissed", async () => {
		await expectRevert(asSafe("PEA", 3, ATTESTERS.MEA.address), "InvalidAccount");
		await expectRevert(asSafe("PEA", 3, ATTESTERS.MEA.address, false), "InvalidAccount");
		expect(await licenseeOf(ATTESTERS.MEA.address)).to.equal(2);
	});

	it("error: nobody: a signature that recovers to zero must never count", async () => {
		await expectRevert(asSafe("PEA", 3, ZERO), "InvalidAccount");
	});
});

describe("O4 MeterRegistry setDelegate", () => {
	const venue = useVenue(pair);
	const set = (untilWindow: number, from = ALICE) =>
		venue().send(venue().calls.setDelegate(DEVICE.address, untilWindow), from);
	const signsUntil = async (account = ALICE.address) => {
		const windows = Array.from({ length: 12 }, (_, ahead) => WINDOW + ahead);
		const may = await Promise.all(
			windows.map((windowId) => venue().read("MeterRegistry", "isDelegate", [account, DEVICE.address, windowId])),
		);
		return WINDOW + may.lastIndexOf(true) + 1;
	};

	it("default: a device signs for windows below the end", async () => {
		const receipt = await set(WINDOW + 5);
		expect(await signsUntil()).to.equal(WINDOW + 5);
		expect(await venue().read("MeterRegistry", "isDelegate", [ALICE.address, DEVICE.address, 0])).to.equal(true);
		expect(eventsOf(receipt, "MeterRegistry")).to.deep.equal([
			{ name: "DelegateSet", args: { account: ALICE.address, device: DEVICE.address, untilWindow: WINDOW + 5 } },
		]);
	});

	it("behavior: ended, it still signed for windows that may be committed", async () => {
		await set(WINDOW + 9);
		await set(0);
		expect(await signsUntil()).to.equal(WINDOW + 2);
	});

	it("behavior: ending what never was or is over does not begin it", async () => {
		await set(0);
		expect(await signsUntil()).to.equal(WINDOW);
		await set(WINDOW + 2);
		await venue().warpTo(EPOCH_SECONDS + 5 * 900);
		await set(0);
		expect(await signsUntil()).to.equal(WINDOW + 2);
	});

	it("error: nobody as a device", async () => {
		await expectRevert(venue().send(venue().calls.setDelegate(ZERO, WINDOW + 5), ALICE), "InvalidAccount");
	});

	it("behavior: in settlement: its orders count while it may sign, for its account only", async () => {
		const { seller, buyer, windowId } = venue();
		await venue().send(venue().calls.setDelegate(DEVICE.address, windowId + 1), seller);
		const codes: (number | undefined)[] = [];
		for (const [at, by] of [
			[windowId, seller],
			[windowId, buyer],
			[windowId + 1, seller],
		] as const) {
			const snapshot = await venue().snapshot();
			const sell = venue().order(seller, { side: "sell", windowId: at }, by === seller ? DEVICE : seller);
			const buy = venue().order(buyer, { side: "buy", windowId: at }, by === buyer ? DEVICE : buyer);
			const plan = venue().plan(at, [sell, buy], [venue().trade(sell, buy)]);
			await venue().commit(plan);
			const { trades } = await venue().settlePlan(plan, [{ meterId: seller.meterId, exportedWh: 5000, zoneId: 2 }]);
			codes.push(trades[0]?.code);
			await venue().restore(snapshot);
		}
		const { SETTLED, SIGNATURE_INVALID } = SETTLEMENT_CODES;
		expect(codes).to.deep.equal([SETTLED, SIGNATURE_INVALID, SIGNATURE_INVALID]);
	});
});
