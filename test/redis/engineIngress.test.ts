import { RedisRequestSource, RedisRequestTransport } from "../../offchain/infrastructure/redis/RedisEngineIngress.ts";
import { engineIngressSuite } from "../integration/suites/engineIngressSuite.ts";
import { RedisServer } from "./RedisServer.ts";

let server: RedisServer;
before(async () => {
	server = await RedisServer.start();
});
after(() => server.stop());

engineIngressSuite({
	name: "Redis Streams",
	transport: async (_database, maxWaiting) => new RedisRequestTransport(server.url, maxWaiting),
	source: async () => new RedisRequestSource(server.url),
	lose: async () => {
		await server.command((redis) => redis.flushall());
	},
});

engineIngressSuite({
	name: "Redis Streams of a Redis that crashes empty",
	transport: async (_database, maxWaiting) => new RedisRequestTransport(server.url, maxWaiting),
	source: async () => new RedisRequestSource(server.url),
	lose: async () => {
		await server.kill();
		await server.start();
	},
});
