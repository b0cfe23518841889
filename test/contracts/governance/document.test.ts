import { readFileSync } from "node:fs";
import { expect } from "chai";
import { windowEnd } from "../../../offchain/domain/units/window.ts";
import type { ContractName } from "../../../offchain/infrastructure/chain/Deployment.ts";
import { loadArtifact } from "../../../offchain/infrastructure/chain/loadArtifact.ts";
import { readGovernance } from "../../../offchain/infrastructure/chain/readGovernance.ts";
import { RESTRICTED_FUNCTIONS } from "../../../offchain/infrastructure/chain/restrictedFunctions.ts";
import { ROLES } from "../../../offchain/infrastructure/chain/roles.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { OPERATOR } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const TEXT = readFileSync(new URL("../../../docs/GOVERNANCE.md", import.meta.url), "utf8");

/** The rows of the table under a heading, by column. */
function table(heading: string): Record<string, string>[] {
	const section = TEXT.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
	if (section === undefined) throw new Error(`docs/GOVERNANCE.md has no section ${heading}`);
	const rows = section
		.split("\n")
		.filter((line) => line.startsWith("|"))
		.map((line) =>
			line
				.slice(1, -1)
				.split("|")
				.map((cell) => cell.trim()),
		);
	const [columns = [], , ...body] = rows;
	return body.map((cells) => Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ""])));
}

function seconds(what: string): number {
	const row = table("Times").find((each) => each.what === what);
	return Number(row?.seconds);
}

