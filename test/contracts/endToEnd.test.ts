import { expect } from "chai";
import { hashTypedData, keccak256, toHex } from "viem";
import { settleWindow } from "../../offchain/domain/settlement/settleWindow.ts";
import { energyWh } from "../../offchain/domain/units/units.ts";
import { windowStart } from "../../offchain/domain/units/window.ts";
import { withdrawalTypedData } from "../../offchain/infrastructure/chain/contractCalls.ts";
import { readSettlementState } from "./fixtures/readSettlementState.ts";
import { createVenue, OPERATOR, type Venue } from "./fixtures/Venue.ts";
import { signFull } from "./fixtures/wallet.ts";

describe("C1–C10 one window end to end", () => {
	let venue: Venue;

	before(async () => {
		venue = await createVenue();
	});

	it("deposits, commits, settles with a short seller, issues, claims, withdraws and exits", async () => {
		const seller = await venue.trader("seller", { zoneId: 2, source: "rooftopSolar" });
		const buyer = await venue.trader("buyer", { zoneId: 1, source: "none" });
		const windowId = await venue.nextWindow();
		const sell = venue.order(seller, { side: "sell", windowId });
		const buy = venue.order(buyer, { side: "buy", windowId });
		const trade = venue.trade(sell, buy, { energyWh: energyWh(1000), lossWh: energyWh(20) });
		const plan = venue.plan(windowId, [sell, buy], [trade]);
		await venue.commit(plan);
		// 510 of 1020 Wh injected: half of the energy arrives.
		const reading = { meterId: seller.meterId, exportedWh: 510, zoneId: 2 };
		const state = await readSettlementState(venue, plan);
		const expected = settleWindow(plan, [reading], state);
		const receipt = await venue.settleChunk(windowId, plan.chunks[0]!, venue.readingBatches(windowId, [reading]));

		expect(expected.trades[0]).to.include({ code: 0, deliveredWh: 500, lostWh: 10, shortWh: 500 });
		const settled = venue.facts(receipt).find((fact) => fact.kind === "WindowSettled");
		expect(new Map(settled?.deltas.map((delta) => [delta.account, delta.deltaMsat]))).to.deep.equal(
			expected.deltasMsat,
		);
		expect(await venue.balanceMsat(buyer.address)).to.equal(1_000_000_000 - 500 * 120 + 500 * 190);
		expect(await venue.balanceMsat(seller.address)).to.equal(1_000_000_000 + 500 * 110 - 500 * 190);

		await venue.send(venue.calls.issueCertificates(windowId, 0, venue.recordOf(receipt)), buyer);
		const id = await venue.read("CertificateRegistry", "certificateId", [seller.meterId, windowId]);
		expect(await venue.read("CertificateRegistry", "balanceOf", [buyer.address, id])).to.equal(500n);
		await venue.send(venue.calls.claimCertificate(id, 200n, "0x"), buyer);
		expect(await venue.read("CertificateRegistry", "claimedBalanceOf", [buyer.address, id])).to.equal(200n);
		expect(await venue.read("CertificateRegistry", "retiredCarbonMilligrams", [buyer.address, id])).to.equal(90_000n);

		const withdrawal = { account: buyer.address, amountSat: 10n, nonce: 1n, deadlineSeconds: 10n ** 12n };
		const consent = signFull(OPERATOR, hashTypedData(withdrawalTypedData(venue.deployment, withdrawal)));
		await venue.send(venue.calls.withdraw(10n, 1n, 10n ** 12n, consent), buyer);
		expect(await venue.read("SatoshiToken", "balanceOf", [buyer.address])).to.equal(10n);

		await venue.send(venue.calls.requestExit(), seller);
		await venue.warpTo(Number(await venue.read("CollateralVault", "exitDueAt", [seller.address])));
		await venue.send(venue.calls.exit(seller.address), buyer);
		expect(await venue.read("SatoshiToken", "balanceOf", [seller.address])).to.equal(999_960n);
	});

	it("A1 A2 a HALT by EGAT's Safe skips the trades of its zone and no others", async () => {
		const sellers = [await venue.trader("halted", { zoneId: 3 }), await venue.trader("free", { zoneId: 4 })];
		const buyer = await venue.trader("buyer of both", { zoneId: 5, source: "none" });
		const windowId = await venue.nextWindow();
		const sells = sellers.map((seller) => venue.order(seller, { side: "sell", windowId }));
		const buys = [1, 2].map((sequence) => venue.order(buyer, { side: "buy", windowId, sequence }));
		const trades = sells.map((sell, i) => venue.trade(sell, buys[i]!));
		const plan = venue.plan(windowId, [...sells, ...buys], trades);
		await venue.warpTo(windowStart(windowId) - 600);
		await venue.commit(plan);
		const halt = {
			authority: "EGAT",
			kind: "HALT",
			zoneId: 3,
			fromWindow: windowId,
			toWindow: windowId,
			value: 0,
		} as const;
		const reasonHash = keccak256(toHex("EGAT order 1/2570"));
		const set = await venue.bySafe("EGAT", venue.calls.setDirective({ ...halt, reasonHash }));
		expect(venue.facts(set)).to.deep.equal([
			{ kind: "DirectiveSet", directive: { directiveId: 1, ...halt, reasonHash } },
		]);
		const readings = sellers.map((seller) => ({ meterId: seller.meterId, exportedWh: 2000, zoneId: seller.zoneId }));
		const expected = settleWindow(plan, readings, await readSettlementState(venue, plan));
		expect(expected.trades.map(({ code }) => code)).to.deep.equal([27, 0]);
		const receipt = await venue.settleChunk(windowId, plan.chunks[0]!, venue.readingBatches(windowId, readings));
		const settled = venue.facts(receipt).find((fact) => fact.kind === "WindowSettled");
		expect(new Map(settled?.deltas.map((delta) => [delta.account, delta.deltaMsat]))).to.deep.equal(
			expected.deltasMsat,
		);
		expect(await venue.balanceMsat(sellers[0]!.address)).to.equal(1_000_000_000);
		expect(await venue.balanceMsat(sellers[1]!.address)).to.equal(1_000_000_000 + 110_000);
	});
});
