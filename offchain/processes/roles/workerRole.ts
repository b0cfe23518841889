import type pg from "pg";
import type { EngineGateway } from "../../application/ports/EngineGateway.ts";
import type { AccountView } from "../../application/ports/EngineQueries.ts";
import type { EngineLedger } from "../../application/ports/LedgerViews.ts";
import type { PipelineStage } from "../../application/ports/WindowPipelineRepository.ts";
import { ContinuousAudit, describeFinding } from "../../application/services/ContinuousAudit.ts";
import { ReconciliationService } from "../../application/services/ReconciliationService.ts";
import { type WindowPipelineOptions, WindowPipelineService } from "../../application/services/WindowPipelineService.ts";
import type { Address, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Deployment } from "../../infrastructure/chain/Deployment.ts";
import { accessListsOf } from "../../infrastructure/chain/settlementAccessList.ts";
import { sleepMillis } from "../../infrastructure/clock/sleepMillis.ts";
import { NotificationDispatcher } from "../../infrastructure/notifications/NotificationDispatcher.ts";
import { NotificationStore } from "../../infrastructure/notifications/NotificationStore.ts";
import type { NotificationTargets } from "../../infrastructure/notifications/NotificationTargets.ts";
import { notificationHandlers, operatorAlarm } from "../../infrastructure/notifications/notificationHandlers.ts";
import { WindowReports } from "../../infrastructure/notifications/WindowReports.ts";
import { Outbox } from "../../infrastructure/postgres/Outbox.ts";
import { PostgresReadingRepository } from "../../infrastructure/postgres/PostgresReadingRepository.ts";
import { PostgresTradeRepository } from "../../infrastructure/postgres/PostgresTradeRepository.ts";
import { PostgresWindowPipelineRepository } from "../../infrastructure/postgres/PostgresWindowPipelineRepository.ts";
import { RetentionJob, type RetentionOptions } from "../../infrastructure/postgres/RetentionJob.ts";
import type { JobBackend } from "../../infrastructure/queue/JobQueue.ts";
import { SettlementWorker } from "../../infrastructure/queue/SettlementWorker.ts";
import { AuditLoop } from "../../infrastructure/reconciliation/AuditLoop.ts";
import { AuditReader } from "../../infrastructure/reconciliation/AuditReader.ts";
import { ChainIndexer } from "../../infrastructure/reconciliation/ChainIndexer.ts";
import { RpcChainSource } from "../../infrastructure/reconciliation/ChainSource.ts";
import { LedgerReader } from "../../infrastructure/reconciliation/LedgerReader.ts";
import { OperatorSettlementChain } from "../../infrastructure/reconciliation/OperatorSettlementChain.ts";
import { protocolLogDecoder } from "../../infrastructure/reconciliation/protocolLogDecoder.ts";
import { TransactionSender } from "../../infrastructure/reconciliation/TransactionSender.ts";

const MAX_TRADES_PER_CHUNK = 250;
const PAUSE_MILLIS = 250;
/** The audit asks for so many subjects in a round, so often. */
const AUDIT_SUBJECTS = 20;
const AUDIT_INTERVAL_MILLIS = 10_000;
const AUDIT_PAUSE_MILLIS = 2_000;

export type WorkerRoleOptions = {
	pool: pg.Pool;
	databaseUrl: string;
	redisUrl: string | undefined;
	rpcUrl: string;
	deployment: Deployment;
	operatorKey: Hex;
	/** Blocks after which an event counts for good, counting its own; 1 = at once. */
	confirmations: number;
	/** Who receives signed webhooks. Without it nothing is sent; what would have been is on record. */
	notificationTargets?: NotificationTargets;
	/** Moves what is old out of the database; without it everything stays. */
	retention?: Pick<RetentionOptions, "clock" | "archiveFolder">;
	engine: EngineGateway;
	ledger: () => Promise<EngineLedger>;
	/** An account as the engine holds it; with it the books are compared all the time. */
	engineAccount?: (account: Address) => Promise<AccountView | null>;
	/** Looks at a window against the whole network before it is planned. */
	closingCheck?: NonNullable<WindowPipelineOptions["closing"]>["check"];
	/** Something a person should know, one line. */
	onAlarm: (message: string) => void;
	onStage?: (windowId: WindowId, stage: PipelineStage) => void;
	/** The worker cannot go on safely: a person must look. */
	onHalt: (error: Error) => void;
};

