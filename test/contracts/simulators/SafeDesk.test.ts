import { expect } from "chai";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import type { DirectiveOrder } from "../../../offchain/infrastructure/chain/contractCalls.ts";
import { SafeDesk } from "../../../offchain/simulators/authorities/SafeDesk.ts";
import { AUTHORITY_OWNERS, createVenue, OPERATOR, type Venue } from "../fixtures/Venue.ts";

describe("A1 A2 the simulated authority's desk on a real Safe", () => {
	let venue: Venue;

	before(async () => {
		venue = await createVenue();
	});

	async function desk(owners: number): Promise<SafeDesk> {
		return new SafeDesk({
			deployment: venue.deployment,
			authority: "EGAT",
			ownerKeys: AUTHORITY_OWNERS.EGAT.slice(0, owners).map(({ key }) => key),
			publicClient: venue.publicClient,
			walletClient: await venue.walletClient(OPERATOR),
		});
	}

	async function halt(zoneId: number): Promise<DirectiveOrder> {
		const windowId = windowAt(await venue.now()) + 3;
		return {
			authority: "EGAT",
			kind: "HALT",
			zoneId,
			fromWindow: windowId,
			toWindow: windowId,
			value: 0,
			reasonHash: `0x${"ab".repeat(32)}`,
		};
	}

	it("default: two of three owners halt a zone, and the chain tells", async () => {
		const order = await halt(10);
		const egat = await desk(2);
		const { transactionHash } = await egat.execute(order);
		expect(transactionHash).to.match(/^0x[0-9a-f]{64}$/);
		expect(await egat.directivesFor(order.fromWindow)).to.deep.equal([
			{ kind: "HALT", zoneId: 10, fromWindow: order.fromWindow, toWindow: order.toWindow },
		]);
		expect(await egat.directivesFor(order.fromWindow + 1)).to.deep.equal([]);
	});

	it("error: one owner alone cannot", async () => {
		const error = await (await desk(1)).execute(await halt(11)).catch((reason: unknown) => reason);
		expect(error).to.be.instanceOf(Error);
	});

	it("error: nobody acts for another authority", async () => {
		const order = { ...(await halt(12)), authority: "PEA" as const };
		const error = await (await desk(2)).execute(order).catch((reason: unknown) => reason);
		expect(String(error)).to.contain("cannot act for PEA");
	});
});
