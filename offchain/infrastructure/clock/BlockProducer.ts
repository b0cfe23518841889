import type { Clock } from "../../application/ports/Clock.ts";
import { sleepMillis } from "./sleepMillis.ts";

export type BlockProducerOptions = {
	rpcUrl: string;
	clock: Clock;
	/** Wall-clock time between looks at the transaction pool. */
	intervalMillis?: number;
	/** Longest wall-clock time without a block, even an empty one. */
	heartbeatMillis?: number;
	/** Told once each time the chain stops answering, and once when it answers again. */
	onChange?: (isAnswering: boolean, cause: string) => void;
};

/**
 * Mines the local chain's blocks, each with the injected clock's time: the only place where market time enters the
 * chain. Block times rise strictly; a chain that runs as fast as the clock allows gets no block in between.
 */
export class BlockProducer {
	private readonly options: Required<Omit<BlockProducerOptions, "onChange">>;
	private readonly onChange: (isAnswering: boolean, cause: string) => void;
	private readonly abort = new AbortController();
	private loop: Promise<void> = Promise.resolve();
	private mining: Promise<void> = Promise.resolve();
	private lastTimestamp = 0;
	private lastMinedAt = Number.NEGATIVE_INFINITY;
	private isAnswering = true;

	constructor({ onChange, ...options }: BlockProducerOptions) {
		this.options = { intervalMillis: 400, heartbeatMillis: 2_000, ...options };
		this.onChange = onChange ?? (() => undefined);
	}

	/** Resolves after the first block; then mines until `stop`. */
	async start(): Promise<void> {
		await this.mineNow();
		this.loop = this.run();
	}

	async stop(): Promise<void> {
		this.abort.abort();
		await this.loop;
		await this.mining.catch(() => undefined);
	}

	/** Mines one block as soon as the clock allows one; throws when the chain does not answer. */
	mineNow(): Promise<void> {
		this.mining = this.mining.catch(() => undefined).then(() => this.mine());
		return this.mining;
	}

	private async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			await sleepMillis(this.options.intervalMillis, this.abort.signal);
			if (this.abort.signal.aborted) return;
			try {
				if (await this.isBlockDue()) await this.mineNow();
				this.report(true, "");
			} catch (error) {
				this.report(false, error instanceof Error ? error.message : String(error));
			}
		}
	}

	private report(isAnswering: boolean, cause: string): void {
		if (isAnswering === this.isAnswering) return;
		this.isAnswering = isAnswering;
		this.onChange(isAnswering, cause);
	}

	private async isBlockDue(): Promise<boolean> {
		if (performance.now() - this.lastMinedAt >= this.options.heartbeatMillis) return true;
		const pool = (await this.call("txpool_status", [])) as { pending: string };
		return Number(pool.pending) > 0;
	}

	private async mine(): Promise<void> {
		if (this.lastTimestamp === 0) {
			const head = (await this.call("eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
			this.lastTimestamp = Number(head.timestamp);
		}
		await this.options.clock.sleepUntil((this.lastTimestamp + 1) * 1000, this.abort.signal);
		const timestamp = Math.floor(this.options.clock.nowMillis() / 1000);
		if (timestamp <= this.lastTimestamp) return;
		await this.call("evm_mine", [timestamp]);
		this.lastTimestamp = timestamp;
		this.lastMinedAt = performance.now();
	}

	private async call(method: string, params: unknown[]): Promise<unknown> {
		const response = await fetch(this.options.rpcUrl, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
			signal: AbortSignal.timeout(10_000),
		});
		const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
		if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
		return answer.result;
	}
}
