/**
 * Gas of the protocol's transactions as a chain charges it: intrinsic, calldata (with the floor of EIP-7623) and execution.
 * Every signature, meter, licence, limit and directive is checked on chain in every figure.
 *
 *   node scripts/bench/gas.ts [--json] [--quick] [--no-trace] [--check]
 *
 * `--quick` leaves out the largest windows. `--check` fails when docs/reference/gas.md tells other figures. The EVM is deterministic, so one run is the figure.
 */
import { readFileSync } from "node:fs";
import { hashTypedData } from "viem";
import { withdrawalTypedData } from "../../offchain/infrastructure/chain/contractCalls.ts";
import { directive } from "../../test/contracts/fixtures/directive.ts";
import {
	crowd,
	type GasOfWindow,
	NAMEPLATE_WH,
	oneTaker,
	oneToOne,
	ring,
	type Scenario,
	settleScenario,
} from "../../test/contracts/fixtures/gasScenario.ts";
import { createVenue, OPERATOR, type Trader } from "../../test/contracts/fixtures/Venue.ts";
import { signFull } from "../../test/contracts/fixtures/wallet.ts";
import { scriptOptions } from "../scriptOptions.ts";
import { calldataGas } from "./calldataGas.ts";
import { type GasParts, traceGas } from "./traceGas.ts";

const options = scriptOptions(import.meta.filename, {
	json: { type: "boolean", default: false },
	quick: { type: "boolean", default: false },
	"no-trace": { type: "boolean", default: false },
	check: { type: "boolean", default: false },
});

type Figure = {
	name: string;
	value: number;
	unit: "gas";
	better: "lower";
	target: number | null;
	peer: { name: string; value: number } | null;
	runs: number[];
};
const TARGETS: Record<string, number> = {
	"settle.1to1.n100": 30_000,
	"settle.1to1.n400": 30_000,
	"settle.2fills": 16_000,
	"settle.1x20.total": 400_000,
	"certificates.issuePerTrade": 30_000,
};
const PEERS: Record<string, { name: string; value: number }> = {
	"settle.1to1.n100": { name: "cowprotocol/contracts settle, 10 trades (published), per order", value: 76_238 },
	"settle.1x20.total": { name: "Polymarket/ctf-exchange-v2 1×20 (published, execution only)", value: 964_688 },
};
const ALL_ZONES = Array.from({ length: 13 }, (_, i) => i + 1);
const figures: Figure[] = [];
const notes: { name: string; transactions: number; largestGas: number; commitGas: number; calldataGas: number }[] = [];

const venue = await createVenue();
const size = options.quick ? 100 : 400;
const sellers = await crowd(venue, "gas seller", size, true, ALL_ZONES);
const buyers = await crowd(venue, "gas buyer", size, false, ALL_ZONES);
// The charge accounts have been paid before: a first window is not what a window costs.
await settleScenario(venue, oneToOne(venue, await venue.nextWindow(), sellers.slice(0, 13), buyers.slice(1, 14)));

const n100 = await settle("settle.1to1.n100", (id) => oneToOne(venue, id, sellers.slice(0, 100), buyers.slice(0, 100)));
const breakdown = options["no-trace"] ? null : await breakdownOf(n100.measured);
await issueCertificates(n100);
if (!options.quick)
	await settle("settle.1to1.n400", (id) => oneToOne(venue, id, sellers, buyers), { chunkTrades: 200 });
