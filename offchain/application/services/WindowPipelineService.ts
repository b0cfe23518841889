import type { ClosingReport } from "../../domain/grid/closing/ClosingCheck.ts";
import { buildWindowPlan } from "../../domain/settlement/buildWindowPlan.ts";
import type { Trade } from "../../domain/settlement/Trade.ts";
import { type WindowId, windowEnd, windowStart } from "../../domain/units/window.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";
import type { AttestedReadings } from "../ports/MeterReading.ts";
import type { ReadingRepository } from "../ports/ReadingRepository.ts";
import type { SettlementChain, SettlementOutcome } from "../ports/SettlementChain.ts";
import type { TradeRepository } from "../ports/TradeRepository.ts";
import {
	isFinalStage,
	PIPELINE_STAGES,
	type PipelineStage,
	type StoredChunk,
	type WindowPipeline,
	type WindowPipelineRepository,
} from "../ports/WindowPipelineRepository.ts";
import type { WindowReconciliation } from "./ReconciliationService.ts";
import { trimInput } from "./trimInput.ts";

/** Bounds of the settlement contracts, seconds after the window's end. */
const READING_GRACE_SECONDS = 6 * 3600;
const SETTLEMENT_DEADLINE_SECONDS = 86_400;
/** A commitment not mined this long before delivery starts is an alarm. */
const COMMIT_ALARM_SECONDS = 60;
/** A window still unsettled this long after its end is an alarm. */
const SETTLE_ALARM_SECONDS = 3_600;

const STUCK_PAUSES = 4;
/** What the contracts answer to a key without the operator's role. */
const KEY_REFUSED = /AccessManagedUnauthorized|NotOperator/;

export type WindowPipelineOptions = {
	pipelines: WindowPipelineRepository;
	trades: TradeRepository;
	readings: ReadingRepository;
	chain: SettlementChain;
	reconcile: (windowId: WindowId) => Promise<WindowReconciliation>;
	/** The window against the whole network before it is planned (SPEC G10); the engine takes what must go. */
	closing?: {
		check: (trades: readonly Trade[]) => Promise<ClosingReport> | ClosingReport;
		engine: Pick<EngineGateway, "submit">;
	};
	maxTradesPerChunk: number;
	/** Wall-clock pause before looking again at a window that waits for time, readings or the indexer. */
	pauseMillis: number;
	/** Once per window and cause: what a person must know before a deadline is missed. */
	onAlarm: (windowId: WindowId, message: string) => void;
	onStage?: (windowId: WindowId, stage: PipelineStage) => void;
};

/** A step moved the window on, must wait, or meets something that keeps it from going on. */
type StepResult =
	| { result: "advanced"; stage: PipelineStage; isBalanced?: boolean }
	| { result: "waiting" }
	| { result: "stuck"; problem: string };

const WAITING: StepResult = { result: "waiting" };

/**
 * Takes a closed window to its certificates: plan, commit, settle chunk by chunk, issue, reconcile. Each step first
 * looks at the chain for what has already happened, so it can be repeated by anybody at any time: after a crash, by
 * two workers at once, after a message delivered twice. Truth is the chain, then the row; never the queue.
 */
export class WindowPipelineService {
	private readonly options: WindowPipelineOptions;
	private readonly alarmed = new Set<string>();

	constructor(options: WindowPipelineOptions) {
		this.options = options;
	}

	/** A trading session has closed: its settlement begins. */
	async open(windowId: WindowId): Promise<void> {
		await this.options.pipelines.open(windowId);
	}

