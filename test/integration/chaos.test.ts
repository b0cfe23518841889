import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { resetLocalState } from "../../offchain/infrastructure/local/startLocalServices.ts";
import { runChaos } from "../../scripts/chaos/runChaos.ts";

describe("X5 X2 a short chaos round with real processes", function () {
	this.timeout(180_000);

	it("invariant: leader, worker, api and database killed in the middle: nothing lost, nothing twice, books equal", async () => {
		const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-chaos-"));
		const seed = 1 + Math.floor(Math.random() * 1_000_000);
		const said: string[] = [];
		try {
			const report = await runChaos({
				stateDir,
				rounds: 2,
				seed,
				secondsPerWindow: 12,
				faults: ["leader killed", "database killed", "worker killed", "api killed"],
				say: (line) => said.push(line),
			});
			const cause = `seed ${seed}\n${said.join("\n")}`;
			expect(report.lost, cause).to.deep.equal([]);
			expect(report.doubled, cause).to.deep.equal([]);
			expect(report.settledTwice, cause).to.deep.equal([]);
			expect(report.fencingBroken, cause).to.equal(0);
			expect(report.differences, cause).to.deep.equal([]);
			expect(report.isSound, cause).to.equal(true);
			expect(report.acknowledged, cause).to.be.greaterThan(100);
			expect(Object.values(report.faults).reduce((sum, count) => sum + count, 0)).to.be.greaterThan(1);
		} finally {
			await resetLocalState(stateDir);
		}
	});
});
