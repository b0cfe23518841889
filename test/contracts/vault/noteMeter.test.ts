import { expect } from "chai";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const NO_END = 2 ** 24 - 1;

describe("C1 L1 CollateralVault noteMeter: only the registry; one main meter at a time", () => {
	const venue = useVenue(async () => ({}));

	const register = (meterId: number) => venue().registerMeter(ALICE, meterId, { zoneId: 2, source: "rooftopSolar" });
	async function mainMeter(): Promise<number> {
		const [word] = await venue().read("CollateralVault", "tradingWords", [ALICE.address]);
		return Number((word >> 120n) & 0xffff_ffffn);
	}

	it("default: the first meter is the main one and stays it", async () => {
		await register(41);
		await register(42);
		expect(await mainMeter()).to.equal(41);
	});

	it("behavior: once it is deactivated the next one registered takes its place", async () => {
		await register(41);
		const receipt = await venue().send(venue().calls.deactivateMeter(41), REGISTRARS.PEA);
		const [noted] = eventsOf(receipt, "CollateralVault");
		expect(noted?.name).to.equal("MainMeterNoted");
		expect(noted?.args)
			.to.include({ account: ALICE.address, meterId: 41 })
			.and.not.include({ activeUntilWindow: NO_END });
		await register(42);
		expect(await mainMeter()).to.equal(42);
	});

	it("behavior: deactivating another meter leaves the main one", async () => {
		await register(41);
		await register(42);
		const receipt = await venue().send(venue().calls.deactivateMeter(42), REGISTRARS.PEA);
		expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([]);
		expect(await mainMeter()).to.equal(41);
	});

	it("error: anybody else", async () => {
		const note = call(venue(), "CollateralVault", "noteMeter", [ALICE.address, 7, 1n << 160n]);
		for (const from of [OPERATOR, DEPLOYER, REGISTRARS.ERC, ALICE]) {
			await expectRevert(venue().send(note, from), "OnlyRegistry", from.address);
		}
		const settlement = venue().deployment.addresses.WindowSettlement;
		await expectRevert(venue().sendAs(settlement, note), "OnlyRegistry", settlement);
	});
});