export type WorkerRole = {
	indexer: ChainIndexer;
	reconciliation: ReconciliationService;
	stop(): Promise<void>;
};

/** Follows the chain, settles windows, reconciles. */
export async function startWorkerRole(options: WorkerRoleOptions): Promise<WorkerRole> {
	const { pool, databaseUrl, rpcUrl, deployment, confirmations } = options;
	const targets = options.notificationTargets ?? {};
	const notifications = new NotificationStore(pool);
	const onAlarm = (message: string): void => {
		options.onAlarm(message);
		// The record must not fail the work; without a database there is still the log.
		notifications.add(operatorAlarm(message, Date.now()), new Set(Object.keys(targets))).catch(() => undefined);
	};
	const { addresses, decode } = protocolLogDecoder(deployment);
	const indexer = new ChainIndexer({
		pool,
		chainId: deployment.chainId,
		firstBlock: deployment.deployedBlock,
		source: new RpcChainSource(rpcUrl, addresses),
		decode,
		engine: options.engine,
		confirmations,
		onChange: (isHealthy, cause) => onAlarm(isHealthy ? "the indexer follows the chain again" : `indexer: ${cause}`),
	});
	const indexing = indexer.run().catch(options.onHalt);

	const sender = new TransactionSender({
		pool,
		databaseUrl,
		rpcUrl,
		chainId: deployment.chainId,
		privateKey: options.operatorKey,
		confirmations,
		accessListOf: accessListsOf(deployment),
		onAlarm,
		onLost: options.onHalt,
	});
	await sender.start();

	const ledger = new LedgerReader({ pool, rpcUrl, deployment, confirmations, engine: options.ledger });
	const reconciliation = new ReconciliationService(ledger);
	const pipelines = new PostgresWindowPipelineRepository(pool, deployment.chainId);
	const { engineAccount } = options;
	const audit =
		engineAccount === undefined
			? null
			: new AuditLoop({
					audit: new ContinuousAudit({
						keepers: new AuditReader({ pool, rpcUrl, deployment, confirmations, engineAccount }),
						subjectsPerRound: AUDIT_SUBJECTS,
						pause: () => sleepMillis(AUDIT_PAUSE_MILLIS),
						onDrift: (finding) => onAlarm(`the books differ: ${describeFinding(finding)}`),
					}),
					reconcileAll: () => reconciliation.reconcileAll(),
					intervalMillis: AUDIT_INTERVAL_MILLIS,
					onAlarm,
				});
	const service = new WindowPipelineService({
		pipelines,
		trades: new PostgresTradeRepository(pool),
		readings: new PostgresReadingRepository(pool),
		chain: new OperatorSettlementChain({ rpcUrl, deployment, sender }),
		reconcile: (windowId) => reconciliation.reconcileWindow(windowId),
		closing: options.closingCheck && { check: options.closingCheck, engine: options.engine },
		maxTradesPerChunk: MAX_TRADES_PER_CHUNK,
		pauseMillis: PAUSE_MILLIS,
		onAlarm: (windowId, message) => onAlarm(`window ${windowId}: ${message}`),
		onStage: options.onStage,
	});
	const backend: JobBackend =
		options.redisUrl === undefined ? { kind: "postgres", databaseUrl } : { kind: "redis", redisUrl: options.redisUrl };
	const worker = await SettlementWorker.start({
		service,
		pipelines,
		outbox: new Outbox(pool),
		backend,
		handlers: notificationHandlers(notifications, new WindowReports(pool, deployment.chainId), targets),
		onError: onAlarm,
	});
	const retention =
		options.retention === undefined ? null : new RetentionJob({ pool, ...options.retention, onError: onAlarm });
	retention?.start();
	const dispatcher = new NotificationDispatcher({ store: notifications, targets, onAlarm: options.onAlarm });
	return {
		indexer,
		reconciliation,
		async stop() {
			await audit?.stop();
			await retention?.stop();
			await dispatcher.stop();
			await worker.stop();
			await sender.stop();
			indexer.stop();
			await indexing;
		},
	};
}