	/** Goes as far as possible now; returns the stage reached. */
	async advance(windowId: WindowId): Promise<PipelineStage> {
		const { pipelines, pauseMillis } = this.options;
		for (;;) {
			const pipeline = await pipelines.byWindow(windowId);
			if (pipeline === null) throw new Error(`window ${windowId} has no pipeline`);
			if (isFinalStage(pipeline.stage)) return pipeline.stage;
			const step = await this.step(pipeline);
			if (step.result === "advanced") {
				await pipelines.advance(windowId, step.stage, step.isBalanced);
				if (step.stage !== pipeline.stage) this.options.onStage?.(windowId, step.stage);
				const isSetBack = PIPELINE_STAGES.indexOf(step.stage) < PIPELINE_STAGES.indexOf(pipeline.stage);
				if (!isSetBack) continue;
				await pipelines.postpone(windowId, pauseMillis, "the chain took a transaction back");
				return step.stage;
			}
			const problem = step.result === "stuck" ? step.problem : null;
			// What a person must mend is not asked for as often as what time brings.
			await pipelines.postpone(windowId, problem === null ? pauseMillis : STUCK_PAUSES * pauseMillis, problem);
			return pipeline.stage;
		}
	}

	private step(pipeline: WindowPipeline): Promise<StepResult> {
		switch (pipeline.stage) {
			case "closed":
				return this.plan(pipeline.windowId);
			case "planned":
				return this.commit(pipeline);
			case "committed":
				return this.settle(pipeline.windowId);
			case "settled":
				return this.issue(pipeline.windowId);
			case "certified":
				return this.reconcile(pipeline.windowId);
			default:
				throw new Error(`window ${pipeline.windowId} is already ${pipeline.stage}`);
		}
	}

	private async plan(windowId: WindowId): Promise<StepResult> {
		const { pipelines, trades, chain, maxTradesPerChunk } = this.options;
		// A window committed by a worker whose database write was lost must be settled as committed.
		const onChain = await chain.window(windowId);
		if (onChain.status !== "none" && (await pipelines.chunks(windowId)).length === 0) {
			return { result: "stuck", problem: "committed on chain, but the plan is not in the database" };
		}
		const standing = await trades.ofWindow(windowId);
		if (standing.length === 0) return { result: "advanced", stage: "empty" };
		const unsafe = await this.makeSafe(windowId, standing);
		if (unsafe !== null) return unsafe;
		const orders = await pipelines.ordersOf(windowId);
		const plan = buildWindowPlan({ windowId, orders, trades: standing, maxTradesPerChunk });
		await pipelines.savePlan(plan);
		return { result: "advanced", stage: "planned" };
	}

	/**
	 * Trades were admitted against the rows trading watches. Where the whole network says otherwise the engine is told
	 * what must go, and the window is planned once it has gone; null where nothing must. Safe to repeat: a trim counts
	 * only for the trade it was made for.
	 */
	private async makeSafe(windowId: WindowId, trades: readonly Trade[]): Promise<StepResult | null> {
		const { closing } = this.options;
		if (closing === undefined) return null;
		const report = await closing.check(trades);
		const worst = report.violations[0];
		if (worst === undefined) return null;
		const trimmedWh = report.trims.reduce((sum, trim) => sum + trim.trimmedWh, 0);
		const { element, flowWh, limitWh } = worst;
		const what = `${element} carries ${flowWh} Wh of ${limitWh} Wh`;
		this.alarm(windowId, `the closing power flow fails: ${what}; ${trimmedWh} Wh of ${report.trims.length} trades go`);
		const reply = await closing.engine.submit(trimInput(windowId, report.trims));
		if (reply.status === "busy") return WAITING;
		const refusal = reply.events.find((event) => event.type === "InputRefused");
		if (refusal !== undefined) return { result: "stuck", problem: `the engine does not trim: ${refusal.detail}` };
		return WAITING;
	}

