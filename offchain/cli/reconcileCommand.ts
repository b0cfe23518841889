import { Argument, Command } from "commander";
import { type AuditSubject, type BookKeepers, KEEPERS, type Testimony } from "../application/ports/BookKeepers.ts";
import { type AuditFinding, ContinuousAudit, describeFinding } from "../application/services/ContinuousAudit.ts";
import { ApiError } from "../client/ApiError.ts";
import type { GridTokenXClient } from "../client/GridTokenXClient.ts";
import type { Address } from "../domain/units/Address.ts";
import { readConfig } from "../infrastructure/config/readConfig.ts";
import { openPool } from "../infrastructure/postgres/openPool.ts";
import { AuditReader } from "../infrastructure/reconciliation/AuditReader.ts";
import { CliContext, type GlobalOptions } from "./CliContext.ts";
import { CliError, EXIT } from "./CliError.ts";
import { formatTable } from "./formatTable.ts";

const SUBJECTS = ["account", "meter", "window", "directive", "certificate"] as const;
const PAUSE_MILLIS = 1_000;
const SUBJECTS_PER_ROUND = 100;

type Options = GlobalOptions & { confirmations?: string };

/** `gridtokenx reconcile …`: for operators, with DATABASE_URL and RPC_URL of the exchange. */
export function reconcileCommand(): Command {
	const reconcile = new Command("reconcile").description("compare engine, database, index and chain (operators)");
	const confirmations = [
		"--confirmations <blocks>",
		"blocks until an event counts for good (default: FINALITY_BLOCKS)",
	] as const;
	reconcile
		.command("explain")
		.description("what each keeper of the books says of one thing, where they differ, and what led to it")
		.addArgument(new Argument("<subject>", "what it is").choices(SUBJECTS))
		.argument("<id>", "address, meter id, window id, directive id or certificate id")
		.option(...confirmations)
		.action(async (kind: AuditSubject["kind"], id: string, _options: unknown, command: Command) =>
			explain(parseSubject(kind, id), command.optsWithGlobals()),
		);
	reconcile
		.command("run")
		.description("every meter, window, directive and certificate once; exit code 1 when something differs")
		.option(...confirmations)
		.action(async (_options: unknown, command: Command) => runAll(command.optsWithGlobals()));
	return reconcile;
}

async function explain(subject: AuditSubject, options: Options): Promise<void> {
	await withKeepers(options, async (keepers) => {
		const audit = auditOf(keepers);
		const differences = await audit.examine(subject);
		const testimony = await keepers.ask(subject);
		new CliContext(options).print({ ...testimony, differences }, () =>
			asText(
				testimony,
				differences.map(({ field }) => field),
			),
		);
		if (differences.length > 0) process.exitCode = 1;
	});
}

async function runAll(options: Options): Promise<void> {
	await withKeepers(options, async (keepers) => {
		const audit = auditOf(keepers);
		const total = await countSubjects(keepers);
		const findings: AuditFinding[] = [];
		for (let seen = 0; seen < total; seen += SUBJECTS_PER_ROUND) findings.push(...(await audit.round()));
		new CliContext(options).print({ subjects: total, findings }, () =>
			[...findings.map(describeFinding), `${total} subjects, ${findings.length} with differences`].join("\n"),
		);
		if (findings.length > 0) process.exitCode = 1;
	});
}

function auditOf(keepers: BookKeepers): ContinuousAudit {
	return new ContinuousAudit({
		keepers,
		subjectsPerRound: SUBJECTS_PER_ROUND,
		pause: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS)),
		onDrift: () => undefined,
	});
}

async function countSubjects(keepers: BookKeepers): Promise<number> {
	return (await keepers.subjectsAfter(null, Number.MAX_SAFE_INTEGER)).length;
}

async function withKeepers(options: Options, work: (keepers: BookKeepers) => Promise<void>): Promise<void> {
	const config = readConfig(process.env);
	if (config.DATABASE_URL === undefined) {
		throw new CliError("Set DATABASE_URL (and RPC_URL) to the exchange's: this command reads its books.", EXIT.usage);
	}
	const client = new CliContext(options).client();
	const { chainId, contracts } = await client.venue();
	const pool = openPool(config.DATABASE_URL, "gridtokenx reconcile", 2);
	try {
		await work(
			new AuditReader({
				pool,
				rpcUrl: config.RPC_URL,
				deployment: { chainId, addresses: contracts as never },
				confirmations: Math.max(1, Number(options.confirmations ?? config.FINALITY_BLOCKS)),
				engineAccount: (account) => accountOrNull(client, account),
			}),
		);
	} catch (error) {
		if (error instanceof CliError || error instanceof ApiError) throw error;
		const { shortMessage, message } = error as { shortMessage?: string; message: string };
		throw new CliError(`The books cannot be read: ${shortMessage ?? message}`, EXIT.unavailable);
	} finally {
		await pool.end();
	}
}

async function accountOrNull(client: GridTokenXClient, account: Address) {
	try {
		return await client.account(account);
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) return null;
		throw error;
	}
}

function parseSubject(kind: AuditSubject["kind"], id: string): AuditSubject {
	if (kind === "account") {
		if (!/^0x[0-9a-fA-F]{40}$/.test(id)) throw new CliError(`"${id}" is not an address.`, EXIT.usage);
		return { kind, account: id.toLowerCase() as Address };
	}
	if (!/^\d{1,78}$/.test(id)) throw new CliError(`"${id}" is not a number.`, EXIT.usage);
	if (kind === "certificate") return { kind, tokenId: BigInt(id).toString() };
	const number = Number(id);
	if (kind === "meter") return { kind, meterId: number };
	return kind === "window" ? { kind, windowId: number } : { kind, directiveId: number };
}

function asText({ statements, history }: Testimony, differing: string[]): string {
	const keepers = KEEPERS.filter((keeper) => statements.some((statement) => statement.keeper === keeper));
	const fields = [...new Set(statements.flatMap((statement) => Object.keys(statement.fields)))];
	const said = (keeper: string, field: string) =>
		String(statements.find((statement) => statement.keeper === keeper)?.fields[field] ?? "");
	const rows = fields.map((field) => [
		field,
		...keepers.map((keeper) => said(keeper, field)),
		differing.includes(field) ? "DIFFERS" : "",
	]);
	return [
		formatTable(["", ...keepers, ""], rows),
		"",
		differing.length === 0 ? "All keepers agree." : "Repair by replay only: see docs/operations/degraded-modes.md.",
		"",
		formatTable(
			["when", "what"],
			history.map(({ at, what }) => [at, what]),
		),
	].join("\n");
}
