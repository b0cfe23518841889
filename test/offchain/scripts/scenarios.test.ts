import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";

const FOLDER = join(import.meta.dirname, "../../../scripts/scenarios");
const run = promisify(execFile);

type Report = {
	scenario: string;
	figures: Record<string, unknown>;
	sections: { title: string; rows: unknown[][] }[];
	checks: { what: string; holds: boolean }[];
};

async function scenario(name: string): Promise<Report> {
	const { stdout } = await run(process.execPath, [join(FOLDER, `${name}.ts`), "--json"]);
	return JSON.parse(stdout.trim().split("\n").at(-1) as string) as Report;
}

describe("T3 grid stress scenarios", function () {
	this.timeout(60_000);

	for (const name of ["southernOutage", "hotSeasonEveningPeak", "noonSolarSurplus", "largeUnitLoss"]) {
		it(`behavior: ${name} ends as it must`, async () => {
			const { checks, sections } = await scenario(name);
			expect(checks.filter(({ holds }) => !holds)).to.deep.equal([]);
			expect(checks.length).to.be.greaterThan(2);
			for (const { title, rows } of sections) expect(rows, title).to.be.an("array");
		});
	}

	it("invariant: the southern outage curtails 300 MW, firm load last", async () => {
		const { figures } = await scenario("southernOutage");
		const curtailed = figures.curtailedMw as Record<string, number>;
		expect(Object.values(curtailed).reduce((sum, mw) => sum + mw, 0)).to.be.closeTo(300, 1e-3);
		expect(curtailed.firm).to.be.closeTo(42, 1e-3);
	});
});
