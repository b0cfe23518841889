import { Redis } from "ioredis";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import type { EngineRequest, RequestSource, RequestTransport, TakenRequest } from "../ingress/EngineRequest.ts";

const STREAM = "gridtokenx:engine-requests";
const BLOCK_MILLIS = 200;

/** All or none, and none when too many wait; each request is one entry `r <json>`. */
const SEND = `
if redis.call('XLEN', KEYS[1]) + #ARGV - 1 > tonumber(ARGV[1]) then return 0 end
for index = 2, #ARGV do redis.call('XADD', KEYS[1], '*', 'r', ARGV[index]) end
return 1`;

type ScriptedRedis = Redis & { sendRequests(key: string, most: number, ...requests: string[]): Promise<number> };

/**
 * Requests in a Redis stream. Nothing depends on Redis being durable: a request without an answer in the log is sent
 * again by its sender.
 */
export class RedisRequestTransport implements RequestTransport {
	private readonly redis: ScriptedRedis;
	private readonly maxWaitingRequests: number;

	constructor(redisUrl: string, maxWaitingRequests = 50_000) {
		this.redis = connect(redisUrl) as ScriptedRedis;
		this.redis.defineCommand("sendRequests", { numberOfKeys: 1, lua: SEND });
		this.maxWaitingRequests = maxWaitingRequests;
	}

	async send(requests: EngineRequest[]): Promise<"sent" | "busy"> {
		const texts = requests.map((request) => JSON.stringify(request));
		const isSent = await this.redis.sendRequests(STREAM, this.maxWaitingRequests, ...texts);
		return isSent === 1 ? "sent" : "busy";
	}

	async close(): Promise<void> {
		this.redis.disconnect();
	}
}

/** The leader's end of the stream. An entry stays until its inputs are on disk, for the next leader to find. */
export class RedisRequestSource implements RequestSource {
	private readonly redis: Redis;
	/** Reading blocks its connection. */
	private readonly reader: Redis;
	private lastId = "0-0";

	constructor(redisUrl: string) {
		this.redis = connect(redisUrl);
		this.reader = connect(redisUrl);
		// A Redis that came back empty begins anew.
		this.reader.on("ready", () => {
			this.lastId = "0-0";
			this.taken.clear();
		});
	}

	private readonly taken = new Set<string>();

	async take(limit: number): Promise<TakenRequest[]> {
		const answer = await this.reader.xread("COUNT", limit, "BLOCK", BLOCK_MILLIS, "STREAMS", STREAM, this.lastId);
		const entries = answer?.[0]?.[1] ?? [];
		const requests: TakenRequest[] = [];
		for (const [place, fields] of entries) {
			this.lastId = place;
			if (this.taken.has(place)) continue;
			this.taken.add(place);
			const { requestId, inputs } = JSON.parse(fields[1] as string) as { requestId: string; inputs: EngineInput[] };
			requests.push({ place, requestId, inputs });
		}
		return requests;
	}

	async done(places: string[]): Promise<void> {
		await this.redis.xdel(STREAM, ...places);
		for (const place of places) this.taken.delete(place);
	}

	async close(): Promise<void> {
		this.redis.disconnect();
		this.reader.disconnect();
	}
}

function connect(redisUrl: string): Redis {
	// A command fails at once while Redis is away, instead of waiting in a queue: the caller decides when to try again.
	const redis = new Redis(redisUrl, { maxRetriesPerRequest: 0, enableOfflineQueue: true, commandTimeout: 5_000 });
	redis.on("error", () => undefined);
	return redis;
}
