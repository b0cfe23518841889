import { windowPipelineSuite } from "../integration/suites/windowPipelineSuite.ts";
import { RedisServer } from "./RedisServer.ts";

let server: RedisServer;
before(async () => {
	server = await RedisServer.start();
});
after(() => server.stop());

windowPipelineSuite("Redis", async () => ({ kind: "redis", redisUrl: server.url }));
