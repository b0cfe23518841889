import { jobQueueSuite } from "../integration/suites/jobQueueSuite.ts";
import { RedisServer } from "./RedisServer.ts";

let server: RedisServer;
before(async () => {
	server = await RedisServer.start();
});
after(() => server.stop());

jobQueueSuite("Redis", async () => ({ kind: "redis", redisUrl: server.url }));
