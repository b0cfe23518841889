import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ConfigError } from "../../../../offchain/infrastructure/config/ConfigError.ts";
import { readReserves } from "../../../../offchain/infrastructure/grid/readReserves.ts";

const EXAMPLE = join(import.meta.dirname, "../../../../deploy/reserves.example.json");

describe("G7 the area's reserves from a file", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "gridtokenx-reserves-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	const written = (change: (example: ReturnType<typeof readReserves>) => unknown) => {
		const file = join(folder, "reserves.json");
		writeFileSync(file, JSON.stringify(change(readReserves(EXAMPLE))));
		return file;
	};

	it("default: the example can be used", () => {
		const { areaMw, points, offers } = readReserves(EXAMPLE);
		expect(areaMw).to.equal(300);
		expect(points).to.have.length(1);
		expect(offers[0]).to.include({ offerId: "battery C1", zoneId: 2, meterId: 1003, direction: "up" });
	});

	it("error: names the variable, the file and what is wrong with it", () => {
		const refused = (file: string, cause: RegExp) =>
			expect(() => readReserves(file))
				.to.throw(ConfigError)
				.with.property("message")
				.that.matches(cause);
		refused(join(folder, "none.json"), /RESERVES_FILE: .*none\.json cannot be used: ENOENT/);
		refused(
			written((example) => ({ ...example, offers: [...example.offers, ...example.offers] })),
			/two offers have one id/,
		);
		refused(
			written((example) => ({ ...example, points: [...example.points, ...example.points] })),
			/two points in one zone/,
		);
		refused(
			written((example) => ({ ...example, areaMw: -1 })),
			/areaMw|>0/,
		);
		refused(
			written((example) => ({ ...example, extra: 1 })),
			/extra/,
		);
	});
});
