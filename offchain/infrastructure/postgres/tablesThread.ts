/** What `ProjectorThread` runs; an error ends the thread, and with it the engine. */
import { platform, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { EngineLog } from "./EngineLog.ts";
import { openPool } from "./openPool.ts";
import { Projector } from "./Projector.ts";
import type { ProjectorThreadData } from "./ProjectorThread.ts";

/** The tables may wait so long for more to write. */
const LINGER_MILLIS = 10;

const { databaseUrl, applicationName, lastSequence } = workerData as ProjectorThreadData;

// Of this thread alone: whoever waits for an answer goes first.
if (platform() === "linux") setPriority(0, 10);

/** Two batches on their way at most, and one look at the log. */
const pool = openPool(databaseUrl, applicationName, 3);
const projector = new Projector(new EngineLog(pool), undefined, LINGER_MILLIS);
await projector.begin(lastSequence);
parentPort?.on("message", (committed: number) => projector.reach(committed));
for (let written = -1; ; ) {
	written = await projector.writtenBehind(written);
	parentPort?.postMessage(written);
}