	private async commit(pipeline: WindowPipeline): Promise<StepResult> {
		const { windowId } = pipeline;
		const { chain, pipelines } = this.options;
		const onChain = await chain.window(windowId);
		if (onChain.status === "voided") return { result: "advanced", stage: "voided" };
		if (onChain.status === "expired") {
			// Closed as below, by somebody who could not write it down: no settlement was ever due.
			return { result: "advanced", stage: (await chain.isVoided(windowId)) ? "voided" : "missed" };
		}
		if (onChain.status !== "none") return { result: "advanced", stage: "committed" };
		const nowSeconds = await chain.nowSeconds();
		const isVoided = await chain.isVoided(windowId);
		if (nowSeconds >= windowStart(windowId)) return this.expireUncommitted(windowId, isVoided);
		if (isVoided) return WAITING;
		if (await this.isPlanStale(pipeline)) return this.plan(windowId);
		if (nowSeconds > windowStart(windowId) - COMMIT_ALARM_SECONDS) {
			this.alarm(windowId, "not committed yet and delivery is about to start");
		}
		const { commitment, chunkCount, tradeCount } = pipeline;
		if (commitment === null || chunkCount === null || tradeCount === null)
			throw new Error(`window ${windowId} has no plan`);
		const outcome = await chain.commit(windowId, commitment, chunkCount, tradeCount);
		await this.noteGas(windowId, outcome);
		if (outcome.status === "refused") return this.refused(windowId, outcome.detail, /CommitTooEarly/);
		await pipelines.noteChunk(windowId, 0);
		return { result: "advanced", stage: "committed" };
	}

	/** A directive or a trim after planning changes trades; what is not committed yet is planned again. */
	private async isPlanStale({ windowId, tradeCount, commitment }: WindowPipeline): Promise<boolean> {
		const { trades, pipelines, maxTradesPerChunk } = this.options;
		const standing = await trades.ofWindow(windowId);
		if (standing.length !== tradeCount) return true;
		const orders = await pipelines.ordersOf(windowId);
		return buildWindowPlan({ windowId, orders, trades: standing, maxTradesPerChunk }).commitment !== commitment;
	}

	/** What was never committed is closed on chain as expired, so that the engine frees what it holds. */
	private async expireUncommitted(windowId: WindowId, isVoided: boolean): Promise<StepResult> {
		if (!isVoided) {
			this.alarm(windowId, "its commitment was not mined before delivery started: the window's trades are void");
		}
		const outcome = await this.options.chain.expireWindow(windowId);
		await this.noteGas(windowId, outcome);
		if (outcome.status === "refused") return { result: "stuck", problem: outcome.detail };
		return { result: "advanced", stage: isVoided ? "voided" : "missed" };
	}

	private async settle(windowId: WindowId): Promise<StepResult> {
		const { chain, pipelines } = this.options;
		const onChain = await chain.window(windowId);
		await pipelines.noteChunk(windowId, onChain.nextChunk);
		switch (onChain.status) {
			case "settled":
				return { result: "advanced", stage: "settled" };
			case "voided":
			case "expired":
				return { result: "advanced", stage: onChain.status };
			case "none":
				// The chain took the commitment back (a reorganisation).
				return { result: "advanced", stage: "planned" };
			default:
		}
		const nowSeconds = await chain.nowSeconds();
		if (onChain.status === "committed" && (await chain.isVoided(windowId))) {
			const outcome = await chain.voidWindow(windowId);
			await this.noteGas(windowId, outcome);
			if (outcome.status === "refused") return { result: "stuck", problem: outcome.detail };
			return { result: "advanced", stage: "voided" };
		}
		if (nowSeconds < windowEnd(windowId)) return WAITING;
		if (nowSeconds >= windowEnd(windowId) + SETTLEMENT_DEADLINE_SECONDS) return this.expire(windowId);
		if (nowSeconds >= windowEnd(windowId) + SETTLE_ALARM_SECONDS)
			this.alarm(windowId, "not settled an hour after delivery");
		const settling = await chain.settlingWindow();
		if (settling !== null && settling !== windowId) return WAITING;
		const chunk = (await pipelines.chunks(windowId))[onChain.nextChunk];
		if (chunk === undefined) return { result: "stuck", problem: `chunk ${onChain.nextChunk} is not in the database` };
		return this.settleChunk(chunk, nowSeconds);
	}

