import { expect } from "chai";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import type { DirectiveOrder } from "../../../offchain/infrastructure/chain/contractCalls.ts";
import { SAFE_NAMES, type SafeName } from "../../../offchain/infrastructure/chain/Deployment.ts";
import { AUTHORITY_NUMBERS } from "../../../offchain/infrastructure/chain/roles.ts";
import { setDirective } from "../fixtures/actAs.ts";
import { call } from "../fixtures/call.ts";
import { band, directive } from "../fixtures/directive.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { ATTESTERS, AUTHORITY_OWNERS, DEPLOYER, EPOCH_SECONDS, OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);
const KINDS = ["HALT", "CAP", "PRICE_BAND", "VOID_WINDOW"] as const;
type Kind = (typeof KINDS)[number];
type Bounds = { zones: readonly number[]; maxWindows: number; cooldownWindows: number };

const MARKET = [0];
const EVERYWHERE = Array.from({ length: 17 }, (_, zone) => zone);
const PEA_ZONES = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

/** What each authority may do, written down once more: zones (0 = every zone at once), longest, cooldown. */
const POWERS: Record<SafeName, Partial<Record<Kind, Bounds>>> = {
	EGAT: {
		HALT: { zones: EVERYWHERE, maxWindows: 96, cooldownWindows: 4 },
		CAP: { zones: EVERYWHERE, maxWindows: 192, cooldownWindows: 4 },
		VOID_WINDOW: { zones: MARKET, maxWindows: 8, cooldownWindows: 96 },
	},
	MEA: {
		HALT: { zones: [1], maxWindows: 48, cooldownWindows: 4 },
		CAP: { zones: [1], maxWindows: 96, cooldownWindows: 4 },
	},
	PEA: {
		HALT: { zones: PEA_ZONES, maxWindows: 48, cooldownWindows: 4 },
		CAP: { zones: PEA_ZONES, maxWindows: 96, cooldownWindows: 4 },
	},
	ERC: {
		HALT: { zones: EVERYWHERE, maxWindows: 96, cooldownWindows: 96 },
		PRICE_BAND: { zones: EVERYWHERE, maxWindows: 672, cooldownWindows: 96 },
		VOID_WINDOW: { zones: MARKET, maxWindows: 8, cooldownWindows: 96 },
	},
	COUNCIL: {
		HALT: { zones: EVERYWHERE, maxWindows: 672, cooldownWindows: 0 },
		CAP: { zones: EVERYWHERE, maxWindows: 672, cooldownWindows: 0 },
		PRICE_BAND: { zones: EVERYWHERE, maxWindows: 672, cooldownWindows: 0 },
		VOID_WINDOW: { zones: MARKET, maxWindows: 96, cooldownWindows: 0 },
	},
};

