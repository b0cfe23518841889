import { createPostgresBackend, createRedisBackend, Queue, Worker } from "bullmq";

export type JobBackend = { kind: "postgres"; databaseUrl: string } | { kind: "redis"; redisUrl: string };

export type JobQueueOptions<Data> = {
	/** Letters and hyphens. */
	name: string;
	backend: JobBackend;
	handle: (data: Data) => Promise<void>;
	concurrency: number;
	onError: (error: Error) => void;
};

/**
 * Jobs by BullMQ, on Postgres or on Redis. At least once: a job may run twice (a stalled worker), or get lost with a
 * Redis that was not durable. So a job only says "look at this row now", and handlers are idempotent.
 */
export class JobQueue<Data extends object> {
	private readonly queue: Queue;
	private readonly worker: Worker;

	private constructor(queue: Queue, worker: Worker) {
		this.queue = queue;
		this.worker = worker;
	}

	static async start<Data extends object>(options: JobQueueOptions<Data>): Promise<JobQueue<Data>> {
		const { name, backend, handle, concurrency, onError } = options;
		const factory = (backend.kind === "postgres" ? createPostgresBackend : createRedisBackend) as never;
		// Workers block on their connection, so Redis must neither give up nor fail commands after some retries.
		const connection = (
			backend.kind === "postgres"
				? { connectionString: backend.databaseUrl, schema: "bullmq", migrate: true, max: concurrency + 4 }
				: { url: backend.redisUrl, maxRetriesPerRequest: null }
		) as never;
		const queue = new Queue(
			name,
			{ connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } },
			factory,
		);
		queue.on("error", onError);
		await queue.waitUntilReady();
		const worker = new Worker(
			name,
			(job) => handle(job.data as Data),
			// A killed worker's jobs are taken over within seconds, and however often: handlers may be repeated.
			{ connection, concurrency, lockDuration: 5_000, stalledInterval: 2_000, maxStalledCount: 1_000_000 },
			factory,
		);
		worker.on("error", onError);
		worker.on("failed", (_job, error) => onError(error));
		await worker.waitUntilReady();
		return new JobQueue(queue, worker);
	}

	/** Nothing happens while a job with this id waits or runs. Ids: no ":", not only digits. */
	async add(jobId: string, data: Data): Promise<void> {
		await this.queue.add("look", data, { jobId });
	}

	/** Waits for running jobs. */
	async close(): Promise<void> {
		await this.worker.close();
		await this.queue.close();
	}
}
