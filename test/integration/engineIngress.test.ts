import {
	PostgresRequestSource,
	PostgresRequestTransport,
} from "../../offchain/infrastructure/ingress/PostgresEngineIngress.ts";
import { engineIngressSuite } from "./suites/engineIngressSuite.ts";

engineIngressSuite({
	name: "in the engine's own process",
	transport: null,
	source: null,
	lose: async () => undefined,
});

engineIngressSuite({
	name: "a PostgreSQL table",
	transport: async ({ pool }, maxWaiting) => new PostgresRequestTransport(pool, maxWaiting),
	source: async ({ pool, databaseUrl }) => new PostgresRequestSource(pool, databaseUrl),
	lose: async ({ pool }) => {
		await pool.query("TRUNCATE engine_requests");
	},
});
