import { expect } from "chai";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { liftDirective, setDirective } from "../fixtures/actAs.ts";
import { band, directive } from "../fixtures/directive.ts";
import { randomNumbers } from "../fixtures/randomNumbers.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { EPOCH_SECONDS, RevertError } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);
type Zone = {
	halted: boolean;
	capped: boolean;
	capWh: bigint;
	banded: boolean;
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
};

describe("A2 A3 GridDirectives effectiveRules: the most restrictive wins", () => {
	const venue = useVenue(async () => ({}));
	async function zones(windowId: number): Promise<Zone[]> {
		const [, states] = await venue().read("AuditLens", "zones", [windowId]);
		return states;
	}

	it("default: no directive, no restriction", async () => {
		expect(await venue().read("GridDirectives", "effectiveRules", [WINDOW])).to.deep.equal([false, Array(17).fill(0n)]);
	});

	it("behavior: one read tells that nothing is narrowed; a voiding narrows no zone", async () => {
		const standing = () => venue().read("GridDirectives", "standing", [WINDOW + 1]);
		expect(await standing()).to.deep.equal([false, false]);
		await setDirective(venue(), directive("ERC", "VOID_WINDOW", 0, WINDOW + 1));
		expect(await standing()).to.deep.equal([true, false]);
		await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 9));
		expect(await standing()).to.deep.equal([true, true]);
	});

	it("behavior: a halt holds from its first to its last window, in its zone", async () => {
		await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 2, 0, WINDOW + 3));
		const held = await Promise.all([1, 2, 3, 4].map(async (ahead) => (await zones(WINDOW + ahead))[3]?.halted));
		expect(held).to.deep.equal([false, true, true, false]);
		const halted = (await zones(WINDOW + 2)).map((zone) => zone.halted);
		expect(halted.filter(Boolean).length).to.equal(1);
	});

	it("behavior: zone 0 means all sixteen", async () => {
		await setDirective(venue(), directive("EGAT", "HALT", 0, WINDOW + 1));
		expect((await zones(WINDOW + 1)).every((zone) => zone.halted)).to.equal(true);
	});

	it("behavior: of caps the least, a cap of 0 included, in whatever order they were set", async () => {
		await setDirective(venue(), directive("EGAT", "CAP", 1, WINDOW + 1, 500));
		await setDirective(venue(), directive("MEA", "CAP", 1, WINDOW + 1, 300));
		await setDirective(venue(), directive("EGAT", "CAP", 0, WINDOW + 1, 400));
		await setDirective(venue(), directive("PEA", "CAP", 2, WINDOW + 1, 0));
		await setDirective(venue(), directive("PEA", "CAP", 3, WINDOW + 1, 600));
		const states = await zones(WINDOW + 1);
		expect(states.slice(0, 3).map(({ capped, capWh }) => ({ capped, capWh }))).to.deep.equal([
			{ capped: true, capWh: 300n },
			{ capped: true, capWh: 0n },
			{ capped: true, capWh: 400n },
		]);
	});

	it("behavior: bands intersect; an empty intersection is a halt", async () => {
		await setDirective(venue(), directive("ERC", "PRICE_BAND", 0, WINDOW + 1, band(50, 200)));
		await setDirective(venue(), directive("ERC", "PRICE_BAND", 1, WINDOW + 1, band(100, 400)));
		await setDirective(venue(), directive("COUNCIL", "PRICE_BAND", 1, WINDOW + 1, band(20, 300)));
		await setDirective(venue(), directive("COUNCIL", "PRICE_BAND", 2, WINDOW + 1, band(201, 400)));
		const [first, second, third] = await zones(WINDOW + 1);
		expect(first).to.include({ halted: false, floorSatPerKwh: 100, ceilingSatPerKwh: 200 });
		expect(second).to.include({ halted: true });
		expect(third).to.include({ halted: false, floorSatPerKwh: 50, ceilingSatPerKwh: 200 });
	});

	it("behavior: voided by any of those who may", async () => {
		for (const [ahead, authority] of (["EGAT", "ERC", "COUNCIL"] as const).entries()) {
			await setDirective(venue(), directive(authority, "VOID_WINDOW", 0, WINDOW + 1 + ahead));
		}
		const voided = await Promise.all(
			[0, 1, 2, 3, 4].map((ahead) => venue().read("GridDirectives", "isVoided", [WINDOW + ahead])),
		);
		expect(voided).to.deep.equal([false, true, true, true, false]);
		const [byRules] = await venue().read("GridDirectives", "effectiveRules", [WINDOW + 1]);
		expect(byRules).to.equal(true);
	});

	it("behavior: a window that settles late is judged by what held when it was delivered", async () => {
		await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 1));
		await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 10));
		await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 20));
		await venue().warpTo(EPOCH_SECONDS + 30 * 900);
		const halted = await Promise.all(
			[1, 2, 10, 11, 20, 21].map(async (ahead) => (await zones(WINDOW + ahead))[3]?.halted),
		);
		expect(halted).to.deep.equal([true, false, true, false, true, false]);
	});

	it("invariant: a directive never widens what others narrowed, whatever is set", async () => {
		const seed = Number(process.env.TEST_SEED ?? 20_270_302);
		const random = randomNumbers(seed);
		const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item;
		let accepted = 0;
		for (let step = 0; step < 150; step += 1) {
			const authority = pick(["EGAT", "MEA", "PEA", "ERC", "COUNCIL"] as const);
			const kind = pick(["HALT", "CAP", "PRICE_BAND"] as const);
			const floor = random(300);
			const value = kind === "HALT" ? 0 : kind === "CAP" ? random(2000) : band(floor + 40, floor + random(200));
			const from = WINDOW + 1 + random(40);
			const before = await Promise.all([1, 11, 21, 31].map((ahead) => zones(WINDOW + ahead)));
			try {
				await setDirective(venue(), directive(authority, kind, random(17), from, value, from + random(20)));
				accepted += 1;
			} catch (error) {
				if (!(error instanceof RevertError)) throw error;
				continue;
			}
			const after = await Promise.all([1, 11, 21, 31].map((ahead) => zones(WINDOW + ahead)));
			const wider = before.flatMap((states, i) =>
				states.filter((state, zone) => !within((after[i] as Zone[])[zone] as Zone, state)),
			);
			expect(wider, `seed ${seed} step ${step}`).to.deep.equal([]);
		}
		expect(accepted, `seed ${seed}`).to.be.above(40);
	});

	it("behavior: lifting one leaves the others as narrow as they are", async () => {
		await setDirective(venue(), directive("EGAT", "CAP", 1, WINDOW + 2, 100));
		const own = await setDirective(venue(), directive("MEA", "CAP", 1, WINDOW + 2, 50));
		await liftDirective(venue(), own, "MEA");
		expect((await zones(WINDOW + 2))[0]).to.include({ capped: true, capWh: 100n });
	});
});

/** Whether `narrow` allows nothing that `wide` forbids. */
function within(narrow: Zone, wide: Zone): boolean {
	const halt = narrow.halted || !wide.halted;
	const cap = !wide.capped || (narrow.capped && narrow.capWh <= wide.capWh);
	const floor = !wide.banded || (narrow.banded && narrow.floorSatPerKwh >= wide.floorSatPerKwh);
	const ceiling = !wide.banded || (narrow.banded && narrow.ceilingSatPerKwh <= wide.ceilingSatPerKwh);
	return halt && cap && floor && ceiling;
}
