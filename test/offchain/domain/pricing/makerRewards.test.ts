import { expect } from "chai";
import fc from "fast-check";
import { makerRebates } from "../../../../offchain/domain/pricing/makerRebates.ts";
import { type Quote, quotingScores } from "../../../../offchain/domain/pricing/quotingScores.ts";
import type { Address } from "../../../../offchain/domain/units/Address.ts";

const RULES = { widestSatPerKwh: 20, leastWh: 100 };
const account = (name: string): Address => `0x${name.repeat(40)}`;
const quote = (name: string, side: Quote["side"], priceSatPerKwh: number, openWh: number): Quote => ({
	account: account(name),
	side,
	priceSatPerKwh,
	openWh,
});

describe("M7 quoting quality", () => {
	it("default: energy on the weaker side, weighted by the square of its nearness to the middle", () => {
		const scores = quotingScores(
			[quote("a", "buy", 95, 1_000), quote("a", "sell", 105, 4_000), quote("b", "buy", 95, 1_000)],
			RULES,
		);
		// 5 of 20 from the middle: (15/20)² of 1000 Wh.
		expect([...scores]).to.deep.equal([[account("a"), 562]]);
	});

	it("behavior: who quotes one side, too little or too far scores nothing, and dust moves no middle", () => {
		const book = [quote("a", "buy", 90, 1_000), quote("a", "sell", 110, 1_000)];
		const others = [
			quote("b", "sell", 101, 99),
			quote("c", "buy", 80, 9_000),
			quote("c", "sell", 120, 9_000),
			quote("d", "sell", 110, 500),
		];
		const scores = quotingScores([...book, ...others], RULES);
		expect([...scores]).to.deep.equal([[account("a"), 250]]);
		expect(quotingScores(others, RULES).size).to.equal(0);
	});

	it("error: a book without one side has no middle and no scores", () => {
		expect(quotingScores([], RULES).size).to.equal(0);
		expect(quotingScores([quote("a", "buy", 90, 1_000)], RULES).size).to.equal(0);
	});

	it("invariant: nobody scores more than he offers on either side; splitting an order gains nothing", () => {
		const seed = Date.now();
		const quotes = fc.array(
			fc.record({
				account: fc.constantFrom(account("a"), account("b"), account("c")),
				side: fc.constantFrom("buy" as const, "sell" as const),
				priceSatPerKwh: fc.integer({ min: 60, max: 140 }),
				openWh: fc.integer({ min: 200, max: 1_000_000 }).map((wh) => wh * 2),
			}),
			{ maxLength: 12 },
		);
		fc.assert(
			fc.property(quotes, (book) => {
				const scores = quotingScores(book, RULES);
				for (const [who, score] of scores) {
					const offered = (side: Quote["side"]) =>
						book
							.filter((each) => each.account === who && each.side === side)
							.reduce((sum, each) => sum + each.openWh, 0);
					expect(score, `seed ${seed}`).to.be.at.most(Math.min(offered("buy"), offered("sell")));
				}
				const halves = book.flatMap((each) => [0, 1].map(() => ({ ...each, openWh: each.openWh / 2 })));
				expect([...quotingScores(halves, RULES)].sort(), `seed ${seed}`).to.deep.equal([...scores].sort());
			}),
			{ seed, numRuns: 300 },
		);
	});
});

describe("M7 market makers' rebate", () => {
	it("default: the pool is shared by scores to the msat, the larger remainder first", () => {
		const scores = [
			{ account: account("a"), score: 2 },
			{ account: account("b"), score: 1 },
		];
		expect(makerRebates(4_003, 250_000, scores)).to.deep.equal({
			poolMsat: 1_000,
			rebates: [
				{ account: account("a"), amountMsat: 667 },
				{ account: account("b"), amountMsat: 333 },
			],
		});
	});

	it("behavior: without makers nothing is shared", () => {
		expect(makerRebates(4_000, 250_000, [])).to.deep.equal({ poolMsat: 0, rebates: [] });
	});

	it("invariant: what is shared is the pool, never more than what was taken", () => {
		const seed = Date.now();
		fc.assert(
			fc.property(
				fc.nat({ max: 1e12 }),
				fc.nat({ max: 1e6 }),
				fc.array(fc.nat({ max: 1e9 }), { minLength: 1, maxLength: 9 }),
				(platformMsat, share, scores) => {
					const { poolMsat, rebates } = makerRebates(
						platformMsat,
						share,
						scores.map((score, index) => ({ account: account(String(index)), score })),
					);
					const paid = rebates.reduce((sum, { amountMsat }) => sum + amountMsat, 0);
					expect(paid, `seed ${seed}`).to.equal(poolMsat);
					expect(poolMsat, `seed ${seed}`).to.be.at.most(platformMsat);
				},
			),
			{ seed, numRuns: 500 },
		);
	});

	it("error: charges and shares out of range are refused", () => {
		expect(() => makerRebates(-1, 0, [])).to.throw(RangeError);
		expect(() => makerRebates(1, 1_000_001, [])).to.throw(RangeError);
	});
});
