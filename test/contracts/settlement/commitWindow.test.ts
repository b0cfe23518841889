import { expect } from "chai";
import { getAddress } from "viem";
import { windowStart } from "../../../offchain/domain/units/window.ts";
import { directive } from "../fixtures/directive.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { OPERATOR } from "../fixtures/Venue.ts";

describe("C2 WindowSettlement.commitWindow", () => {
	const venue = useVenue(async (made) => {
		const { seller, buyer, windowId } = await pair(made);
		const sell = made.order(seller, { side: "sell", windowId });
		const buy = made.order(buyer, { side: "buy", windowId });
		return { windowId, toCommit: made.plan(windowId, [sell, buy], [made.trade(sell, buy)]) };
	});

	it("fixes the trades of a window before it starts", async () => {
		const { windowId, toCommit: plan, calls } = venue();
		await venue().warpTo(windowStart(windowId) - 900);
		const receipt = await venue().send(calls.commitWindow(plan), OPERATOR);
		expect(venue().facts(receipt)).to.deep.equal([{ kind: "WindowCommitted", windowId }]);
		expect(await venue().read("WindowSettlement", "window", [windowId])).to.include({
			status: 1,
			chunkCount: 1,
			nextChunk: 0,
			nextHash: `${plan.commitment.slice(0, -6)}000000`,
		});
	});

	it("error: delivery has started, so nobody picks trades after the meters", async () => {
		const { windowId, toCommit: plan, calls } = venue();
		await venue().warpTo(windowStart(windowId));
		await expectRevert(
			venue().send(calls.commitWindow(plan), OPERATOR),
			"CommitTooLate",
			windowId,
			windowStart(windowId),
		);
	});

	it("error: earlier than the commit lead, when cancellations could still come", async () => {
		const { windowId, toCommit: plan, calls } = venue();
		await venue().warpTo(windowStart(windowId) - 902);
		await expectRevert(
			venue().send(calls.commitWindow(plan), OPERATOR),
			"CommitTooEarly",
			windowId,
			windowStart(windowId) - 900,
		);
	});

	it("error: a second commitment for the window", async () => {
		const { windowId, toCommit: plan, calls } = venue();
		await venue().commit(plan);
		await expectRevert(venue().send(calls.commitWindow(plan), OPERATOR), "WindowNotInStatus", windowId, 1);
	});

	it("error: anybody but the operator", async () => {
		const { windowId, toCommit: plan, calls, seller } = { ...venue(), seller: await venue().trader("stranger") };
		await venue().warpTo(windowStart(windowId) - 300);
		await expectRevert(
			venue().send(calls.commitWindow(plan), seller),
			"AccessManagedUnauthorized",
			getAddress(seller.address),
		);
	});

	it("error: nothing to commit to, or too many chunks", async () => {
		const { windowId, toCommit: plan, calls } = venue();
		await venue().warpTo(windowStart(windowId) - 300);
		const empty = { ...plan, commitment: `0x${"00".repeat(32)}` as const };
		await expectRevert(venue().send(calls.commitWindow(empty), OPERATOR), "EmptyCommitment");
		await expectRevert(venue().send(calls.commitWindow({ ...plan, chunks: [] }), OPERATOR), "EmptyCommitment");
		const many = { ...plan, chunks: Array.from({ length: 4097 }, () => plan.chunks[0]) as typeof plan.chunks };
		await expectRevert(venue().send(calls.commitWindow(many), OPERATOR), "TooManyChunks", 4097);
	});

	it("error: the window is voided", async () => {
		const { windowId, toCommit: plan, calls } = venue();
		await venue().bySafe("ERC", calls.setDirective(directive("ERC", "VOID_WINDOW", 0, windowId)));
		await venue().warpTo(windowStart(windowId) - 300);
		await expectRevert(venue().send(calls.commitWindow(plan), OPERATOR), "WindowIsVoided", windowId);
	});

	it("error: a window beyond 24 bits", async () => {
		const { toCommit: plan, calls } = venue();
		await expectRevert(
			venue().send(calls.commitWindow({ ...plan, windowId: 0xffffff }), OPERATOR),
			"WindowIdTooLarge",
			0xffffff,
		);
	});
});
