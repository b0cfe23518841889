import type pg from "pg";
import { createPublicClient, http, type PublicClient, parseAbi } from "viem";
import type {
	AuditEntry,
	AuditSubject,
	BookKeepers,
	Statement,
	Testimony,
} from "../../application/ports/BookKeepers.ts";
import type { AccountView } from "../../application/ports/EngineQueries.ts";
import { AUTHORITIES, DIRECTIVE_KINDS } from "../../domain/engine/EngineInput.ts";
import { ENERGY_SOURCES } from "../../domain/grid/energySource.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { certificatesAbi, directivesAbi, settlementAbi, vaultAbi } from "../chain/protocolAbi.ts";
import { whenProjected } from "../postgres/whenProjected.ts";
import { LedgerReader } from "./LedgerReader.ts";

const NOBODY: Address = `0x${"00".repeat(20)}`;
const HISTORY_ROWS = 20;
const STATUSES = ["none", "committed", "settling", "settled", "voided", "expired"] as const;
/** Layout in `MeterWord.sol`. */
const meterAbi = parseAbi(["function meterWord(uint32 meterId) view returns (uint256)"]);

export type AuditReaderOptions = {
	pool: pg.Pool;
	rpcUrl: string;
	deployment: Pick<Deployment, "chainId" | "addresses">;
	confirmations: number;
	/** An account as the running engine holds it; null when the engine does not know it. */
	engineAccount: (account: Address) => Promise<AccountView | null>;
};

/** Asks engine, rows, index and chain about one subject; chain and index as of the newest final block. */
export class AuditReader implements BookKeepers {
	private readonly options: AuditReaderOptions;
	private readonly client: PublicClient;
	private readonly ledger: LedgerReader;

	constructor(options: AuditReaderOptions) {
		this.options = options;
		this.client = createPublicClient({ transport: http(options.rpcUrl, { timeout: 15_000 }), cacheTime: 0 });
		this.ledger = new LedgerReader({
			...options,
			engine: () => Promise.reject(new Error("the audit asks for accounts one by one")),
		});
	}

	async ask(subject: AuditSubject): Promise<Testimony> {
		const finalBlock = await this.finalBlock();
		switch (subject.kind) {
			case "account":
				return { subject, ...(await this.account(subject.account, finalBlock)) };
			case "meter":
				return { subject, ...(await this.meter(subject.meterId, finalBlock)) };
			case "window":
				return { subject, ...(await this.window(subject.windowId, finalBlock)) };
			case "directive":
				return { subject, ...(await this.directive(subject.directiveId, finalBlock)) };
			case "certificate":
				return { subject, ...(await this.certificate(subject.tokenId, finalBlock)) };
		}
	}

	async subjectsAfter(after: string | null, limit: number): Promise<AuditSubject[]> {
		const { rows } = await this.query<{ kind: AuditSubject["kind"]; id: string }>(
			`SELECT kind, id FROM (
				SELECT DISTINCT 'meter' AS kind, args ->> 'meterId' AS id, 10 AS width
					FROM chain_events WHERE chain_id = $1 AND name = 'MeterRegistered'
				UNION SELECT 'directive', args ->> 'directiveId', 10 FROM chain_events WHERE chain_id = $1 AND name = 'DirectiveSet'
				UNION SELECT 'window', window_id::text, 10 FROM window_pipelines AS settled WHERE stage = 'reconciled'
					AND NOT EXISTS (SELECT FROM archived_files WHERE table_name = 'trades' AND first_key = settled.window_id)
				UNION SELECT 'certificate', token_id, 78 FROM certificate_transfers WHERE chain_id = $1
			) AS subject
			WHERE $2::text IS NULL OR kind || ' ' || lpad(id, width, '0') COLLATE "C" > $2 COLLATE "C"
			ORDER BY kind || ' ' || lpad(id, width, '0') COLLATE "C" LIMIT $3`,
			[after, limit],
		);
		return rows.map(({ kind, id }) => subjectOf(kind, id));
	}

	private async account(account: Address, finalBlock: number): Promise<Omit<Testimony, "subject">> {
		const engine = await this.options.engineAccount(account);
		await whenProjected(this.options.pool);
		const { rows } = await this.options.pool.query("SELECT * FROM accounts WHERE account = $1", [account]);
		const index = await this.query(
			`SELECT coalesce(sum(delta_msat), 0)::bigint AS total FROM chain_balance_changes JOIN chain_blocks USING (chain_id, block_hash)
			WHERE chain_id = $1 AND account = $2 AND block_number <= $3`,
			[account, finalBlock],
		);
		const onChain = await this.client.readContract({
			address: this.options.deployment.addresses.CollateralVault,
			abi: vaultAbi,
			functionName: "balanceOf",
			args: [account],
			blockNumber: BigInt(finalBlock),
		});
		const history = await this.query(
			`SELECT block_number, name, delta_msat, window_id FROM chain_balance_changes
			JOIN chain_events USING (chain_id, block_hash, log_index)
			WHERE chain_id = $1 AND account = $2 ORDER BY block_number DESC, log_index DESC LIMIT ${HISTORY_ROWS}`,
			[account],
		);
		const funds = (availableMsat: number, reservedMsat: number) => ({
			availableMsat,
			reservedMsat,
			totalMsat: availableMsat + reservedMsat,
		});
		return {
			statements: [
				{ keeper: "engine", fields: funds(engine?.availableMsat ?? 0, engine?.reservedMsat ?? 0) },
				{ keeper: "database", fields: funds(rows[0]?.available_msat ?? 0, rows[0]?.reserved_msat ?? 0) },
				{ keeper: "index", fields: { totalMsat: index.rows[0].total } },
				{ keeper: "chain", fields: { totalMsat: Number(onChain) } },
			],
			history: history.rows.reverse().map((row) => ({
				at: `block ${row.block_number}`,
				what: `${row.name} ${row.delta_msat} msat${row.window_id === null ? "" : `, window ${row.window_id}`}`,
			})),
		};
	}

