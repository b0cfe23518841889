import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "../../offchain/infrastructure/chain/Deployment.ts";
import { registryAbi, vaultAbi } from "../../offchain/infrastructure/chain/protocolAbi.ts";

/** A ponder project for the same contracts: one row per event, and balances from the deposits, as our indexer has them. */
export function writePonderProject(ponderDir: string, deployment: Deployment): string {
	const root = mkdtempSync(join(ponderDir, "project-"));
	const events = (abi: readonly { type: string }[]) => abi.filter(({ type }) => type === "event");
	const contracts = { CollateralVault: events(vaultAbi), MeterRegistry: events(registryAbi) };
	const configured = Object.fromEntries(
		Object.entries(contracts).map(([name, abi]) => [
			name,
			{
				network: "local",
				abi,
				address: deployment.addresses[name as keyof typeof contracts],
				startBlock: deployment.deployedBlock,
			},
		]),
	);
	mkdirSync(join(root, "src"));
	symlinkSync(join(ponderDir, "node_modules"), join(root, "node_modules"));
	writeFileSync(join(root, "package.json"), JSON.stringify({ name: "peer", private: true, type: "module" }));
	writeFileSync(
		join(root, "ponder.config.ts"),
		`import { createConfig } from "ponder";
import { http } from "viem";
export default createConfig({
	database: { kind: "postgres", connectionString: process.env.DATABASE_URL },
	networks: { local: { chainId: ${deployment.chainId}, transport: http(process.env.PONDER_RPC_URL), disableCache: true } },
	contracts: ${JSON.stringify(configured)},
});
`,
	);
	writeFileSync(
		join(root, "ponder.schema.ts"),
		`import { onchainTable } from "ponder";
export const event = onchainTable("event", (t) => ({
	id: t.text().primaryKey(), block: t.bigint().notNull(), transactionHash: t.hex().notNull(), name: t.text().notNull(),
	args: t.json().notNull(),
}));
export const balance = onchainTable("balance", (t) => ({ account: t.hex().primaryKey(), amountMsat: t.bigint().notNull() }));
`,
	);
	const names = Object.entries(contracts).flatMap(([contract, abi]) =>
		abi.map((event) => `${contract}:${(event as unknown as { name: string }).name}`),
	);
	writeFileSync(
		join(root, "src", "index.ts"),
		`import { ponder } from "ponder:registry";
import { balance, event as events } from "ponder:schema";
const plain = (args) => JSON.parse(JSON.stringify(args, (_, value) => (typeof value === "bigint" ? value.toString() : value)));
for (const name of ${JSON.stringify(names)}) {
	ponder.on(name, async ({ event, context }) => {
		await context.db.insert(events).values({
			id: event.id, block: event.block.number, transactionHash: event.transaction.hash, name, args: plain(event.args),
		});
		if (name !== "CollateralVault:Deposited") return;
		await context.db.insert(balance).values({ account: event.args.account, amountMsat: event.args.amountMsat })
			.onConflictDoUpdate((row) => ({ amountMsat: row.amountMsat + event.args.amountMsat }));
	});
}
`,
	);
	mkdirSync(join(root, "src", "api"));
	writeFileSync(join(root, "src", "api", "index.ts"), `import { Hono } from "hono";\nexport default new Hono();\n`);
	return root;
}
