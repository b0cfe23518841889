import { expect } from "chai";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { SAFE_NAMES } from "../../../offchain/infrastructure/chain/Deployment.ts";
import { AUTHORITY_NUMBERS } from "../../../offchain/infrastructure/chain/roles.ts";
import { liftDirective, setDirective } from "../fixtures/actAs.ts";
import { directive } from "../fixtures/directive.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, EPOCH_SECONDS, OPERATOR } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);

describe("A3 GridDirectives liftDirective", () => {
	const venue = useVenue(async () => ({}));
	const halted = async (windowId: number, zoneId = 4): Promise<boolean> => {
		const [, states] = await venue().read("AuditLens", "zones", [windowId]);
		return states[zoneId - 1].halted;
	};
	const set = (from: number, to = from) => setDirective(venue(), directive("EGAT", "HALT", 4, from, 0, to));

	it("default: its own authority ends it for windows that have not begun", async () => {
		const id = await set(WINDOW + 1, WINDOW + 6);
		await venue().warpTo(EPOCH_SECONDS + 2 * 900 + 30);
		const receipt = await liftDirective(venue(), id, "EGAT");
		expect(eventsOf(receipt, "GridDirectives")).to.deep.equal([
			{ name: "DirectiveLifted", args: { directiveId: id, liftedBy: 1, lastWindow: WINDOW + 2 } },
		]);
		const held = await Promise.all([1, 2, 3, 6].map((ahead) => halted(WINDOW + ahead)));
		expect(held, "windows that began under it keep it").to.deep.equal([true, true, false, false]);
		expect(await venue().read("GridDirectives", "directive", [id])).to.include({ toWindow: WINDOW + 2, lifted: true });
	});

	it("behavior: the council may lift any", async () => {
		for (const name of SAFE_NAMES.filter((each) => each !== "COUNCIL")) {
			const zoneId = name === "MEA" ? 1 : 4;
			const id = await setDirective(venue(), directive(name, "HALT", zoneId, WINDOW + 3));
			const receipt = await liftDirective(venue(), id, "COUNCIL");
			expect(eventsOf(receipt, "GridDirectives")[0]?.args).to.include({ liftedBy: 5 });
		}
		expect(await halted(WINDOW + 3)).to.equal(false);
	});

	it("behavior: lifted before it began it never held, and may be replaced from its own first window on", async () => {
		const id = await set(WINDOW + 5, WINDOW + 9);
		await liftDirective(venue(), id, "EGAT");
		expect(await halted(WINDOW + 5)).to.equal(false);
		await set(WINDOW + 5, WINDOW + 6);
		expect(await halted(WINDOW + 5)).to.equal(true);
	});

	it("error: setting and lifting in turn does not get around the cooldown", async () => {
		await set(WINDOW + 1, WINDOW + 2);
		// The next may begin four windows later; lifting it unused must not bring it forward.
		const id = await set(WINDOW + 7);
		await liftDirective(venue(), id, "EGAT");
		await expectRevert(set(WINDOW + 6), "DirectiveCoolingDown", WINDOW + 7);
		const again = await set(WINDOW + 7);
		await venue().warpTo(EPOCH_SECONDS + 7 * 900);
		await expectRevert(liftDirective(venue(), again, "EGAT"), "DirectiveOver", again);
		await expectRevert(set(WINDOW + 11), "DirectiveCoolingDown", WINDOW + 12);
	});

	it("error: a voiding lifted before its window began still cools down, as it may have been executed", async () => {
		const id = await setDirective(venue(), directive("ERC", "VOID_WINDOW", 0, WINDOW + 2));
		await liftDirective(venue(), id, "ERC");
		await expectRevert(
			setDirective(venue(), directive("ERC", "VOID_WINDOW", 0, WINDOW + 2)),
			"DirectiveCoolingDown",
			WINDOW + 98,
		);
	});

	it("error: another authority's directive", async () => {
		const id = await set(WINDOW + 3);
		for (const name of ["MEA", "PEA", "ERC"] as const) {
			await expectRevert(liftDirective(venue(), id, name), "NotAuthority", venue().deployment.safes[name], 1);
		}
		expect(await halted(WINDOW + 3)).to.equal(true);
	});

	it("error: in a name that is not one's own", async () => {
		const id = await set(WINDOW + 3);
		for (const by of ["MEA", "PEA", "ERC", "COUNCIL"] as const) {
			const safe = venue().deployment.safes[by];
			await expectRevert(liftDirective(venue(), id, "EGAT", by), "NotAuthority", safe, AUTHORITY_NUMBERS.EGAT);
			if (by === "COUNCIL") continue;
			await expectRevert(liftDirective(venue(), id, "COUNCIL", by), "NotAuthority", safe, AUTHORITY_NUMBERS.COUNCIL);
		}
		for (const from of [OPERATOR, DEPLOYER]) {
			await expectRevert(venue().send(venue().calls.liftDirective(id, "EGAT"), from), "NotAuthority", from.address, 1);
		}
	});

	it("error: one that is over, lifted, or never was", async () => {
		const id = await set(WINDOW + 1, WINDOW + 4);
		await liftDirective(venue(), id, "EGAT");
		await expectRevert(liftDirective(venue(), id, "EGAT"), "DirectiveOver", id);
		await expectRevert(liftDirective(venue(), id, "COUNCIL"), "DirectiveOver", id);
		await expectRevert(liftDirective(venue(), 99, "EGAT"), "DirectiveUnknown", 99);
		await expectRevert(liftDirective(venue(), 0, "EGAT"), "DirectiveUnknown", 0);
		const voiding = await setDirective(venue(), directive("ERC", "VOID_WINDOW", 0, WINDOW - 2));
		await expectRevert(liftDirective(venue(), voiding, "ERC"), "DirectiveOver", voiding);
	});
});