	private async meter(meterId: number, finalBlock: number): Promise<Omit<Testimony, "subject">> {
		const { rows } = await this.events("meterId", meterId, finalBlock);
		const registered = rows.findLast((row) => row.name === "MeterRegistered")?.args;
		const isActive = registered !== undefined && rows.at(-1)?.name !== "MeterDeactivated";
		const word = await this.client.readContract({
			address: this.options.deployment.addresses.MeterRegistry,
			abi: meterAbi,
			functionName: "meterWord",
			args: [meterId],
			blockNumber: BigInt(finalBlock),
		});
		const bits = (from: number, count: number): number => Number(BigInt.asUintN(count, word >> BigInt(from)));
		const owner = `0x${BigInt.asUintN(160, word).toString(16).padStart(40, "0")}`;
		const statements: Statement[] = [
			{
				keeper: "chain",
				fields: {
					owner,
					zoneId: bits(160, 8),
					source: ENERGY_SOURCES[bits(168, 8)] ?? null,
					maxWindowWh: bits(200, 32),
					nodeId: bits(232, 24),
					isActive: word !== 0n && bits(176, 24) === 2 ** 24 - 1,
				},
			},
		];
		if (registered !== undefined) {
			const { zoneId, source, maxWindowWh, nodeId } = registered;
			const fields = {
				owner: registered.owner,
				zoneId,
				source: ENERGY_SOURCES[source] ?? null,
				maxWindowWh,
				nodeId,
				isActive,
			};
			statements.unshift({ keeper: "index", fields });
		}
		const held = (await this.options.engineAccount(owner as Address))?.meters.find(
			(meter) => meter.meterId === meterId,
		);
		if (held !== undefined) {
			const { zoneId, source, maxWindowWh, nodeId } = held;
			const fields = { owner, zoneId, source, maxWindowWh, nodeId, isActive: held.isActive };
			statements.unshift({ keeper: "engine", fields });
		} else if (word !== 0n) statements.unshift({ keeper: "engine", fields: { owner: null } });
		return { statements, history: historyOf(rows) };
	}

	private async window(windowId: WindowId, finalBlock: number): Promise<Omit<Testimony, "subject">> {
		const [{ added, kept }, plan, indexed] = await Promise.all([
			this.ledger.windowRows(windowId),
			this.ledger.windowPlan(windowId),
			this.ledger.windowOnChain(windowId),
		]);
		const onChain = await this.client.readContract({
			address: this.options.deployment.addresses.WindowSettlement,
			abi: settlementAbi,
			functionName: "window",
			args: [windowId],
			blockNumber: BigInt(finalBlock),
		});
		const { rows } = await this.events("windowId", windowId, finalBlock);
		const isSettled = indexed.status === "settled";
		return {
			statements: [
				{ keeper: "engine", fields: { trades: kept.trades, energyWh: kept.energyWh, lossWh: kept.lossWh } },
				{
					keeper: "database",
					fields: { trades: plan?.trades ?? added.trades, energyWh: added.energyWh, lossWh: added.lossWh },
				},
				{
					keeper: "index",
					fields: {
						status: indexed.status,
						...(isSettled ? { trades: indexed.trades, chunks: indexed.chunks } : {}),
						sumOfBalanceChangesMsat: indexed.deltaSumMsat,
					},
				},
				{
					keeper: "chain",
					fields: {
						status: STATUSES[onChain.status] ?? null,
						...(isSettled ? { chunks: onChain.chunkCount } : {}),
						// The vault pays no account but from another.
						sumOfBalanceChangesMsat: 0,
					},
				},
			],
			history: historyOf(rows),
		};
	}

