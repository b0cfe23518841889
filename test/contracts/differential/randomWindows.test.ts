import { expect } from "chai";
import type { SignedOrder } from "../../../offchain/domain/orders/Order.ts";
import { decodeRecord, type RecordedTrade } from "../../../offchain/domain/settlement/decodeRecord.ts";
import type { SettlementState } from "../../../offchain/domain/settlement/SettlementRules.ts";
import { settleWindow, type TradeOutcome } from "../../../offchain/domain/settlement/settleWindow.ts";
import type { PlannedChunk } from "../../../offchain/domain/settlement/WindowPlan.ts";
import type { Address } from "../../../offchain/domain/units/Address.ts";
import { windowAt, windowEnd } from "../../../offchain/domain/units/window.ts";
import { band, directive } from "../fixtures/directive.ts";
import { randomNumbers } from "../fixtures/randomNumbers.ts";
import { randomWindow } from "../fixtures/randomWindow.ts";
import { readSettlementState } from "../fixtures/readSettlementState.ts";
import { createVenue, RevertError, SYSTEM_OPERATOR, type Trader, type Venue } from "../fixtures/Venue.ts";

/**
 * Random windows through the contract and through `settleWindow`, its readable twin; every trade's code and energies and
 * every account's msat must agree. `WINDOWS=10000` runs the long form, `TEST_SEED` repeats a run.
 */
const WINDOWS = Number(process.env.WINDOWS ?? 300);
const SEED = Number(process.env.TEST_SEED ?? 3);
const EXPECTED_CODES = [0, 1, 2, 3, 9, 10, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30];

describe(`invariant: C3–C6 ${WINDOWS} random windows settle on chain as their twin says (seed ${SEED})`, () => {
	it("codes, energies, charges and balances agree to the last unit", async function () {
		this.timeout(4_000_000);
		const random = randomNumbers(SEED);
		const venue = await createVenue();
		const [smuggler, ...honest] = await makeTraders(venue);
		const traders = [...honest, ...honest, ...honest, smuggler as Trader];
		const everybody = [
			...new Set(traders.map(({ address }) => address)),
			...(Object.values(venue.deployment.chargeAccounts) as Address[]),
		];
		const epochs = new Map<string, number>();
		const codes = new Map<number, number>();
		// Between events outside the windows the twin's own balances are carried on: an error would grow and show.
		let carried: SettlementState["accounts"] = new Map();
		let readAgain = 3;
		let trades = 0;
		const started = Date.now();
		for (let round = 0; round < WINDOWS; round++) {
			const now = await venue.now();
			const windowId = windowAt(now) + 2;
			if (random(5) === 0) {
				await disturb(venue, traders, epochs, windowId, random);
				readAgain = 3;
			}
			const made = randomWindow(venue, windowId, traders, epochs, random);
			const plan = venue.plan(windowId, made.orders, made.trades, made.maxTradesPerChunk);
			await venue.commit(plan);
			const late = random(50) === 0;
			await venue.warpTo(late ? windowEnd(windowId) + 6 * 3600 : windowEnd(windowId) + 1);
			const readings = late ? made.readings.filter(() => random(2) === 0) : made.readings;

			const read = await readSettlementState(venue, plan);
			if (readAgain > 0 || round % 25 === 0) carried = read.accounts;
			readAgain -= 1;
			const accounts = new Map(read.accounts);
			for (const [account, held] of read.accounts) {
				accounts.set(account, { ...held, balanceMsat: carried.get(account)?.balanceMsat ?? held.balanceMsat });
			}
			const isSignatureValid = ({ orderHash }: { orderHash: `0x${string}` }) => !made.forged.has(orderHash);
			const expected = settleWindow(plan, readings, { ...read, accounts, isSignatureValid });

			const told = `seed ${SEED} round ${round}`;
			const deltas = new Map<Address, number>();
			let place = 0;
			for (const chunk of plan.chunks) {
				const own = readings.filter(({ meterId }) => chunk.sellMeterIds.includes(meterId));
				const receipt = await venue.settleChunk(windowId, chunk, venue.readingBatches(windowId, own));
				for (const fact of venue.facts(receipt)) {
					if (fact.kind !== "WindowSettled") continue;
					for (const { account, deltaMsat } of fact.deltas) {
						deltas.set(account, (deltas.get(account) ?? 0) + deltaMsat);
					}
				}
				const record = venue.recordOf(receipt);
				for (const [i, recorded] of decodeRecord(record).entries()) {
					const outcome = expected.trades[place] as TradeOutcome;
					place += 1;
					codes.set(recorded.code, (codes.get(recorded.code) ?? 0) + 1);
					expect(recorded, `${told} trade ${place}`).to.deep.equal(recordedAs(chunk, i, outcome));
					expect(record.slice(2 + 128 * i + 2 * 57, 2 + 128 * (i + 1)), told).to.equal("00".repeat(7));
				}
			}
			trades += place;
			expect(place, told).to.equal(expected.trades.length);
			for (const [account, delta] of deltas) if (delta === 0) deltas.delete(account);
			expect(deltas, told).to.deep.equal(expected.deltasMsat);
			carried = applied(carried, accounts, expected.deltasMsat);
		}
		for (const account of everybody) {
			const held = carried.get(account)?.balanceMsat;
			if (held !== undefined) expect(await venue.balanceMsat(account), account).to.equal(held);
		}
		const seconds = (Date.now() - started) / 1000;
		const seen = [...codes.entries()].sort(([a], [b]) => a - b).map(([code, count]) => `${code}:${count}`);
		console.log(
			`      ${WINDOWS} windows, ${trades} trades, seed ${SEED}, ${seconds.toFixed(0)} s; codes ${seen.join(" ")}`,
		);
		if (WINDOWS >= 300) expect([...codes.keys()], "every kind of outcome occurs").to.include.members(EXPECTED_CODES);
	});
});

