import { jobQueueSuite } from "./suites/jobQueueSuite.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

let database: TestDatabase | null = null;

jobQueueSuite("PostgreSQL", async () => {
	database ??= await testDatabase();
	return { kind: "postgres", databaseUrl: database.databaseUrl };
});
