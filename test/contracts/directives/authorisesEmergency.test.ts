import { expect } from "chai";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { setDirective } from "../fixtures/actAs.ts";
import { band, directive } from "../fixtures/directive.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { EPOCH_SECONDS } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);

describe("A5 GridDirectives authorisesEmergency: which directive an emergency order may name", () => {
	const venue = useVenue(async () => ({}));
	const authorises = (directiveId: number, windowId = WINDOW + 1, zoneId = 4) =>
		venue().read("GridDirectives", "authorisesEmergency", [directiveId, windowId, zoneId]);

	it("default: EGAT's or the council's halt or cap, in its windows and zone", async () => {
		for (const [authority, kind] of [
			["EGAT", "HALT"],
			["EGAT", "CAP"],
			["COUNCIL", "HALT"],
			["COUNCIL", "CAP"],
		] as const) {
			const id = await setDirective(venue(), directive(authority, kind, 4, WINDOW + 1, 0, WINDOW + 2));
			expect(await authorises(id), `${authority} ${kind}`).to.equal(true);
			expect(await authorises(id, WINDOW + 2)).to.equal(true);
			expect(await authorises(id, WINDOW + 3)).to.equal(false);
			expect(await authorises(id, WINDOW)).to.equal(false);
			expect(await authorises(id, WINDOW + 1, 5)).to.equal(false);
		}
	});

	it("behavior: one for every zone covers any", async () => {
		const id = await setDirective(venue(), directive("EGAT", "CAP", 0, WINDOW + 1, 1000));
		expect(await authorises(id, WINDOW + 1, 16)).to.equal(true);
	});

	it("error: of an authority that does not run the grid, of another kind, or of none", async () => {
		const others = [
			await setDirective(venue(), directive("PEA", "HALT", 4, WINDOW + 1)),
			await setDirective(venue(), directive("ERC", "HALT", 4, WINDOW + 1)),
			await setDirective(venue(), directive("COUNCIL", "PRICE_BAND", 4, WINDOW + 1, band(1, 2))),
			await setDirective(venue(), directive("EGAT", "VOID_WINDOW", 0, WINDOW + 1)),
			0,
			99,
		];
		expect(await Promise.all(others.map((id) => authorises(id)))).to.deep.equal(others.map(() => false));
	});
});
