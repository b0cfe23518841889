import { expect } from "chai";
import { windowAt, windowEnd, windowStart } from "../../../offchain/domain/units/window.ts";
import { SETTLEMENT_DEADLINE_SECONDS } from "../../../offchain/infrastructure/chain/deploySystem.ts";
import { call } from "../fixtures/call.ts";
import { directive } from "../fixtures/directive.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { EPOCH_SECONDS, OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const STRANGER = wallet("stranger");
const WINDOW = windowAt(EPOCH_SECONDS);

describe("C1 CollateralVault requestExit, cancelExit and exit", () => {
	const venue = useVenue(async (made) => {
		await made.fund(ALICE.address, 100n);
		return {};
	});
	const dueAt = async () => Number(await venue().read("CollateralVault", "exitDueAt", [ALICE.address]));
	const tokens = () => venue().read("SatoshiToken", "balanceOf", [ALICE.address]);
	const exit = (from = STRANGER) => venue().send(venue().calls.exit(ALICE.address), from);

	describe("requestExit", () => {
		it("default: counts from the first window that cannot be committed yet, and waits out its settlement", async () => {
			const receipt = await venue().send(venue().calls.requestExit(), ALICE);
			// Window + 1 may be committed now; window + 2 starts more than the commit lead ahead.
			const effectiveWindow = WINDOW + 2;
			const withdrawableAt = windowEnd(effectiveWindow - 1) + SETTLEMENT_DEADLINE_SECONDS;
			expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
				{ name: "ExitRequested", args: { account: ALICE.address, effectiveWindow, withdrawableAt } },
			]);
			expect(await dueAt()).to.equal(withdrawableAt);
			expect(withdrawableAt - EPOCH_SECONDS).to.be.at.most(SETTLEMENT_DEADLINE_SECONDS + 3 * 900);
		});

		it("invariant: due only after every window that may hold a trade of the account is settled or expired", async () => {
			for (const second of [0, 1, 449, 898]) {
				const snapshot = await venue().snapshot();
				await venue().warpTo(EPOCH_SECONDS + 900 + second);
				await venue().send(venue().calls.requestExit(), ALICE);
				const now = await venue().now();
				const lastCommittable = windowAt(now + 900);
				expect(await dueAt()).to.be.at.least(windowEnd(lastCommittable) + SETTLEMENT_DEADLINE_SECONDS);
				await venue().restore(snapshot);
			}
		});

		it("error: twice, which would move the date", async () => {
			await venue().send(venue().calls.requestExit(), ALICE);
			await expectRevert(
				venue().send(venue().calls.requestExit(), ALICE),
				"ExitAlreadyRequested",
				ALICE.address,
				WINDOW + 2,
			);
		});
	});

	describe("cancelExit", () => {
		it("default: takes the request back", async () => {
			await venue().send(venue().calls.requestExit(), ALICE);
			const receipt = await venue().send(venue().calls.cancelExit(), ALICE);
			expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
				{ name: "ExitCancelled", args: { account: ALICE.address } },
			]);
			expect(await dueAt()).to.equal(0);
			await venue().warpTo(EPOCH_SECONDS + 3 * 86_400);
			await expectRevert(exit(), "ExitNotRequested", ALICE.address);
		});

		it("behavior: a new request waits anew", async () => {
			await venue().send(venue().calls.requestExit(), ALICE);
			const first = await dueAt();
			await venue().warpTo(EPOCH_SECONDS + 9000);
			await venue().send(venue().calls.cancelExit(), ALICE);
			await venue().send(venue().calls.requestExit(), ALICE);
			expect(await dueAt()).to.equal(first + 9000);
		});

		it("error: without a request", async () => {
			await expectRevert(venue().send(venue().calls.cancelExit(), ALICE), "ExitNotRequested", ALICE.address);
		});
	});

	describe("exit", () => {
		it("default: pays the whole balance to the account when due, whoever calls", async () => {
			await venue().send(venue().calls.requestExit(), ALICE);
			await venue().warpTo(await dueAt());
			const receipt = await exit();
			expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
				{ name: "Withdrawn", args: { account: ALICE.address, amountMsat: 100_000n, exit: true } },
			]);
			expect(await tokens()).to.equal(100n);
			expect(await venue().balanceMsat(ALICE.address)).to.equal(0);
			expect(await venue().read("CollateralVault", "totalMsat")).to.equal(0n);
		});

		it("behavior: the account may come back; the request is used up", async () => {
			await venue().send(venue().calls.requestExit(), ALICE);
			await venue().warpTo(await dueAt());
			await exit();
			await venue().fund(ALICE.address, 7n);
			await expectRevert(exit(), "ExitNotRequested", ALICE.address);
			await venue().send(venue().calls.requestExit(), ALICE);
			await venue().warpTo(await dueAt());
			await exit();
			expect(await tokens()).to.equal(107n);
		});

		it("behavior: what is below one satoshi stays, and nothing is minted by leaving twice", async () => {
			const { CollateralVault, WindowSettlement } = venue().deployment.addresses;
			const updates = [ALICE.address, STRANGER.address].map((account, i) => update(account, i === 0 ? -1n : 1n));
			await venue().sendAs(
				WindowSettlement,
				call(venue(), "CollateralVault", "applySettlement", [
					WINDOW,
					0,
					true,
					0n,
					updates.flatMap((word) => [word, 0n]),
				]),
			);
			await venue().send(venue().calls.requestExit(), ALICE);
			await venue().warpTo(await dueAt());
			await exit();
			expect(await tokens()).to.equal(99n);
			expect(await venue().balanceMsat(ALICE.address)).to.equal(999);
			expect(await venue().read("SatoshiToken", "balanceOf", [CollateralVault])).to.equal(1n);
		});

		it("behavior: an account without balance leaves with nothing and without harm", async () => {
			await venue().send(venue().calls.requestExit(), STRANGER);
			await venue().warpTo(EPOCH_SECONDS + 2 * 86_400);
			await venue().send(venue().calls.exit(STRANGER.address), ALICE);
			expect(await venue().read("SatoshiToken", "balanceOf", [STRANGER.address])).to.equal(0n);
		});

		it("error: a second too early", async () => {
			await venue().send(venue().calls.requestExit(), ALICE);
			const due = await dueAt();
			await venue().warpTo(due - 1);
			await expectRevert(exit(ALICE), "ExitNotDue", ALICE.address, due);
		});

		it("error: never requested", async () => {
			await expectRevert(exit(ALICE), "ExitNotRequested", ALICE.address);
		});
	});
});

