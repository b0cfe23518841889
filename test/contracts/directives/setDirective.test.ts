import { expect } from "chai";
import { windowAt, windowEnd } from "../../../offchain/domain/units/window.ts";
import { setDirective } from "../fixtures/actAs.ts";
import { band, directive } from "../fixtures/directive.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { EPOCH_SECONDS } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);
const HORIZON_WINDOWS = 672;

describe("A2 GridDirectives setDirective", () => {
	const venue = useVenue(async () => ({}));

	it("default: is recorded with authority, zone, range, value and the hash of the legal order", async () => {
		const order = directive("EGAT", "CAP", 3, WINDOW + 1, 5000, WINDOW + 4);
		const receipt = await venue().sendAs(venue().deployment.safes.EGAT, venue().calls.setDirective(order));
		const range = { fromWindow: WINDOW + 1, toWindow: WINDOW + 4, value: 5000n };
		expect(eventsOf(receipt, "GridDirectives")).to.deep.equal([
			{
				name: "DirectiveSet",
				args: { directiveId: 1, authority: 1, kind: 2, zoneId: 3, ...range, reasonHash: order.reasonHash },
			},
		]);
		const { timestamp } = await venue().publicClient.getBlock();
		expect(await venue().read("GridDirectives", "directive", [1])).to.deep.equal({
			...range,
			previousId: 0,
			setAt: Number(timestamp),
			authority: 1,
			kind: 2,
			zoneId: 3,
			lifted: false,
		});
		expect(await venue().read("GridDirectives", "directiveCount")).to.equal(1);
		expect(await venue().read("GridDirectives", "newestDirective", [1, 2, 3])).to.equal(1);
	});

	describe("never retroactive", () => {
		it("error: for a window that runs or is over", async () => {
			for (const from of [WINDOW - 1, WINDOW]) {
				await expectRevert(
					setDirective(venue(), directive("EGAT", "HALT", 1, from, 0, WINDOW + 2)),
					"DirectiveRetroactive",
					from,
					WINDOW + 1,
				);
			}
			await setDirective(venue(), directive("EGAT", "HALT", 1, WINDOW + 1));
		});

		it("error: in the last second before the window no more than in the first of it", async () => {
			await venue().warpTo(EPOCH_SECONDS + 898);
			await setDirective(venue(), directive("EGAT", "HALT", 1, WINDOW + 1));
			await venue().warpTo(EPOCH_SECONDS + 900);
			await expectRevert(
				setDirective(venue(), directive("EGAT", "HALT", 2, WINDOW + 1)),
				"DirectiveRetroactive",
				WINDOW + 1,
				WINDOW + 2,
			);
		});

		it("behavior: a voiding reaches windows that are delivered and may still settle, and none before", async () => {
			// The settlement deadline is a day after the window's end.
			const oldestOpen = windowAt(EPOCH_SECONDS - 86_400);
			expect(windowEnd(oldestOpen) + 86_400).to.be.above(EPOCH_SECONDS);
			await expectRevert(
				setDirective(venue(), directive("ERC", "VOID_WINDOW", 0, oldestOpen - 1)),
				"DirectiveRetroactive",
				oldestOpen - 1,
				oldestOpen,
			);
			await setDirective(venue(), directive("ERC", "VOID_WINDOW", 0, oldestOpen));
			expect(await venue().read("GridDirectives", "isVoided", [oldestOpen])).to.equal(true);
		});
	});

	it("error: farther ahead than a week", async () => {
		const latest = WINDOW + HORIZON_WINDOWS;
		await expectRevert(
			setDirective(venue(), directive("EGAT", "HALT", 1, latest + 1)),
			"DirectiveTooFarAhead",
			latest + 1,
			latest,
		);
		await setDirective(venue(), directive("EGAT", "HALT", 1, latest));
	});

	it("error: a range that ends before it begins, or never", async () => {
		const backwards = directive("EGAT", "HALT", 1, WINDOW + 2, 0, WINDOW + 1);
		await expectRevert(setDirective(venue(), backwards), "DirectiveRangeInvalid", WINDOW + 2, WINDOW + 1);
		const endless = directive("EGAT", "HALT", 1, WINDOW + 1, 0, 2 ** 32 - 1);
		await expectRevert(setDirective(venue(), endless), "DirectiveRangeInvalid", WINDOW + 1, 2 ** 32 - 1);
	});

	it("error: without a legal order", async () => {
		const order = { ...directive("EGAT", "HALT", 1, WINDOW + 1), reasonHash: `0x${"00".repeat(32)}` as const };
		await expectRevert(setDirective(venue(), order), "ReasonRequired");
	});

	it("behavior: a band may use every bit it has", async () => {
		const id = await setDirective(venue(), directive("ERC", "PRICE_BAND", 1, WINDOW + 1, 2 ** 32 - 1));
		expect(await venue().read("GridDirectives", "directive", [id])).to.include({ value: 2n ** 32n - 1n });
	});

	it("error: a value the kind has no use for", async () => {
		await expectRevert(setDirective(venue(), directive("EGAT", "HALT", 1, WINDOW + 1, 1)), "InvalidValue", 1, 1);
		await expectRevert(setDirective(venue(), directive("ERC", "VOID_WINDOW", 0, WINDOW + 1, 1)), "InvalidValue", 4, 1);
		await expectRevert(
			setDirective(venue(), directive("ERC", "PRICE_BAND", 1, WINDOW + 1, 2 ** 32)),
			"InvalidValue",
			3,
			2 ** 32,
		);
	});

	it("behavior: an empty band is a halt, not a market without limits", async () => {
		await setDirective(venue(), directive("ERC", "PRICE_BAND", 5, WINDOW + 1, band(30, 20)));
		const [, zones] = await venue().read("AuditLens", "zones", [WINDOW + 1]);
		expect(zones[4]).to.include({ halted: true, banded: true });
		expect(zones[5]).to.include({ halted: false, banded: false });
	});
});