	private async settleChunk(chunk: StoredChunk, nowSeconds: number): Promise<StepResult> {
		const batches = await this.options.readings.ofWindow(chunk.windowId);
		const missing = missingMeters(chunk, batches);
		if (missing.length > 0 && nowSeconds < windowEnd(chunk.windowId) + READING_GRACE_SECONDS) {
			const late = nowSeconds >= windowEnd(chunk.windowId) + SETTLE_ALARM_SECONDS;
			if (!late) return WAITING;
			return { result: "stuck", problem: `no reading of meter ${missing[0]} and ${missing.length - 1} others` };
		}
		const outcome = await this.options.chain.settleChunk(chunk, batchesOf(chunk, batches));
		await this.noteGas(chunk.windowId, outcome);
		if (outcome.status === "refused") {
			return this.refused(chunk.windowId, outcome.detail, /OtherWindowSettling|WindowNotDelivered/);
		}
		// Not a stage of its own: the next look at the chain tells how many chunks are left.
		return { result: "advanced", stage: "committed" };
	}

	private async expire(windowId: WindowId): Promise<StepResult> {
		this.alarm(windowId, "not settled before its deadline: it expires and pays nobody");
		const outcome = await this.options.chain.expireWindow(windowId);
		await this.noteGas(windowId, outcome);
		if (outcome.status === "refused") return { result: "stuck", problem: outcome.detail };
		return { result: "advanced", stage: "expired" };
	}

	private async issue(windowId: WindowId): Promise<StepResult> {
		const { chain, pipelines } = this.options;
		for (const chunk of await pipelines.chunks(windowId)) {
			for (;;) {
				const issuedTrades = await chain.issuedTrades(windowId, chunk.index);
				if (issuedTrades >= chunk.tradeCount) break;
				const record = await pipelines.chunkRecord(windowId, chunk.index);
				if (record === null) return WAITING;
				const outcome = await chain.issueCertificates(windowId, chunk.index, record, issuedTrades);
				await this.noteGas(windowId, outcome);
				if (outcome.status === "refused") return { result: "stuck", problem: outcome.detail };
			}
		}
		return { result: "advanced", stage: "certified" };
	}

	private async reconcile(windowId: WindowId): Promise<StepResult> {
		// The engine hears of the settlement from the indexer; before that its balances must differ.
		if ((await this.options.pipelines.sessionState(windowId)) !== "settled") return WAITING;
		const report = await this.options.reconcile(windowId);
		if (report.isConclusive === false) return WAITING;
		if (!report.isBalanced) {
			this.alarm(windowId, `does not balance: ${report.differences[0]?.what ?? "unknown difference"}`);
		}
		return { result: "advanced", stage: "reconciled", isBalanced: report.isBalanced };
	}

	/** A key the chain no longer takes is a state of its own: nothing was signed, and only another key helps. */
	private refused(windowId: WindowId, detail: string, tooEarly: RegExp): StepResult {
		if (tooEarly.test(detail)) return WAITING;
		if (!KEY_REFUSED.test(detail)) return { result: "stuck", problem: detail };
		const problem = `OPERATOR_KEY_REFUSED: ${detail}`;
		this.alarm(windowId, `${problem}; start the worker with a key that the council has appointed`);
		return { result: "stuck", problem };
	}

	private async noteGas(windowId: WindowId, outcome: SettlementOutcome): Promise<void> {
		if (outcome.status === "done") await this.options.pipelines.refreshGas(windowId);
	}

	private alarm(windowId: WindowId, message: string): void {
		const key = `${windowId} ${message}`;
		if (this.alarmed.has(key)) return;
		if (this.alarmed.size > 10_000) this.alarmed.clear();
		this.alarmed.add(key);
		this.options.onAlarm(windowId, message);
	}
}

function missingMeters(chunk: StoredChunk, batches: AttestedReadings[]): number[] {
	const known = new Set(batches.flatMap((batch) => batch.readings.map((reading) => reading.meterId)));
	return chunk.sellMeterIds.filter((meterId) => !known.has(meterId));
}

/** The signature covers the whole batch, so a batch goes along whole; batches of no use to the chunk stay out. */
function batchesOf(chunk: StoredChunk, batches: AttestedReadings[]): AttestedReadings[] {
	const wanted = new Set(chunk.sellMeterIds);
	return batches.filter((batch) => batch.readings.some((reading) => wanted.has(reading.meterId)));
}