await settle("settle.2fills", (id) => ring(venue, id, sellers.slice(0, 100), buyers.slice(0, 100), 2));
await settle("settle.4fills", (id) => ring(venue, id, sellers.slice(0, 100), buyers.slice(0, 100), 4));
const taker = await settle(
	"settle.1x20.total",
	(id) => oneTaker(venue, id, sellers.slice(0, 20), buyers[50] as Trader),
	{ total: true },
);
const breakdown1x20 = options["no-trace"] ? null : await breakdownOf(taker.measured);
const commitBreakdown = options["no-trace"] ? null : await partsOf(taker.measured.commitHash);
if (!options.quick) {
	// Both sides in every zone, paired across zones, buyers in several chunks.
	const mixed = (id: number) => ring(venue, id, sellers, [...buyers.slice(7), ...buyers.slice(0, 7)], 2);
	await settle("settle.chunked", mixed, { chunkTrades: 200 });
}
await settle("settle.skips", (id) => withSkips(oneToOne(venue, id, sellers.slice(0, 100), buyers.slice(0, 100))));
await settle("settle.short", (id) => oneToOne(venue, id, sellers.slice(0, 100), buyers.slice(0, 100)), {
	exportedWh: 510,
});
await settle("settle.atNameplate", (id) => oneToOne(venue, id, sellers.slice(0, 100), buyers.slice(0, 100)), {
	exportedWh: NAMEPLATE_WH,
});
await settle("settle.capDirective", (id) => oneToOne(venue, id, sellers.slice(0, 100), buyers.slice(0, 100)), {
	beforeCommit: async (windowId) => {
		// Generous: the counters run for every trade and nothing is curtailed.
		await venue.bySafe("EGAT", venue.calls.setDirective(directive("EGAT", "CAP", 0, windowId, 10_000_000)));
	},
});
await vaultAndDirectives();
print();
if (options.check) checkDocument();

type Settled = { scenario: Scenario; measured: GasOfWindow };

async function settle(
	name: string,
	make: (windowId: number) => Scenario,
	how: {
		chunkTrades?: number;
		exportedWh?: number;
		total?: boolean;
		beforeCommit?: (windowId: number) => Promise<void>;
	} = {},
): Promise<Settled> {
	const scenario = make(await venue.nextWindow());
	await how.beforeCommit?.(scenario.windowId);
	const measured = await settleScenario(venue, scenario, how.chunkTrades, how.exportedWh);
	// The commit belongs to the price of a window.
	const chunkGas = measured.chunks.map(({ gasUsed }) => Number(gasUsed));
	const total = Number(measured.commitGas) + chunkGas.reduce((sum, gas) => sum + gas, 0);
	add(name, how.total === true ? total : total / scenario.trades.length);
	notes.push({
		name,
		transactions: 1 + chunkGas.length,
		largestGas: Math.max(...chunkGas),
		commitGas: Number(measured.commitGas),
		calldataGas: (await Promise.all(measured.chunks.map(async ({ hash }) => (await calldataOf(hash)).standard))).reduce(
			(sum, gas) => sum + gas,
			0,
		),
	});
	return { scenario, measured };
}

/** One trade in ten is refused for its buyer's signature. */
function withSkips(scenario: Scenario): Scenario {
	const wrong = scenario.orders.at(-1);
	const orders = scenario.orders.map((signed, i) =>
		signed.order.side === "buy" && i % 10 === 0 && wrong !== undefined
			? { ...signed, signature: wrong.signature }
			: signed,
	);
	return { ...scenario, orders };
}

async function issueCertificates({ scenario, measured }: Settled): Promise<void> {
	let gas = 0;
	for (const { chunk, record } of measured.chunks) {
		const call = venue.calls.issueCertificates(scenario.windowId, chunk.index, record);
		gas += Number((await venue.send(call, OPERATOR)).gasUsed);
	}
	add("certificates.issuePerTrade", gas / scenario.trades.length);
}

