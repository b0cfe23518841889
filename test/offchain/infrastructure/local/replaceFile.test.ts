import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { replaceFile } from "../../../../offchain/infrastructure/local/replaceFile.ts";

describe("replaceFile", () => {
	let folder: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "gridtokenx-replace-"));
	});

	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it("replaces the whole content and leaves nothing beside it", () => {
		const file = join(folder, "state.json");
		replaceFile(file, "a longer first content");
		replaceFile(file, "second");
		expect(readFileSync(file, "utf8")).to.equal("second");
		expect(readdirSync(folder)).to.deep.equal(["state.json"]);
	});

	it("error: a full disk is named, and the old file stands untouched", function () {
		try {
			execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
		} catch {
			this.skip(); // only root may make a disk that small
		}
		try {
			const file = join(folder, "state.json");
			replaceFile(file, "old");
			writeFileSync(join(folder, "ballast"), Buffer.alloc(40 * 1024));
			expect(() => replaceFile(file, Buffer.alloc(100 * 1024)))
				.to.throw("The disk is full")
				.with.property("code", "DISK_FULL");
			expect(readFileSync(file, "utf8")).to.equal("old");
			expect(readdirSync(folder).sort()).to.deep.equal(["ballast", "state.json"]);
		} finally {
			execFileSync("umount", [folder]);
		}
	});
});
