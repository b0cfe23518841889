import { parentPort, workerData } from "node:worker_threads";
import { thaiOutageLimits } from "../../domain/grid/thai/thaiOutageLimits.ts";
import { HighsLinearProgramSolver } from "./HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "./loadThaiNetwork.ts";
import type { LimitsQuestion } from "./ThreadLimitsProver.ts";

// The thread of `ThreadLimitsProver`: one message, the limits.
const { outages, options, isProven } = workerData as LimitsQuestion;
const proof = isProven ? { proofBy: await HighsLinearProgramSolver.load() } : {};
parentPort?.postMessage(thaiOutageLimits(loadThaiNetwork(), outages, { ...options, ...proof }));