describe("A1 A2 C10 docs/GOVERNANCE.md says what is deployed", () => {
	const venue = useVenue(async (made) => ({
		...(await pair(made)),
		facts: await readGovernance(made.publicClient, made.deployment),
	}));
	const fact = (subject: string) => venue().facts.get(subject);

	it("the multisigs and their thresholds", () => {
		const rows = table("The multisigs");
		expect(rows.map((row) => row.safe)).to.deep.equal(["EGAT", "MEA", "PEA", "ERC", "COUNCIL"]);
		for (const row of rows) expect(fact(`safe ${row.safe} threshold`)).to.equal(row.threshold);
	});

	it("the roles: numbers, holders, who appoints them, delays", () => {
		const rows = table("Roles");
		const names = Object.keys(ROLES).filter((name) => name !== "PUBLIC");
		expect(rows.map((row) => row.role)).to.deep.equal(names);
		for (const row of rows) {
			const subject = `role ${row.role} (${row.number})`;
			expect(fact(`${subject} appointed by`), subject).to.equal(row["appointed and dismissed by"]);
			const holders = fact(`${subject} held by`) ?? "";
			const delay = /after (\d+ s)/.exec(holders)?.[1] ?? "0 s";
			expect(delay, subject).to.equal(row["delay of what it does"]);
			const [safe] = /^[A-Z]+(?= Safe$)/.exec(row["held by"] ?? "") ?? [];
			if (safe !== undefined) {
				expect(holders.split(" ")[0], subject).to.equal(venue().deployment.safes[safe as "EGAT"]);
			} else {
				expect(holders === "none", subject).to.equal(row["held by"] === "nobody");
			}
		}
	});

	it("every function that changes state, and none besides", () => {
		const compiled = [...new Set(table("Functions").map((row) => row.contract as ContractName))].flatMap((name) =>
			loadArtifact(name).abi.flatMap((item) =>
				item.type === "function" && item.stateMutability !== "view" && item.stateMutability !== "pure"
					? [`${name}.${item.name}`]
					: [],
			),
		);
		expect(table("Functions").map((row) => `${row.contract}.${row.function}`)).to.have.members(compiled);
		expect(new Set(table("Functions").map((row) => row.contract)).size).to.equal(7);
	});

	it("which of them ask the manager, and for which role: in the sources, on chain and here", () => {
		const asking = table("Functions").filter((row) => row["by the manager"] === "yes");
		const inSources = [...new Set(table("Functions").map((row) => row.contract))].flatMap((name) => {
			const source = readFileSync(new URL(`../../../contracts/${name}.sol`, import.meta.url), "utf8");
			return [...source.matchAll(/function (\w+)\([^)]*\)[^{;]*\brestricted\b/g)].map(([, each]) => `${name}.${each}`);
		});
		expect(asking.map((row) => `${row.contract}.${row.function}`)).to.have.members(inSources);
		for (const row of asking) {
			const [subject] = [...venue().facts.keys()].filter((each) =>
				each.startsWith(`function ${row.contract}.${row.function}(`),
			);
			expect(venue().facts.get(subject ?? ""), subject).to.equal(row["who may call"]);
		}
		for (const { contract, signature, role } of RESTRICTED_FUNCTIONS.filter(({ role: each }) => each === "ADMIN")) {
			const row = asking.find((each) => each.contract === contract && signature.startsWith(`${each.function}(`));
			expect(row?.["bounds and waits"], role).to.equal(`${seconds("delay of the administrator")} s`);
		}
	});

	it("every directive's bounds", () => {
		const rows = table("Directives");
		expect(rows.length).to.equal(20);
		for (const { authority, kind, zones, longest, cooldown } of rows) {
			const words = zones === "none" ? "none" : `zones ${zones}; ≤ ${longest} windows; cooldown ${cooldown}`;
			expect(fact(`directive ${authority} ${kind}`), `${authority} ${kind}`).to.equal(words);
		}
		expect(TEXT).to.contain(fact("directives at most ahead"));
	});

	describe("the times, measured", () => {
		it("notice of rules, delay of the administrator", () => {
			expect(fact("rules notice")).to.equal(`${seconds("notice of new market rules")} s`);
			const delay = seconds("delay of the administrator");
			expect(fact("role ADMIN (0) held by")).to.contain(`after ${delay} s`);
			expect(seconds("exit, at most, from request to payment")).to.be.below(delay);
		});

		it("the exit", async () => {
			const exits: number[] = [];
			for (const second of [1, 449, 898, 899]) {
				const snapshot = await venue().snapshot();
				const start = Math.floor((await venue().now()) / 900 + 4) * 900;
				await venue().warpTo(start + second - 1);
				await venue().send(venue().calls.requestExit(), wallet("leaver"));
				const due = await venue().read("CollateralVault", "exitDueAt", [wallet("leaver").address]);
				exits.push(Number(due) - (await venue().now()));
				await venue().restore(snapshot);
			}
			const most = seconds("exit, at most, from request to payment");
			expect(Math.max(...exits)).to.be.within(most - 2, most);
		});

		it("window, commitment, operator's hour, missing reading, settlement deadline", async () => {
			const { seller, buyer } = venue();
			const windowId = (await venue().nextWindow()) + 4;
			expect(windowEnd(windowId) - windowEnd(windowId - 1)).to.equal(seconds("delivery window"));
			const sell = venue().order(seller, { side: "sell", windowId });
			const buy = venue().order(buyer, { side: "buy", windowId });
			const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
			const [chunk] = plan.chunks;
			if (chunk === undefined) throw new Error("no chunk");
			const start = windowEnd(windowId - 1);
			const lead = seconds("commitment: earliest before the window starts");
			await venue().warpTo(start - lead - 2);
			await expectRevert(
				venue().send(venue().calls.commitWindow(plan), OPERATOR),
				"CommitTooEarly",
				windowId,
				start - lead,
			);
			await venue().warpTo(start - lead);
			await venue().send(venue().calls.commitWindow(plan), OPERATOR);

			const end = windowEnd(windowId);
			const settle = (from: typeof OPERATOR) => venue().send(venue().calls.settleChunk(windowId, chunk, []), from);
			const anybody = wallet("anybody");
			await venue().warpTo(end + 1);
			const openAt = end + seconds("settlement by the operator alone, after the window's end");
			await expectRevert(settle(anybody), "SettlementReserved", windowId, openAt);
			const graceEnds = end + seconds("a missing reading holds settlement up, after the window's end");
			await expectRevert(settle(OPERATOR), "ReadingMissing", seller.meterId, graceEnds);
			await venue().warpTo(openAt);
			await expectRevert(settle(anybody), "ReadingMissing", seller.meterId, graceEnds);
			const deadline = end + seconds("settlement deadline, after the window's end");
			const expire = () => venue().send(venue().calls.expireWindow(windowId), anybody);
			await expectRevert(expire(), "WindowNotExpired", windowId, deadline);
			await venue().warpTo(deadline);
			await expectRevert(settle(anybody), "SettlementTooLate", windowId, deadline);
			await expire();
		});
	});
});
