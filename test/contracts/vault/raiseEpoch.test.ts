import { expect } from "chai";
import { SETTLEMENT_CODES } from "../../../offchain/domain/settlement/settlementCode.ts";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { EPOCH_SECONDS } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);

describe("O7 C3 CollateralVault raiseEpoch: cancel all, on chain", () => {
	const venue = useVenue(async (made) => ({ ...(await pair(made)), windowId: WINDOW + 2 }));
	const epochAt = (windowId: number) =>
		venue().read("CollateralVault", "epochAt", [venue().seller.address, windowId]) as Promise<number>;
	const raise = () => venue().send(venue().calls.raiseEpoch(), venue().seller);

	it("default: counts for windows that cannot be committed yet, and not for earlier ones", async () => {
		const receipt = await raise();
		expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
			{ name: "EpochRaised", args: { account: venue().seller.address, epoch: 1, effectiveWindow: WINDOW + 2 } },
		]);
		expect([await epochAt(WINDOW + 1), await epochAt(WINDOW + 2)]).to.deep.equal([0, 1]);
		expect(await venue().read("CollateralVault", "nextEffectiveWindow")).to.equal(WINDOW + 2);
	});

	it("behavior: the history tells every window its own epoch", async () => {
		for (const quarter of [0, 1, 2, 3]) {
			await venue().warpTo(EPOCH_SECONDS + 900 * quarter + 60);
			await raise();
		}
		const epochs = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((offset) => epochAt(WINDOW + offset)));
		expect(epochs).to.deep.equal([0, 0, 1, 2, 3, 4, 4]);
	});

	it("behavior: leaves balance, licence and exit alone", async () => {
		await venue().send(venue().calls.requestExit(), venue().seller);
		const [before] = await venue().read("AuditLens", "accounts", [[venue().seller.address]]);
		await raise();
		const [after] = await venue().read("AuditLens", "accounts", [[venue().seller.address]]);
		expect(after).to.deep.equal({ ...before, epoch: 1, epochFromWindow: WINDOW + 2 });
	});

	it("error: twice for one window, which would lengthen the history without end", async () => {
		await raise();
		await expectRevert(raise(), "EpochAlreadyRaised", venue().seller.address, WINDOW + 2);
		await venue().warpTo(EPOCH_SECONDS + 900);
		await raise();
	});

	async function settledWith(epoch: number, windowId: number) {
		const { seller, buyer } = venue();
		const sell = venue().order(seller, { side: "sell", windowId, epoch });
		const buy = venue().order(buyer, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [{ meterId: seller.meterId, exportedWh: 5000, zoneId: 2 }]);
		return trades[0]?.code;
	}

	it("behavior: an order signed before is void in a later window, one signed after is not", async () => {
		await raise();
		expect(await settledWith(0, WINDOW + 2)).to.equal(SETTLEMENT_CODES.EPOCH_STALE);
		expect(await settledWith(1, WINDOW + 6)).to.equal(SETTLEMENT_CODES.SETTLED);
	});

	it("behavior: a window committed before is judged by the epoch of its own time", async () => {
		await raise();
		expect(await settledWith(0, WINDOW + 1)).to.equal(SETTLEMENT_CODES.SETTLED);
	});
});
