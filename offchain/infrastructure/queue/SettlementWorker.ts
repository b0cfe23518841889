import type { WindowPipelineRepository } from "../../application/ports/WindowPipelineRepository.ts";
import type { WindowPipelineService } from "../../application/services/WindowPipelineService.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";
import type { Outbox } from "../postgres/Outbox.ts";
import { type JobBackend, JobQueue } from "./JobQueue.ts";
import { OutboxRelay } from "./OutboxRelay.ts";

const WINDOWS_PER_ROUND = 200;
const JOB_ID_MILLIS = 15_000;

export type SettlementWorkerOptions = {
	service: WindowPipelineService;
	pipelines: WindowPipelineRepository;
	outbox: Outbox;
	backend: JobBackend;
	/** Windows worked on at a time. */
	concurrency?: number;
	/** Wall-clock time between looks at the rows. */
	pollMillis?: number;
	onError: (message: string) => void;
	/** Further outbox topics this worker handles. */
	handlers?: Record<string, (payload: never) => Promise<void>>;
};

/**
 * The worker role: closed sessions from the outbox open their pipelines; rows whose time has come become BullMQ jobs;
 * jobs advance windows. Any number of workers may run; every step tolerates being done twice.
 */
export class SettlementWorker {
	private readonly options: SettlementWorkerOptions;
	private readonly queue: JobQueue<{ windowId: number }>;
	private readonly relay: OutboxRelay;
	private readonly abort = new AbortController();
	private loop: Promise<void> = Promise.resolve();

	private constructor(options: SettlementWorkerOptions, queue: JobQueue<{ windowId: number }>) {
		this.options = options;
		this.queue = queue;
		this.relay = new OutboxRelay({
			outbox: options.outbox,
			handlers: {
				session: async (message: { windowId: number; to: string }) => {
					if (message.to === "closed") await options.service.open(message.windowId);
				},
				...options.handlers,
			},
			pollMillis: options.pollMillis ?? 100,
			onError: options.onError,
		});
	}

	static async start(options: SettlementWorkerOptions): Promise<SettlementWorker> {
		const queue = await JobQueue.start<{ windowId: number }>({
			name: "window-settlement",
			backend: options.backend,
			concurrency: options.concurrency ?? 4,
			handle: async ({ windowId }) => {
				await options.service.advance(windowId);
			},
			onError: (error) => options.onError(`settlement: ${error.message}`),
		});
		const worker = new SettlementWorker(options, queue);
		worker.relay.start();
		worker.loop = worker.run();
		return worker;
	}

	/** Finishes the running steps; the rest waits in its rows. */
	async stop(): Promise<void> {
		this.abort.abort();
		await this.relay.stop();
		await this.loop;
		await this.queue.close();
	}

	private async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			try {
				const due = await this.options.pipelines.due(WINDOWS_PER_ROUND);
				// Under a new id every so often: a job that the queue has lost sight of must not cost its window the gate.
				const turn = Math.floor(Date.now() / JOB_ID_MILLIS);
				for (const windowId of due) await this.queue.add(`window-${windowId}-${turn}`, { windowId });
			} catch (error) {
				this.options.onError(`settlement: ${error instanceof Error ? error.message : String(error)}`);
			}
			await sleepMillis(this.options.pollMillis ?? 100, this.abort.signal);
		}
	}
}
