import { windowPipelineSuite } from "./suites/windowPipelineSuite.ts";

windowPipelineSuite("PostgreSQL", async () => undefined);