/** What the record says of a chunk's trade when this became of it. */
function recordedAs(chunk: PlannedChunk, index: number, outcome: TradeOutcome): RecordedTrade {
	const trade = chunk.trades[index] as PlannedChunk["trades"][0];
	const [sell, buy] = [trade.sellIndex, trade.buyIndex].map((place) => (chunk.orders[place] as SignedOrder).order);
	return {
		buyer: buy?.trader as Address,
		sellMeterId: sell?.meterId as number,
		deliveredWh: outcome.deliveredWh,
		injectedWh: outcome.deliveredWh + outcome.lostWh,
		sellSequence: sell?.sequence as number,
		buySequence: buy?.sequence as number,
		buyMeterId: buy?.meterId as number,
		energyWh: trade.energyWh,
		shortWh: outcome.shortWh,
		sellerPriceSatPerKwh: trade.sellerPriceSatPerKwh,
		buyerPriceSatPerKwh: trade.buyerPriceSatPerKwh,
		code: outcome.code,
	};
}

function applied(
	carried: SettlementState["accounts"],
	accounts: SettlementState["accounts"],
	deltas: ReadonlyMap<Address, number>,
): SettlementState["accounts"] {
	const next = new Map([...carried, ...accounts]);
	for (const [account, delta] of deltas) {
		const held = next.get(account);
		if (held === undefined) throw new Error(`${account} is not known`);
		next.set(account, { ...held, balanceMsat: held.balanceMsat + delta });
	}
	return next;
}

async function makeTraders(venue: Venue): Promise<Trader[]> {
	return [
		// Trades across the border without the tier for it.
		await venue.trader("smuggler", { zoneId: 15, source: "hydro", tier: 1 }),
		await venue.trader("sun of MEA", { zoneId: 1 }),
		await venue.trader("small sun", { zoneId: 2, maxWindowWh: 800 }),
		await venue.trader("wind", { zoneId: 7, source: "wind" }),
		await venue.trader("gas", { zoneId: 13, source: "gas" }),
		await venue.trader("border", { zoneId: 14, source: "hydro", tier: 3 }),
		await venue.trader("consumer of MEA", { zoneId: 1, source: "none" }, 10_000_000n),
		await venue.trader("consumer of PEA", { zoneId: 9, source: "none" }, 10_000_000n),
		await venue.trader("poor consumer", { zoneId: 3, source: "none" }, 60n),
	];
}

/** Something outside the window: a directive, a raised epoch, an exit asked for or taken back, shortfall prices, money. */
async function disturb(
	venue: Venue,
	traders: readonly Trader[],
	epochs: Map<string, number>,
	windowId: number,
	random: (limit: number) => number,
): Promise<void> {
	const trader = traders[random(traders.length)] as Trader;
	const zoneId = (traders[random(traders.length)] as Trader).zoneId;
	const { calls, deployment } = venue;
	try {
		switch (random(7)) {
			case 0:
				await venue.sendAs(
					deployment.safes.EGAT,
					calls.setDirective(directive("EGAT", "HALT", random(3) === 0 ? 0 : zoneId, windowId)),
				);
				break;
			case 1:
				await venue.sendAs(
					deployment.safes.EGAT,
					calls.setDirective(
						directive("EGAT", "CAP", random(3) === 0 ? 0 : zoneId, windowId, random(2) * random(2500)),
					),
				);
				break;
			case 2: {
				const floor = 20 + random(60);
				const value = band(floor, floor + random(200));
				await venue.sendAs(
					deployment.safes.COUNCIL,
					calls.setDirective(directive("COUNCIL", "PRICE_BAND", zoneId, windowId, value)),
				);
				break;
			}
			case 3:
				await venue.send(calls.raiseEpoch(), trader);
				epochs.set(trader.address, (epochs.get(trader.address) ?? 0) + 1);
				break;
			case 4: {
				// One at a time: with many on their way out nothing else would ever be the reason.
				const leaving = await firstExiting(venue, traders);
				await venue.send(leaving === null ? calls.requestExit() : calls.cancelExit(), leaving ?? trader);
				break;
			}
			case 5:
				await venue.send(
					calls.setShortfallPrices(
						windowId,
						Array.from({ length: 16 }, () => (random(2) === 0 ? 0 : 50 + random(950))),
					),
					SYSTEM_OPERATOR,
				);
				break;
			default:
				await venue.fund(trader.address, BigInt(1 + random(300)));
		}
	} catch (error) {
		// Refused by a cooldown or because it is done already: the market goes on.
		if (!(error instanceof RevertError)) throw error;
	}
}

async function firstExiting(venue: Venue, traders: readonly Trader[]): Promise<Trader | null> {
	for (const trader of traders) {
		if ((await venue.read("CollateralVault", "exitDueAt", [trader.address])) !== 0n) return trader;
	}
	return null;
}
