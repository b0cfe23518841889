import { expect } from "chai";
import { keccak256 } from "viem";
import type { PlannedChunk } from "../../../offchain/domain/settlement/WindowPlan.ts";
import { windowEnd } from "../../../offchain/domain/units/window.ts";
import { directive } from "../fixtures/directive.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { rawPlan } from "../fixtures/rawPlan.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { OPERATOR, type Trader } from "../fixtures/Venue.ts";

/** A window in three chunks: each proves itself against the commitment, in its turn and only once. */
describe("C2 C7 C8 settleChunk: chunks and windows", () => {
	const venue = useVenue(async (made) => {
		const sellers: Trader[] = [];
		const buyers: Trader[] = [];
		for (let i = 0; i < 3; i++) sellers.push(await made.trader(`chunk seller ${i}`, { zoneId: 2 }));
		for (let i = 0; i < 3; i++) buyers.push(await made.trader(`chunk buyer ${i}`, { zoneId: 1, source: "none" }));
		const windowId = await made.nextWindow();
		const planOf = (id: number) => {
			const sells = sellers.map((seller) => made.order(seller, { side: "sell", windowId: id }));
			const buys = buyers.map((buyer) => made.order(buyer, { side: "buy", windowId: id }));
			const trades = sells.map((sell, i) => made.trade(sell, buys[i] as (typeof buys)[0]));
			return made.plan(id, [...sells, ...buys], trades, 1);
		};
		const plan = planOf(windowId);
		await made.commit(plan);
		return { sellers, buyers, windowId, committed: plan, planOf };
	});

	async function settle(
		chunk: Pick<PlannedChunk, "bytes" | "restHash"> | undefined,
		of = venue().windowId,
		from = OPERATOR,
	) {
		if (chunk === undefined) throw new Error("no chunk");
		const readings = venue().sellers.map(({ meterId, zoneId }) => ({ meterId, zoneId, exportedWh: 5000 }));
		return venue().settleChunk(of, chunk, venue().readingBatches(of, readings), from);
	}

	it("settles chunk by chunk; between them anybody can see how far it is", async () => {
		const { committed: plan, windowId } = venue();
		const states: number[] = [];
		const partial: (boolean | undefined)[] = [];
		for (const chunk of plan.chunks) {
			const receipt = await settle(chunk);
			states.push((await venue().read("WindowSettlement", "window", [windowId])).status);
			const fact = venue()
				.facts(receipt)
				.find(({ kind }) => kind === "WindowSettled");
			partial.push(fact?.kind === "WindowSettled" ? fact.partial : undefined);
		}
		expect(states).to.deep.equal([2, 2, 3]);
		expect(partial).to.deep.equal([true, true, undefined]);
		expect(await venue().read("WindowSettlement", "settlingWindow")).to.equal(0);
	});

	it("error: chunks in another order", async () => {
		await expectRevert(settle(venue().committed.chunks[1]), "ChunkMismatch", venue().windowId, 0);
	});

	it("error: a chunk twice", async () => {
		await settle(venue().committed.chunks[0]);
		await expectRevert(settle(venue().committed.chunks[0]), "ChunkMismatch", venue().windowId, 1);
	});

	it("error: one byte changed", async () => {
		const [chunk] = venue().committed.chunks;
		const bytes = chunk?.bytes.replace(/.$/, (last) => (last === "0" ? "1" : "0")) as `0x${string}`;
		await expectRevert(settle({ ...(chunk as PlannedChunk), bytes }), "ChunkMismatch", venue().windowId, 0);
	});

	it("error: the rest cut off", async () => {
		const [chunk] = venue().committed.chunks;
		const cut = { ...(chunk as PlannedChunk), restHash: `0x${"00".repeat(32)}` as const };
		await expectRevert(settle(cut), "ChunkMismatch", venue().windowId, 0);
	});

	it("error: fewer or more chunks than committed", async () => {
		const { planOf, windowId } = venue();
		const next = planOf(windowId + 1);
		await venue().commit({ ...next, chunks: next.chunks.slice(0, 2) });
		await settle(next.chunks[0], windowId + 1);
		await expectRevert(settle(next.chunks[1], windowId + 1), "ChunkMismatch", windowId + 1, 1);
	});

	it("error: a chunk made for another window or place", async () => {
		const { windowId, committed: plan } = venue();
		const chunk = plan.chunks[0] as PlannedChunk;
		for (const wrong of [{ windowId: windowId + 2 }, { index: 1 }]) {
			const snapshot = await venue().snapshot();
			const made = rawPlan(windowId + 1, [{ orders: chunk.orders, trades: chunk.trades, ...wrong }]);
			await venue().commit(made);
			await expectRevert(settle(made.chunks[0], windowId + 1), "ChunkMismatch", windowId + 1, 0);
			await venue().restore(snapshot);
		}
	});

	it("error: bytes that do not add up", async () => {
		const { windowId, committed: plan } = venue();
		const chunk = plan.chunks[0] as PlannedChunk;
		const raw = { orders: chunk.orders, trades: chunk.trades };
		const alterations: ((bytes: string) => string)[] = [
			(bytes) => `${bytes}00`,
			(bytes) => bytes.slice(0, 20),
			(bytes) => `${bytes.slice(0, 2 + 24)}0009${bytes.slice(2 + 28)}`,
			(bytes) => `${bytes.slice(0, 2 + 28)}ffff${bytes.slice(2 + 32)}`,
			(bytes) => `${bytes.slice(0, 2 + 12)}0009${bytes.slice(2 + 16)}`,
		];
		for (const alter of alterations) {
			const snapshot = await venue().snapshot();
			const made = rawPlan(windowId + 1, [{ ...raw, alter }]);
			await venue().commit(made);
			await expectRevert(settle(made.chunks[0], windowId + 1), "MalformedChunk");
			await venue().restore(snapshot);
		}
	});

	it("error: a window that was not committed, or not delivered yet", async () => {
		const { windowId, committed: plan, calls } = venue();
		await expectRevert(
			venue().send(calls.settleChunk(windowId, plan.chunks[0] as PlannedChunk, []), OPERATOR),
			"WindowNotDelivered",
			windowId,
			windowEnd(windowId),
		);
		await expectRevert(settle(plan.chunks[0], windowId + 5), "WindowNotInStatus", windowId + 5, 0);
	});

	it("error: after the deadline", async () => {
		const { windowId, committed: plan } = venue();
		await venue().warpTo(windowEnd(windowId) + 86_400);
		await expectRevert(settle(plan.chunks[0]), "SettlementTooLate", windowId, windowEnd(windowId) + 86_400);
	});

	it("C7 anybody settles when the operator is late, and nobody else before", async () => {
		const { windowId, committed: plan, buyers } = venue();
		const openAt = windowEnd(windowId) + 3600;
		await expectRevert(settle(plan.chunks[0], windowId, buyers[0]), "SettlementReserved", windowId, openAt);
		await venue().warpTo(openAt);
		for (const chunk of plan.chunks) await settle(chunk, windowId, buyers[0]);
		expect((await venue().read("WindowSettlement", "window", [windowId])).status).to.equal(3);
	});

	it("error: another window while one is half settled", async () => {
		const { windowId, committed: plan, planOf } = venue();
		const next = planOf(windowId + 1);
		await venue().commit(next);
		await venue().warpTo(windowEnd(windowId + 1));
		await settle(plan.chunks[0]);
		await expectRevert(settle(next.chunks[0], windowId + 1), "OtherWindowSettling", windowId);
		for (const chunk of plan.chunks.slice(1)) await settle(chunk);
		await settle(next.chunks[0], windowId + 1);
	});

	it("C7 a half settled window expires and frees the way", async () => {
		const { windowId, committed: plan, planOf, calls, buyers } = venue();
		const next = planOf(windowId + 1);
		await venue().commit(next);
		await venue().warpTo(windowEnd(windowId + 1));
		await settle(plan.chunks[0]);
		await venue().warpTo(windowEnd(windowId) + 86_400);
		const receipt = await venue().send(calls.expireWindow(windowId), buyers[0] as Trader);
		expect(venue().facts(receipt)).to.deep.equal([{ kind: "WindowExpired", windowId }]);
		await settle(next.chunks[0], windowId + 1);
	});

	it("error: expiring what may still be settled, or is over", async () => {
		const { windowId, committed: plan, calls } = venue();
		await expectRevert(
			venue().send(calls.expireWindow(windowId), OPERATOR),
			"WindowNotExpired",
			windowId,
			windowEnd(windowId) + 86_400,
		);
		for (const chunk of plan.chunks) await settle(chunk);
		await expectRevert(venue().send(calls.expireWindow(windowId), OPERATOR), "WindowNotInStatus", windowId, 3);
	});

	it("C7 a window nobody committed expires once it has started", async () => {
		const { windowId, calls } = venue();
		const other = windowId + 3;
		await expectRevert(venue().send(calls.expireWindow(other), OPERATOR), "WindowNotExpired", other, other * 900);
		await venue().warpTo(other * 900);
		await venue().send(calls.expireWindow(other), OPERATOR);
		await expectRevert(venue().send(calls.expireWindow(other), OPERATOR), "WindowNotInStatus", other, 5);
	});

	it("A2 a voided window does not settle, and anybody writes it down", async () => {
		const { windowId, committed: plan, calls, buyers } = venue();
		await expectRevert(venue().send(calls.voidWindow(windowId), OPERATOR), "WindowNotVoided", windowId);
		await venue().warpTo(windowEnd(windowId));
		await venue().bySafe("ERC", calls.setDirective(directive("ERC", "VOID_WINDOW", 0, windowId)));
		await expectRevert(settle(plan.chunks[0]), "WindowIsVoided", windowId);
		const receipt = await venue().send(calls.voidWindow(windowId), buyers[0] as Trader);
		expect(venue().facts(receipt)).to.deep.equal([{ kind: "WindowVoided", windowId }]);
		await expectRevert(settle(plan.chunks[0]), "WindowNotInStatus", windowId, 4);
	});

	it("A2 voiding comes too late for a window that is being settled", async () => {
		const { windowId, committed: plan, calls } = venue();
		await settle(plan.chunks[0]);
		await venue().bySafe("ERC", calls.setDirective(directive("ERC", "VOID_WINDOW", 0, windowId)));
		await expectRevert(venue().send(calls.voidWindow(windowId), OPERATOR), "WindowNotInStatus", windowId, 2);
		for (const chunk of plan.chunks.slice(1)) await settle(chunk);
	});

	it("C8 leaves the hash of every record", async () => {
		const { windowId, committed: plan } = venue();
		const hashes: string[] = [];
		for (const chunk of plan.chunks) hashes.push(keccak256(venue().recordOf(await settle(chunk))));
		for (const [index, hash] of hashes.entries()) {
			const stored = await venue().read("WindowSettlement", "recordHash", [windowId, index]);
			expect(stored).to.equal(`${hash.slice(0, -6)}000000`);
		}
		const beyond = await venue().read("WindowSettlement", "recordHash", [windowId, hashes.length]);
		expect(BigInt(beyond)).to.equal(0n);
	});
});
