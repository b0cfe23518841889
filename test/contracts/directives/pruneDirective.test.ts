import { expect } from "chai";
import { windowAt, windowEnd } from "../../../offchain/domain/units/window.ts";
import { SETTLEMENT_DEADLINE_SECONDS } from "../../../offchain/infrastructure/chain/deploySystem.ts";
import { setDirective } from "../fixtures/actAs.ts";
import { call } from "../fixtures/call.ts";
import { directive } from "../fixtures/directive.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { EPOCH_SECONDS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const WINDOW = windowAt(EPOCH_SECONDS);
const STRANGER = wallet("stranger");
const HALT = 1;
const VOID = 4;

describe("A2 GridDirectives pruneDirective: housekeeping by anybody", () => {
	const venue = useVenue(async () => ({}));
	const prune = (authority: number, kind: number, zoneId: number) =>
		venue().send(call(venue(), "GridDirectives", "pruneDirective", [authority, kind, zoneId]), STRANGER);
	const halted = async (windowId: number): Promise<boolean> => {
		const [, states] = await venue().read("AuditLens", "zones", [windowId]);
		return states[3].halted;
	};
	const deadline = (windowId: number) => windowEnd(windowId) + SETTLEMENT_DEADLINE_SECONDS;

	it("default: takes a directive out of the index once its last window can no longer settle", async () => {
		await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 1));
		await venue().warpTo(deadline(WINDOW + 1));
		await prune(1, HALT, 4);
		expect(await halted(WINDOW + 1), "no longer looked for").to.equal(false);
		expect(await venue().read("GridDirectives", "directive", [1]), "still on record").to.include({ authority: 1 });
	});

	it("error: a second too early, while a late settlement may need it", async () => {
		const id = await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 1));
		await venue().warpTo(deadline(WINDOW + 1) - 1);
		await expectRevert(prune(1, HALT, 4), "DirectiveStillNeeded", id);
		expect(await halted(WINDOW + 1)).to.equal(true);
	});

	it("error: while a newer one of the chain is in force", async () => {
		await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 1));
		const newer = await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 90));
		await venue().warpTo(deadline(WINDOW + 1));
		await expectRevert(prune(1, HALT, 4), "DirectiveStillNeeded", newer);
	});

	it("behavior: leaves every other chain alone, and a new directive enters the index again", async () => {
		await setDirective(venue(), directive("EGAT", "HALT", 5, WINDOW + 1));
		await setDirective(venue(), directive("PEA", "HALT", 4, WINDOW + 1));
		await venue().warpTo(deadline(WINDOW + 1) - 1800);
		await setDirective(venue(), directive("COUNCIL", "HALT", 4, windowAt(await venue().now()) + 2));
		await venue().warpTo(deadline(WINDOW + 1));
		await prune(1, HALT, 5);
		const now = windowAt(await venue().now());
		expect(await halted(now), "the council's").to.equal(true);
		await setDirective(venue(), directive("EGAT", "HALT", 5, now + 1));
		const [, states] = await venue().read("AuditLens", "zones", [now + 1]);
		expect(states[4].halted).to.equal(true);
	});

	it("error: voidings share one bit: not while anybody's may be needed", async () => {
		await setDirective(venue(), directive("EGAT", "VOID_WINDOW", 0, WINDOW + 1));
		const later = await setDirective(venue(), directive("COUNCIL", "VOID_WINDOW", 0, WINDOW + 3));
		await venue().warpTo(deadline(WINDOW + 2));
		for (const authority of [1, 4, 5]) {
			await expectRevert(prune(authority, VOID, 0), "DirectiveStillNeeded", later);
		}
		expect(await venue().read("GridDirectives", "isVoided", [WINDOW + 3])).to.equal(true);
		await venue().warpTo(deadline(WINDOW + 3));
		await prune(1, VOID, 0);
		expect(await venue().read("GridDirectives", "isVoided", [WINDOW + 3])).to.equal(false);
	});

	it("behavior: every chain there is can be pruned, up to the last zone's", async () => {
		for (const [authority, zoneId] of [
			[1, 0],
			[1, 16],
			[5, 16],
		] as const) {
			await setDirective(venue(), directive(authority === 1 ? "EGAT" : "COUNCIL", "HALT", zoneId, WINDOW + 1));
		}
		await venue().warpTo(deadline(WINDOW + 1));
		for (const zoneId of [0, 16]) await prune(1, HALT, zoneId);
		await prune(5, HALT, 16);
		const [, states] = await venue().read("AuditLens", "zones", [WINDOW + 1]);
		expect(states.some((state: { halted: boolean }) => state.halted)).to.equal(false);
	});

	it("error: a chain there cannot be, whose bit would be another's", async () => {
		await setDirective(venue(), directive("EGAT", "HALT", 4, WINDOW + 1));
		for (const [authority, kind, zoneId] of [
			[0, HALT, 21],
			[6, HALT, 4],
			[1, 0, 4],
			[1, 5, 4],
			[1, HALT, 17],
		] as const) {
			await expectRevert(prune(authority, kind, zoneId), "PowerNotGranted", authority, kind, zoneId);
		}
		expect(await halted(WINDOW + 1)).to.equal(true);
	});
});
