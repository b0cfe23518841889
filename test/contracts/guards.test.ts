import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { GUARDS, withoutGuard } from "../../scripts/mutation/guards.ts";
import { guardTable } from "../../scripts/mutation/guardTable.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** `npm run mutate -- --guards` shows that each test fails without its guard; this keeps the list true to the sources meanwhile. */
describe("C3 C4 the lines of defence", () => {
	it("each stands where the list says, once", () => {
		for (const guard of GUARDS) {
			const source = read(guard.file);
			expect(withoutGuard(guard, source).source).not.to.equal(source);
		}
	});

	it("each has a test of that name", () => {
		const titles = readdirSync(new URL("test/contracts", root), { recursive: true, encoding: "utf8" })
			.filter((path) => path.endsWith(".test.ts"))
			.flatMap((path) => [...read(`test/contracts/${path}`).matchAll(/\bit\(\s*(["`])(.*?)\1,/g)])
			.map(([, , title = ""]) => title.replace(/^\w+: /, ""));
		const without = GUARDS.filter(({ test }) => !titles.some((title) => says(title, test)));
		expect(without.map(({ test }) => test)).to.deep.equal([]);
	});

	it("docs/reference/testing-contracts.md lists them all (`npm run mutate -- --guards --list`)", () => {
		expect(read("docs/reference/testing-contracts.md")).to.contain(guardTable());
	});
});

/** Whether a test of this title, maybe with places to fill in, can be the one named. */
function says(title: string, test: string): boolean {
	const [longest = ""] = title.split(/\$\{[^}]*\}/).sort((a, b) => b.length - a.length);
	return title.includes(test) || (title.includes("${") && test.includes(longest.trim()));
}
