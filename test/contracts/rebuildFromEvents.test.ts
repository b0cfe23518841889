import { expect } from "chai";
import { type Abi, type Hex, hashTypedData, type Log, parseEventLogs } from "viem";
import { decodeRecord } from "../../offchain/domain/settlement/decodeRecord.ts";
import { withdrawalTypedData } from "../../offchain/infrastructure/chain/contractCalls.ts";
import { loadArtifact } from "../../offchain/infrastructure/chain/loadArtifact.ts";
import { liftDirective, setDirective } from "./fixtures/actAs.ts";
import { call } from "./fixtures/call.ts";
import { directive } from "./fixtures/directive.ts";
import { settleSales } from "./fixtures/settledWindow.ts";
import { useVenue } from "./fixtures/useVenue.ts";
import { OPERATOR, REGISTRARS } from "./fixtures/Venue.ts";
import { signFull, wallet } from "./fixtures/wallet.ts";

const DEVICE = wallet("device");
const CONTRACTS = [
	"CollateralVault",
	"MeterRegistry",
	"GridDirectives",
	"WindowSettlement",
	"CertificateRegistry",
] as const;
// biome-ignore lint/suspicious/noExplicitAny: arguments of whatever event comes, read by name
type Event = { eventName: string; args: any };

/** A market's day, and everything it left on chain told again from its events alone. */
describe("C8 invariant: events rebuild every balance, fill, directive, licence, meter, key and certificate", () => {
	const venue = useVenue(async (made) => {
		const seller = await made.trader("seller", { zoneId: 2, source: "rooftopSolar" });
		const other = await made.trader("other seller", { zoneId: 3, source: "wind" });
		const buyer = await made.trader("buyer", { zoneId: 1, source: "none" });
		const leaver = await made.trader("leaver", { zoneId: 5, source: "gas" }, 500n);
		const windowId = await made.nextWindow();
		const sales = [
			{ seller, buyer, energyWh: 700 },
			{ seller, buyer, energyWh: 500 },
			{ seller: other, buyer, energyWh: 300 },
		];
		await made.send(made.calls.requestExit(), leaver);
		await made.send(made.calls.setDelegate(DEVICE.address, windowId + 9), buyer);
		const cap = await setDirective(made, directive("EGAT", "CAP", 7, windowId, 1000, windowId + 3));
		await setDirective(made, directive("PEA", "HALT", 9, windowId + 2));
		const { records } = await settleSales(made, windowId, sales, new Map([[seller.meterId, 900]]), 2);
		await liftDirective(made, cap, "COUNCIL");
		for (const [chunk, record] of records.entries()) {
			await made.send(made.calls.issueCertificates(windowId, chunk, record), OPERATOR);
		}
		const ids: bigint[] = [];
		for (const { meterId } of [seller, other]) {
			ids.push(BigInt(await made.read("CertificateRegistry", "certificateId", [meterId, windowId])));
		}
		const move = [buyer.address, seller.address, ids, [10n, 20n], "0x"];
		await made.send(call(made, "CertificateRegistry", "safeBatchTransferFrom", move), buyer);
		await made.send(made.calls.claimCertificate(ids[0] as bigint, 100n, "0x"), buyer);
		const claims = [buyer.address, other.address, ids, [1n, 2n], "0x", ["0x", "0x"]];
		await made.send(call(made, "CertificateRegistry", "safeBatchTransferAndClaimFrom", claims), buyer);
		await made.sendAs(
			made.deployment.safes.PEA,
			made.calls.revokeCertificate(ids[1] as bigint, `0x${"01".repeat(32)}`),
		);
		await made.send(made.calls.raiseEpoch(), seller);
		await made.send(made.calls.revokeLicence(other.address), REGISTRARS.ERC);
		await made.send(made.calls.deactivateMeter(other.meterId), REGISTRARS.PEA);
		await made.sendAs(made.deployment.safes.MEA, made.calls.setAttester("MEA", DEVICE.address, true));
		await made.send(made.calls.requestExit(), buyer);
		await made.send(made.calls.cancelExit(), buyer);
		const message = { account: seller.address, amountSat: 5n, nonce: 3n, deadlineSeconds: 10n ** 12n };
		const consent = signFull(OPERATOR, hashTypedData(withdrawalTypedData(made.deployment, message)));
		await made.send(made.calls.withdraw(5n, 3n, 10n ** 12n, consent), seller);
		const due = Number(await made.read("CollateralVault", "exitDueAt", [leaver.address]));
		if ((await made.now()) < due) await made.warpTo(due);
		await made.send(made.calls.exit(leaver.address), OPERATOR);
		await made.send(made.calls.requestExit(), other);
		const events = await everyEvent(made);
		return { people: [seller, other, buyer, leaver], buyer, windowId, ids, events };
	});

	async function everyEvent(made: {
		publicClient: { getLogs: (range: object) => Promise<unknown> };
	}): Promise<Event[]> {
		const abi = CONTRACTS.flatMap((name) => loadArtifact(name).abi) as Abi;
		const logs = (await made.publicClient.getLogs({ fromBlock: 0n, toBlock: "latest" })) as Log[];
		return parseEventLogs({ abi, logs }) as unknown as Event[];
	}
	const events = (...names: string[]) => venue().events.filter(({ eventName }) => names.includes(eventName));
	const same = (one: string, two: string) => one.toLowerCase() === two.toLowerCase();
	const sum = (values: readonly bigint[]) => values.reduce<bigint>((total, value) => total + value, 0n);

	it("balances of every account, the charges' receivers included", async () => {
		const balances = new Map<string, bigint>();
		const add = (account: string, change: bigint) =>
			balances.set(account.toLowerCase(), (balances.get(account.toLowerCase()) ?? 0n) + change);
		for (const { eventName, args } of events("Deposited", "Withdrawn", "BalancesSettled")) {
			if (eventName === "Deposited") add(args.account, args.amountMsat);
			else if (eventName === "Withdrawn") add(args.account, -BigInt(args.amountMsat));
			else {
				for (let at = 2; at < args.deltas.length; at += 64) {
					add(
						`0x${args.deltas.slice(at, at + 40)}`,
						BigInt.asIntN(96, BigInt(`0x${args.deltas.slice(at + 40, at + 64)}`)),
					);
				}
			}
		}
		expect(balances.size).to.be.above(6);
		for (const [account, balance] of balances) {
			expect(await venue().read("CollateralVault", "balanceOf", [account]), account).to.equal(balance);
		}
		expect(sum([...balances.values()])).to.equal(await venue().read("CollateralVault", "totalMsat"));
	});

	it("exits, epochs and licences", async () => {
		for (const { address } of venue().people) {
			let exitFromWindow = 0;
			let epoch = 0;
			let licensedUntilWindow = 0;
			let licence = { tier: 0, validUntil: 0 };
			for (const { eventName, args } of venue().events.filter((each) => same(String(each.args.account), address))) {
				if (eventName === "ExitRequested") exitFromWindow = args.effectiveWindow;
				if (eventName === "ExitCancelled" || (eventName === "Withdrawn" && args.exit)) exitFromWindow = 0;
				if (eventName === "EpochRaised") epoch = args.epoch;
				if (eventName === "LicenceNoted") licensedUntilWindow = args.licensedUntilWindow;
				if (eventName === "ParticipantLicensed") licence = { tier: args.tier, validUntil: args.validUntil };
				if (eventName === "LicenceRevoked") licence = { ...licence, validUntil: args.effectiveWindow * 900 };
			}
			const [account] = await venue().read("AuditLens", "accounts", [[address]]);
			expect(account).to.include({ exitFromWindow, epoch, licensedUntilWindow, ...licence });
		}
	});

	it("meters, attesters and delegates", async () => {
		const registered = events("MeterRegistered");
		expect(registered.length).to.equal(4);
		for (const { args } of registered) {
			const { meterId, ...fields } = args;
			const ended = events("MeterDeactivated").find((each) => each.args.meterId === meterId);
			const [meter] = await venue().read("AuditLens", "meters", [[meterId]]);
			expect(meter).to.deep.equal({ ...fields, activeUntilWindow: ended?.args.effectiveWindow ?? 0xffffff });
		}
		for (const { args } of events("AttesterSet")) {
			const licensee = await venue().read("MeterRegistry", "attesterLicensee", [args.attester]);
			expect(licensee).to.equal(args.allowed ? args.licensee : 0);
		}
		for (const { args } of events("DelegateSet")) {
			const signs = (window: number) =>
				venue().read("MeterRegistry", "isDelegate", [args.account, args.device, window]);
			expect([await signs(args.untilWindow - 1), await signs(args.untilWindow)]).to.deep.equal([true, false]);
		}
	});

	it("directives", async () => {
		const set = events("DirectiveSet");
		expect(set.length).to.equal(2);
		for (const { args } of set) {
			const lifted = events("DirectiveLifted").find((each) => each.args.directiveId === args.directiveId);
			const { authority, kind, zoneId, fromWindow, value } = args;
			const toWindow = lifted?.args.lastWindow ?? args.toWindow;
			expect(await venue().read("GridDirectives", "directive", [args.directiveId])).to.include({
				...{ authority, kind, zoneId, fromWindow, value, toWindow },
				lifted: lifted !== undefined,
			});
		}
	});

	it("windows, and what was filled of every buy", async () => {
		const { windowId, buyer } = venue();
		const chunks = events("ChunkSettled");
		expect(chunks.map(({ args }) => args.last)).to.deep.equal([false, true]);
		const [committed] = events("WindowCommitted");
		expect(await venue().read("WindowSettlement", "window", [windowId])).to.include({
			status: 3,
			chunkCount: committed?.args.chunkCount,
			nextChunk: chunks.length,
		});
		const trades = chunks.flatMap(({ args }) => decodeRecord(args.record as Hex)).filter(({ code }) => code === 0);
		const [account] = await venue().read("AuditLens", "accounts", [[buyer.address]]);
		const latest = Math.max(...trades.map(({ buySequence }) => buySequence));
		const filled = trades.filter(({ buySequence }) => buySequence === latest);
		expect(account).to.include({
			cursorWindow: windowId,
			cursorSequence: latest,
			cursorFillWh: filled.reduce((total, { energyWh }) => total + energyWh, 0),
		});
	});

	it("certificates: held, retired, revoked", async () => {
		for (const id of venue().ids) {
			for (const { address } of venue().people) {
				let held = 0n;
				let claimed = 0n;
				for (const { eventName, args } of venue().events) {
					const single = eventName === "TransferSingle" || eventName === "ClaimSingle";
					const ids: bigint[] = single
						? [args.id]
						: eventName === "TransferBatch" || eventName === "ClaimBatch"
							? args.ids
							: [];
					const values: bigint[] = single ? [args.value] : (args.values ?? []);
					const value = sum(ids.map((each, i) => (each === id ? (values[i] as bigint) : 0n)));
					if (eventName.startsWith("Transfer")) {
						if (same(args.to, address)) held += value;
						if (same(args.from, address)) held -= value;
					} else if (eventName.startsWith("Claim") && same(args.claimSubject, address)) claimed += value;
				}
				expect(await venue().read("CertificateRegistry", "balanceOf", [address, id])).to.equal(held);
				expect(await venue().read("CertificateRegistry", "claimedBalanceOf", [address, id])).to.equal(claimed);
			}
			const revoked = events("CertificateRevoked").some(({ args }) => args.id === id);
			expect(await venue().read("CertificateRegistry", "isRevoked", [id])).to.equal(revoked);
		}
	});
});
