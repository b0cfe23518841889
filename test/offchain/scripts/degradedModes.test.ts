import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

const root = join(import.meta.dirname, "..", "..", "..");
const page = readFileSync(join(root, "docs/operations/degraded-modes.md"), "utf8");
const sources = readdirSync(join(root, "offchain"), { recursive: true, encoding: "utf8" })
	.filter((name) => name.endsWith(".ts") || name.endsWith(".sql"))
	.map((name) => readFileSync(join(root, "offchain", name), "utf8"))
	.join("\n");

describe("X6 the page of degraded modes", () => {
	it("invariant: every code it names is one the programs give", () => {
		const codes = new Set([...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+|BUSY|HALT)`/g)].map((match) => match[1] as string));
		expect(codes.size).to.be.greaterThan(5);
		const unknown = [...codes].filter((code) => !new RegExp(`\\b${code}\\b`).test(sources));
		expect(unknown).to.deep.equal([]);
	});

	it("invariant: every test and program it points to is there", () => {
		const paths = [...page.matchAll(/`(?:node )?((?:test|scripts)\/[\w./-]+)/g)].map((match) => match[1] as string);
		expect(paths.length).to.be.greaterThan(4);
		expect(paths.filter((path) => !existsSync(join(root, path)))).to.deep.equal([]);
	});

	it("invariant: what it quotes of an alarm is said somewhere", () => {
		for (const words of ["cannot send", "was used by a transaction that is not ours", "the database does not answer"]) {
			expect(page).to.include(words);
			expect(sources).to.include(words);
		}
	});
});