	private async directive(directiveId: number, finalBlock: number): Promise<Omit<Testimony, "subject">> {
		const { rows } = await this.events("directiveId", directiveId, finalBlock);
		const placed = rows.find((row) => row.name === "DirectiveSet")?.args;
		const lifted = rows.some((row) => row.name === "DirectiveLifted");
		const count = await this.client.readContract({ ...this.directives(finalBlock), functionName: "directiveCount" });
		const statements: Statement[] = [];
		if (directiveId < 1 || directiveId > count) statements.push({ keeper: "chain", fields: { exists: false } });
		else {
			const {
				authority,
				kind,
				zoneId,
				fromWindow,
				value,
				lifted: isLifted,
			} = await this.client.readContract({
				...this.directives(finalBlock),
				functionName: "directive",
				args: [directiveId],
			});
			const fields = { ...wordsOf({ authority, kind, zoneId, fromWindow, value: Number(value) }), lifted: isLifted };
			statements.push({ keeper: "chain", fields: { exists: true, ...fields } });
		}
		statements.unshift({
			keeper: "index",
			fields: placed === undefined ? { exists: false } : { exists: true, ...wordsOf(placed), lifted },
		});
		// What the engine did about it, from the messages written with its log.
		const executed = await this.options.pool.query(
			`SELECT payload -> 'directive' AS directive, payload ->> 'lifted' AS lifted FROM outbox
			WHERE topic = 'authority' AND (payload -> 'directive' ->> 'directiveId')::bigint = $1 ORDER BY outbox_id`,
			[directiveId],
		);
		const last = executed.rows.at(-1);
		if (last !== undefined) {
			const { authority, kind, zoneId, fromWindow, value } = last.directive;
			const fields = { exists: true, authority, kind, zoneId, fromWindow, value, lifted: last.lifted === "true" };
			statements.unshift({ keeper: "engine", fields });
		} else statements.unshift({ keeper: "engine", fields: { exists: false } });
		return { statements, history: historyOf(rows) };
	}

	private async certificate(tokenId: string, finalBlock: number): Promise<Omit<Testimony, "subject">> {
		const { rows } = await this.query(
			`SELECT block_number, name, from_account, to_account, energy_wh FROM certificate_transfers
			JOIN chain_events USING (chain_id, block_hash, log_index)
			WHERE chain_id = $1 AND token_id = $2 AND block_number <= $3 ORDER BY block_number, log_index, change_index`,
			[tokenId, finalBlock],
		);
		const held = new Map<Address, number>();
		for (const { from_account, to_account, energy_wh } of rows) {
			held.set(from_account, (held.get(from_account) ?? 0) - energy_wh);
			held.set(to_account, (held.get(to_account) ?? 0) + energy_wh);
		}
		held.delete(NOBODY);
		const onChain = await Promise.all(
			[...held.keys()].map(async (account): Promise<[string, number]> => {
				const balance = await this.client.readContract({
					address: this.options.deployment.addresses.CertificateRegistry,
					abi: certificatesAbi,
					functionName: "balanceOf",
					args: [account, BigInt(tokenId)],
					blockNumber: BigInt(finalBlock),
				});
				return [`${account} Wh`, Number(balance)];
			}),
		);
		return {
			statements: [
				{ keeper: "index", fields: Object.fromEntries([...held].map(([account, wh]) => [`${account} Wh`, wh])) },
				{ keeper: "chain", fields: Object.fromEntries(onChain) },
			],
			history: rows.slice(-HISTORY_ROWS).map((row) => ({
				at: `block ${row.block_number}`,
				what: `${row.energy_wh} Wh from ${row.from_account} to ${row.to_account}`,
			})),
		};
	}

	private directives(finalBlock: number) {
		const address = this.options.deployment.addresses.GridDirectives;
		return { address, abi: directivesAbi, blockNumber: BigInt(finalBlock) } as const;
	}

	private async finalBlock(): Promise<number> {
		const { rows } = await this.query("SELECT block_number FROM chain_cursor WHERE chain_id = $1", []);
		return Math.max(0, (rows[0]?.block_number ?? 0) - this.options.confirmations + 1);
	}

	private events(argument: "meterId" | "windowId" | "directiveId", value: number, finalBlock: number) {
		return this.query(
			`SELECT block_number, name, args FROM chain_events
			WHERE chain_id = $1 AND args ? '${argument}' AND (args ->> '${argument}')::bigint = $2 AND block_number <= $3
			ORDER BY block_number, log_index`,
			[value, finalBlock],
		);
	}

	// biome-ignore lint/suspicious/noExplicitAny: rows of many shapes
	private query<Row extends pg.QueryResultRow = any>(text: string, values: unknown[]) {
		return this.options.pool.query<Row>(text, [this.options.deployment.chainId, ...values]);
	}
}

function subjectOf(kind: AuditSubject["kind"], id: string): AuditSubject {
	switch (kind) {
		case "account":
			return { kind, account: id as Address };
		case "meter":
			return { kind, meterId: Number(id) };
		case "window":
			return { kind, windowId: Number(id) };
		case "directive":
			return { kind, directiveId: Number(id) };
		case "certificate":
			return { kind, tokenId: id };
	}
}

function wordsOf(directive: { authority: number; kind: number; zoneId: number; fromWindow: number; value: number }) {
	const { zoneId, fromWindow } = directive;
	return {
		authority: AUTHORITIES[directive.authority] ?? null,
		kind: DIRECTIVE_KINDS[directive.kind] ?? null,
		zoneId,
		fromWindow,
		value: Number(directive.value),
	};
}

function historyOf(rows: { block_number: number; name: string }[]): AuditEntry[] {
	return rows.slice(-HISTORY_ROWS).map((row) => ({ at: `block ${row.block_number}`, what: row.name }));
}