describe("C1 C7 invariant: exit works from every state others can bring about", () => {
	const venue = useVenue(async (made) => {
		const people = await pair(made);
		const { seller, buyer, windowId } = people;
		const sell = made.order(seller, { side: "sell", windowId });
		const buy = made.order(buyer, { side: "buy", windowId });
		return { ...people, prepared: made.plan(windowId, [sell, buy], [made.trade(sell, buy)]) };
	});

	async function leaves() {
		const { seller } = venue();
		const due = Number(await venue().read("CollateralVault", "exitDueAt", [seller.address]));
		if ((await venue().now()) < due) await venue().warpTo(due);
		const balance = BigInt(await venue().balanceMsat(seller.address));
		await venue().send(venue().calls.exit(seller.address), STRANGER);
		expect(await venue().read("SatoshiToken", "balanceOf", [seller.address])).to.equal(balance / 1000n);
	}

	it("behavior: a window committed and never settled", async () => {
		await venue().commit(venue().prepared);
		await venue().send(venue().calls.requestExit(), venue().seller);
		await leaves();
	});

	it("behavior: settled with the exit pending: the window committed before still counts, and pays", async () => {
		const { seller, windowId, prepared } = venue();
		await venue().commit(prepared);
		await venue().send(venue().calls.requestExit(), seller);
		const { trades } = await venue().settlePlan(prepared, [{ meterId: seller.meterId, exportedWh: 5000, zoneId: 2 }]);
		expect(trades[0]).to.include({ code: 0 });
		expect(windowStart(windowId)).to.be.above(EPOCH_SECONDS);
		await leaves();
	});

	it("behavior: every zone halted, the window voided, the licence revoked, the meter ended", async () => {
		const { seller, windowId, prepared } = venue();
		await venue().commit(prepared);
		await venue().bySafe("EGAT", venue().calls.setDirective(directive("EGAT", "HALT", 0, windowId, 0, windowId + 95)));
		await venue().bySafe("ERC", venue().calls.setDirective(directive("ERC", "VOID_WINDOW", 0, windowId)));
		await venue().send(venue().calls.revokeLicence(seller.address), REGISTRARS.ERC);
		await venue().send(venue().calls.deactivateMeter(seller.meterId), REGISTRARS.PEA);
		await venue().send(venue().calls.requestExit(), seller);
		await leaves();
	});

	it("behavior: another window half settled and abandoned", async () => {
		const { seller, buyer, windowId } = venue();
		const other = await venue().trader("other seller", { zoneId: 3 });
		const sells = [seller, other].map((from) => venue().order(from, { side: "sell", windowId }));
		const buys = [1, 2].map((sequence) => venue().order(buyer, { side: "buy", windowId, sequence }));
		const trades = sells.map((sell, i) => venue().trade(sell, buys[i] as (typeof buys)[0]));
		const plan = venue().plan(windowId, [...sells, ...buys], trades, 1);
		expect(plan.chunks.length).to.equal(2);
		await venue().commit(plan);
		const first = plan.chunks[0] as (typeof plan.chunks)[0];
		const readings = [seller, other]
			.filter(({ meterId }) => first.sellMeterIds.includes(meterId))
			.map(({ meterId, zoneId }) => ({ meterId, zoneId, exportedWh: 5000 }));
		await venue().settleChunk(windowId, first, venue().readingBatches(windowId, readings));
		await venue().send(venue().calls.requestExit(), seller);
		await leaves();
	});

	it("behavior: no operator, no authority ever acts again", async () => {
		await venue().send(venue().calls.requestExit(), venue().seller);
		await venue().warpTo(EPOCH_SECONDS + 400 * 86_400);
		await leaves();
	});

	it("behavior: neither the operator nor anybody else can hold it up by acting on the account", async () => {
		const { seller } = venue();
		await venue().send(venue().calls.requestExit(), seller);
		const due = await venue().read("CollateralVault", "exitDueAt", [seller.address]);
		const grant = { account: seller.address, tier: 2, validUntil: EPOCH_SECONDS + 9 * 86_400 };
		await venue().send(venue().calls.licenseParticipants([grant]), REGISTRARS.ERC);
		await venue().send(venue().calls.mintTestTokens(OPERATOR.address, 1n), OPERATOR);
		await venue().send(venue().calls.approveVault(1n), OPERATOR);
		await venue().send(venue().calls.depositFor(seller.address, 1n), OPERATOR);
		expect(await venue().read("CollateralVault", "exitDueAt", [seller.address])).to.equal(due);
		await leaves();
	});
});

/** A word of `applySettlement`: account · 2^96 + change in msat. */
function update(account: string, deltaMsat: bigint): bigint {
	return (BigInt(account) << 96n) + deltaMsat;
}
