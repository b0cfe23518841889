import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const script = join(import.meta.dirname, "..", "..", "scripts", "backupDrill.ts");

describe("X7 backup and restore drill", function () {
	this.timeout(120_000);

	it("invariant: the server and its disk are lost under load; the restored books are sound and trade again", async () => {
		const child = spawn(process.execPath, [script, "--json", "--seconds", "2"], {
			stdio: ["ignore", "pipe", "ignore"],
		});
		let output = "";
		child.stdout.on("data", (data: Buffer) => (output += data.toString()));
		const code = await new Promise((resolve) => child.once("exit", resolve));
		const report = JSON.parse(output.trim().split("\n").at(-1) ?? "{}");
		expect(report.problems).to.deep.equal([]);
		expect(code).to.equal(0);
		expect(report.acknowledged).to.be.greaterThan(500);
		// The brief allows 15 minutes for either.
		expect(report.recoveryPointMillis).to.be.lessThan(5_000);
		expect(report.recoveryTimeMillis).to.be.lessThan(60_000);
	});
});
