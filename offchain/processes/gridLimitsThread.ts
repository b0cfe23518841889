import { parentPort } from "node:worker_threads";
import { HighsLinearProgramSolver } from "../infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../infrastructure/grid/loadThaiNetwork.ts";
import { localGridLimits } from "./localMarket.ts";

// The thread of `computeGridLimits`: one message, the limits.
parentPort?.postMessage(localGridLimits(loadThaiNetwork(), await HighsLinearProgramSolver.load()));
