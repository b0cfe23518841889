import { expect } from "chai";
import { decodeRecord } from "../../../offchain/domain/settlement/decodeRecord.ts";
import { windowEnd } from "../../../offchain/domain/units/window.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { crowd, readingsOf, ring } from "../fixtures/gasScenario.ts";
import { randomNumbers } from "../fixtures/randomNumbers.ts";
import { createVenue } from "../fixtures/Venue.ts";

const SEED = Number(process.env.TEST_SEED ?? 20_260_401);
/** EIP-7825: no transaction may use more. */
const TRANSACTION_GAS_CAP = 16_777_216n;
const PEOPLE = 250;
const FILLS = 20;
const CHUNK_TRADES = 250;

/**
 * A window of 5,000 trades under an operator that keeps crashing: it forgets what it has sent, sends a chunk again, or
 * one too early, and each time starts over from what the chain says.
 */
describe(`C2 C8 a window of ${PEOPLE * FILLS} trades (seed ${SEED})`, () => {
	it("invariant: settles whole and once, in transactions below the cap, wherever the operator crashes", async function () {
		this.timeout(240_000);
		const random = randomNumbers(SEED);
		const venue = await createVenue();
		const sellers = await crowd(venue, "large seller", PEOPLE, true, [2, 4, 7]);
		const buyers = await crowd(venue, "large buyer", PEOPLE, false, [1, 3]);
		const windowId = await venue.nextWindow();
		const scenario = ring(venue, windowId, sellers, buyers, FILLS);
		const plan = venue.plan(windowId, scenario.orders, scenario.trades, CHUNK_TRADES);
		await venue.commit(plan);
		await venue.warpTo(windowEnd(windowId) + 1);
		const settle = (index: number) => {
			const chunk = plan.chunks[index];
			if (chunk === undefined) throw new Error(`no chunk ${index}`);
			return venue.settleChunk(windowId, chunk, readingsOf(venue, scenario, chunk, 1_000_000));
		};

		let delivered = 0;
		let trades = 0;
		let dearest = 0n;
		for (;;) {
			const { status, nextChunk } = await venue.read("WindowSettlement", "window", [windowId]);
			if (status === 3) break;
			const next = Number(nextChunk);
			const crash = random(4);
			if (crash === 0 && next > 0) await expectRevert(settle(next - 1), "ChunkMismatch", windowId, next);
			else if (crash === 1 && next + 1 < plan.chunks.length) {
				await expectRevert(settle(next + 1), "ChunkMismatch", windowId, next);
			}
			const receipt = await settle(next);
			if (receipt.gasUsed > dearest) dearest = receipt.gasUsed;
			for (const trade of decodeRecord(venue.recordOf(receipt))) {
				trades += 1;
				delivered += trade.deliveredWh;
				expect(trade.code).to.equal(0);
			}
		}
		expect(trades).to.equal(PEOPLE * FILLS);
		expect(delivered).to.equal(scenario.trades.reduce((sum, { energyWh }) => sum + energyWh, 0));
		expect(dearest < TRANSACTION_GAS_CAP, `${dearest} gas`).to.equal(true);
		expect(plan.chunks.length).to.be.greaterThan(1);
		console.log(`      ${plan.chunks.length} transactions, the dearest ${dearest} gas`);
	});
});
