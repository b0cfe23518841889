import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../../offchain/infrastructure/local/freePort.ts";

/** A Redis of the test's own: random port, folder of its own, nothing evicted, nothing kept. */
export class RedisServer {
	readonly url: string;
	private readonly port: number;
	private readonly folder = mkdtempSync(join(tmpdir(), "gridtokenx-redis-"));
	private child: ChildProcess | null = null;

	private constructor(port: number) {
		this.port = port;
		this.url = `redis://127.0.0.1:${port}`;
	}

	static async start(): Promise<RedisServer> {
		const server = new RedisServer(await freePort());
		await server.start();
		return server;
	}

	async start(): Promise<void> {
		const args = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.folder, "--save", ""];
		args.push("--appendonly", "no", "--maxmemory-policy", "noeviction", "--daemonize", "no");
		this.child = spawn("redis-server", args, { stdio: "ignore" });
		for (let round = 0; round < 200; round++) {
			if (await this.command((redis) => redis.ping()).catch(() => null)) return;
			await new Promise((resolve) => setTimeout(resolve, 25));
		}
		throw new Error("redis-server does not answer");
	}

	/** As a power cut: everything in memory is gone. */
	async kill(): Promise<void> {
		const { child } = this;
		if (child === null) return;
		this.child = null;
		const ended = new Promise((resolve) => child.once("exit", resolve));
		child.kill("SIGKILL");
		await ended;
	}

	async command<T>(run: (redis: Redis) => Promise<T>): Promise<T> {
		const redis = new Redis(this.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
		redis.on("error", () => undefined);
		try {
			return await run(redis);
		} finally {
			redis.disconnect();
		}
	}

	async stop(): Promise<void> {
		await this.kill();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