async function vaultAndDirectives(): Promise<void> {
	const account = sellers[0] as Trader;
	await venue.send(venue.calls.mintTestTokens(account.address, 3_000n), account);
	await venue.send(venue.calls.approveVault(2_000n), account);
	add("vault.deposit", Number((await venue.send(venue.calls.deposit(1_000n), account)).gasUsed));
	const terms = { account: account.address, amountSat: 400n, nonce: 77n, deadlineSeconds: 10n ** 12n };
	const consent = signFull(OPERATOR, hashTypedData(withdrawalTypedData(venue.deployment, terms)));
	const withdraw = venue.calls.withdraw(terms.amountSat, terms.nonce, terms.deadlineSeconds, consent);
	add("vault.withdraw", Number((await venue.send(withdraw, account)).gasUsed));
	const requested = await venue.send(venue.calls.requestExit(), account);
	await venue.warpTo(Number(await venue.read("CollateralVault", "exitDueAt", [account.address])));
	const left = await venue.send(venue.calls.exit(account.address), account);
	add("vault.exit", Number(requested.gasUsed + left.gasUsed));
	const halt = directive("MEA", "HALT", 1, await venue.nextWindow());
	add("directive.set", Number((await venue.bySafe("MEA", venue.calls.setDirective(halt))).gasUsed));
}

async function breakdownOf(
	window: GasOfWindow,
): Promise<(GasParts & { commit: number; refund: number; trades: number }) | null> {
	const [chunk] = window.chunks;
	if (chunk === undefined) return null;
	const parts = await partsOf(chunk.hash);
	const gasUsed = Object.values(parts).reduce((sum, gas) => sum + gas, 0);
	if (gasUsed < Number(chunk.gasUsed)) throw new Error(`the trace explains ${gasUsed} of ${chunk.gasUsed} gas`);
	return {
		...parts,
		commit: Number(window.commitGas),
		refund: Number(chunk.gasUsed) - gasUsed,
		trades: chunk.chunk.trades.length,
	};
}

async function partsOf(hash: `0x${string}`): Promise<GasParts> {
	return traceGas(venue, hash, await calldataOf(hash));
}

async function calldataOf(hash: `0x${string}`) {
	const { input, accessList } = await venue.publicClient.getTransaction({ hash });
	return calldataGas(input, accessList);
}

function add(name: string, value: number): void {
	const rounded = Math.round(value);
	figures.push({
		name,
		value: rounded,
		unit: "gas",
		better: "lower",
		target: TARGETS[name] ?? null,
		peer: PEERS[name] ?? null,
		runs: [rounded],
	});
}

/** Other accounts and sequences move a figure by some bytes, hence the half percent. */
function checkDocument(): void {
	const document = readFileSync(new URL("../../docs/reference/gas.md", import.meta.url), "utf8");
	for (const { name, value } of figures) {
		const told = Number(document.match(new RegExp(`\\| \`${name}\` \\| ([\\d,]+)`))?.[1]?.replaceAll(",", ""));
		if (Math.abs(told - value) <= 0.005 * value) continue;
		console.error(`docs/reference/gas.md says ${told} for ${name}, which is ${value}`);
		process.exitCode = 1;
	}
}

function print(): void {
	if (options.json) {
		const machine = { evm: "EDR (hardhat)", hardfork: "osaka", node: process.version };
		console.log(
			JSON.stringify({ benchmark: "gas", machine, figures, windows: notes, breakdown, breakdown1x20, commitBreakdown }),
		);
		return;
	}
	for (const { name, value, target, peer } of figures) {
		const verdict = target === null ? "" : ` ${value <= target ? "≤" : "ABOVE"} ${target.toLocaleString("en")}`;
		const other = peer === null ? "" : `  ${peer.name}: ${peer.value.toLocaleString("en")}`;
		console.log(`${name.padEnd(28)} ${value.toLocaleString("en").padStart(9)}${verdict}${other}`);
	}
	for (const note of notes) console.log(JSON.stringify(note));
	if (breakdown === null) return;
	console.log(`\nWhere the gas of settle.1to1.n100 goes, per trade:`);
	const { trades, ...parts } = breakdown;
	for (const [part, gas] of Object.entries(parts)) {
		console.log(`  ${part.padEnd(14)} ${(gas / trades).toFixed(0).padStart(7)}`);
	}
}
