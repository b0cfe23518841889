import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { CANARIES } from "../../simulation/canaries.ts";
import { FAULT_KINDS, FaultTally } from "../../simulation/faults.ts";
import { runSeed } from "../../simulation/runSeed.ts";

const SEEDS = 40;
const CANARY_SEEDS = 500;

type KeptSeed = { seed: number; cause: string };
const kept: KeptSeed[] = JSON.parse(readFileSync(join(import.meta.dirname, "../../simulation/seeds.json"), "utf8"));

describe("X8 deterministic simulation", function () {
	this.timeout(300_000);

	it("invariant: the same seed gives the same run", async () => {
		const [first, second] = [await runSeed(7), await runSeed(7)];
		expect(second.events).to.equal(first.events);
		expect(second.facts).to.deep.equal(first.facts);
		expect([...second.tally.happened]).to.deep.equal([...first.tally.happened]);
	});

	it(`invariant: ${SEEDS} seeds leave nothing lost, nothing doubled and equal books; every fault happens`, async () => {
		const tally = new FaultTally();
		let settledWindows = 0;
		let acknowledged = 0;
		for (let seed = 1; seed <= SEEDS; seed++) {
			const result = await runSeed(seed);
			expect(result.problems, `node scripts/simulate.ts --seeds 1 --seed ${seed}`).to.deep.equal([]);
			tally.add(result.tally);
			settledWindows += result.facts.settledWindows;
			acknowledged += result.facts.acknowledged;
		}
		expect([...tally.happened.keys()].sort()).to.deep.equal(Object.keys(FAULT_KINDS).sort());
		expect(settledWindows).to.be.greaterThan(SEEDS);
		expect(acknowledged).to.be.greaterThan(50 * SEEDS);
	});

	for (const { seed, cause } of kept) {
		it(`behavior: seed ${seed} stays good: ${cause}`, async () => {
			expect((await runSeed(seed)).problems).to.deep.equal([]);
		});
	}

	for (const [name, canary] of Object.entries(CANARIES)) {
		it(`error: caught: ${canary.what} (${name})`, async () => {
			// The seed that caught it last comes first; a change of the programs may need others.
			const seeds = [canary.caughtBySeed ?? 1, ...Array.from({ length: CANARY_SEEDS }, (_, index) => index + 1)];
			for (const seed of seeds) if ((await runSeed(seed, canary)).problems.length > 0) return;
			expect.fail(`not caught; try node scripts/simulate.ts --canary ${name} --seeds 500`);
		});
	}
});