describe("A2 A4 GridDirectives: every authority's bounds", () => {
	const venue = useVenue(async () => ({}));
	const order = (authority: SafeName, kind: Kind, zoneId: number, from: number, to = from): DirectiveOrder =>
		directive(authority, kind, zoneId, from, kind === "PRICE_BAND" ? band(10, 20) : kind === "CAP" ? 1000 : 0, to);

	for (const authority of SAFE_NAMES) {
		for (const kind of KINDS) {
			const bounds = POWERS[authority][kind];
			const firstZone = bounds?.zones[0] ?? 1;

			it(`${authority} ${kind}: ${bounds === undefined ? "none" : `${bounds.zones.length} zones, ≤ ${bounds.maxWindows} windows, cooldown ${bounds.cooldownWindows}`}`, async () => {
				for (let zoneId = 0; zoneId <= 17; zoneId += 1) {
					const attempt = setDirective(venue(), order(authority, kind, zoneId, WINDOW + 1));
					if (bounds?.zones.includes(zoneId)) await attempt;
					else
						await expectRevert(
							attempt,
							"PowerNotGranted",
							AUTHORITY_NUMBERS[authority],
							KINDS.indexOf(kind) + 1,
							zoneId,
						);
				}
			});

			if (bounds === undefined) continue;

			it(`${authority} ${kind}: error: one window longer than allowed`, async () => {
				const { maxWindows } = bounds;
				const to = WINDOW + maxWindows;
				await expectRevert(
					setDirective(venue(), order(authority, kind, firstZone, WINDOW + 1, to + 1)),
					"DirectiveTooLong",
					maxWindows + 1,
					maxWindows,
				);
				await setDirective(venue(), order(authority, kind, firstZone, WINDOW + 1, to));
			});

			it(`${authority} ${kind}: error: again before the cooldown is over, or overlapping`, async () => {
				await setDirective(venue(), order(authority, kind, firstZone, WINDOW + 1, WINDOW + 2));
				const earliest = WINDOW + 3 + bounds.cooldownWindows;
				for (const from of [WINDOW + 1, WINDOW + 2, earliest - 1]) {
					await expectRevert(
						setDirective(venue(), order(authority, kind, firstZone, from)),
						"DirectiveCoolingDown",
						earliest,
					);
				}
				await setDirective(venue(), order(authority, kind, firstZone, earliest));
			});
		}
	}

	it("the table on chain says the same for every pair, and nothing for any other", async () => {
		for (let authority = 0; authority <= 6; authority += 1) {
			for (let kind = 0; kind <= 5; kind += 1) {
				const name = SAFE_NAMES.find((each) => AUTHORITY_NUMBERS[each] === authority);
				const bounds = name === undefined ? undefined : POWERS[name][KINDS[kind - 1] as Kind];
				const power = await venue().read("GridDirectives", "power", [authority, kind]);
				expect(power, `authority ${authority} kind ${kind}`).to.deep.equal({
					zones: bounds?.zones.reduce((bits, zone) => bits | (1 << zone), 0) ?? 0,
					maxWindows: bounds?.maxWindows ?? 0,
					cooldownWindows: bounds?.cooldownWindows ?? 0,
				});
			}
		}
	});

	it("behavior: cooldowns of kinds, zones and authorities are separate", async () => {
		await setDirective(venue(), order("EGAT", "HALT", 1, WINDOW + 1));
		await setDirective(venue(), order("EGAT", "HALT", 2, WINDOW + 1));
		await setDirective(venue(), order("EGAT", "HALT", 0, WINDOW + 1));
		await setDirective(venue(), order("EGAT", "CAP", 1, WINDOW + 1));
		await setDirective(venue(), order("MEA", "HALT", 1, WINDOW + 1));
	});

	describe("forged authority", () => {
		const forged = (authority: number) =>
			call(venue(), "GridDirectives", "setDirective", [
				authority,
				1,
				1,
				WINDOW + 1,
				WINDOW + 1,
				0,
				`0x${"11".repeat(32)}`,
			]);

		it("error: one authority's Safe in the name of another", async () => {
			for (const by of SAFE_NAMES) {
				for (const name of SAFE_NAMES.filter((each) => each !== by)) {
					const safe = venue().deployment.safes[by];
					const number = AUTHORITY_NUMBERS[name];
					await expectRevert(venue().sendAs(safe, forged(number)), "NotAuthority", safe, number);
				}
			}
		});

		it("error: a single owner, registrar, attester, operator or the deployer", async () => {
			for (const from of [AUTHORITY_OWNERS.EGAT[0], REGISTRARS.EGAT, ATTESTERS.EGAT, OPERATOR, DEPLOYER]) {
				await expectRevert(venue().send(forged(1), from), "NotAuthority", from.address, 1);
			}
		});

		it("error: a role that is no authority, even for its holder", async () => {
			// 11 is EGAT's registrar, 20 the operator; in the manager they are roles like 1 to 5.
			await expectRevert(venue().send(forged(11), REGISTRARS.EGAT), "NotAuthority", REGISTRARS.EGAT.address, 11);
			await expectRevert(venue().send(forged(20), OPERATOR), "NotAuthority", OPERATOR.address, 20);
			await expectRevert(venue().send(forged(0), OPERATOR), "NotAuthority", OPERATOR.address, 0);
		});
	});
});
