import { orderDomain } from "../../offchain/domain/orders/orderTypedData.ts";
import { windowAt } from "../../offchain/domain/units/window.ts";
import { ChaosMarket } from "./ChaosMarket.ts";
import { ChaosRig } from "./ChaosRig.ts";
import { checkHistory, type History } from "./checkHistory.ts";
import { type DoneFault, explainMissed, type MissedWindow } from "./explainMissed.ts";
import { FAULTS, type Fault, inject } from "./faults.ts";
import { TakeoverWatch } from "./TakeoverWatch.ts";

export type ChaosOptions = {
	stateDir: string;
	rounds: number;
	seed: number;
	/** Wall-clock seconds of one window. */
	secondsPerWindow: number;
	/** Faults to choose from; all of them without. */
	faults?: readonly Fault[];
	say: (line: string) => void;
};

type Moment = "placing" | "committing" | "settling";

export type ChaosReport = History & {
	benchmark: "chaos";
	rounds: number;
	seed: number;
	faults: Record<string, number>;
	moments: Record<Moment, number>;
	restarts: number;
	/** Requests repeated by clients because nothing definite came back. */
	repeats: number;
	/** From the fault to the first commit of another leader, ms. */
	takeoverMillis: { count: number; p50: number; p99: number; most: number };
	/** From a database or process fault to the next commit of anybody, ms. */
	silenceMillis: { p99: number; most: number };
	/** Windows whose commitment was not mined in time, each with what was broken meanwhile. */
	missed: MissedWindow[];
	/** Windows that came to no end after the last fault; null where not even that could be read. */
	notEnded: number[] | null;
	isSound: boolean;
};

const FINAL_STAGES = new Set(["reconciled", "empty", "missed", "voided", "expired"]);
const PLACING_ROUNDS = 12;

/** Rounds of trade and faults, and the verdict. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
	const { stateDir, rounds, seed, secondsPerWindow, say } = options;
	const random = generator(seed);
	const rig = await ChaosRig.start(stateDir, secondsPerWindow);
	try {
		await rig.whenServing();
		const { chainId, addresses } = rig.deployment;
		const market = new ChaosMarket(rig.urls, orderDomain(chainId, addresses.WindowSettlement));
		const watch = new TakeoverWatch(rig);
		const faults: Record<string, number> = {};
		const done: DoneFault[] = [];
		const moments: Record<Moment, number> = { placing: 0, committing: 0, settling: 0 };
		const first = windowAt(rig.clock.nowMillis() / 1000 + 25 * 60) + 1;
		say(`${rounds} windows from ${first}, seed ${seed}; faults ${(options.faults ?? FAULTS).join(", ")}`);
		let isTrading = true;
		let queue = [...(options.faults ?? FAULTS)];
		const breakThings = async (): Promise<void> => {
			for (let round = 0; round < rounds && isTrading; round++) {
				const windowId = first + round;
				for (const moment of chosenMoments(round, random)) {
					// A different market time for each: orders are coming in; gate closure has begun; readings have just arrived.
					const seconds = { placing: -1_200, committing: -300, settling: 930 }[moment] + random(200);
					await rig.untilWindowSeconds(windowId - (moment === "settling" ? 2 : 0), seconds);
					if (queue.length === 0) queue = [...(options.faults ?? FAULTS)];
					const [fault] = queue.splice(random(queue.length), 1) as [Fault];
					say(`window ${windowId}, while ${moment}: ${fault}`);
					const measured = await watch.begin(fault);
					const fromMillis = Date.now();
					const isDone = await inject(rig, fault, random).catch((error: Error) => {
						say(`could not: ${error.message}`);
						return false;
					});
					if (!isDone) continue;
					done.push({ fault, fromMillis, toMillis: Date.now() });
					faults[fault] = (faults[fault] ?? 0) + 1;
					moments[moment] += 1;
					await measured.end();
				}
			}
		};
		const trade = async (): Promise<void> => {
			const working: Promise<void>[] = [];
			for (let round = 0; round < rounds; round++) {
				const windowId = first + round;
				for (let part = 0; part < PLACING_ROUNDS; part++) {
					await rig.untilWindowSeconds(windowId, -1_350 + part * 60);
					await market.placeRound(windowId);
				}
				working.push(settle(rig, market, windowId));
			}
			await Promise.all(working);
			isTrading = false;
		};
		await Promise.all([breakThings(), trade()]);
		say("every window has been traded and read; waiting for the last settlement");
		const notEnded = await whenFinal(rig, first, rounds, say);
		const history = await checkHistory(rig, market);
		const missed = await explainMissed(rig.pool, done, (marketMillis) => rig.wallMillisOf(marketMillis));
		const isSound =
			notEnded?.length === 0 &&
			history.lost.length === 0 &&
			history.doubled.length === 0 &&
			history.settledTwice.length === 0 &&
			history.fencingBroken === 0 &&
			history.isBalanced;
		if (!isSound) say(rig.errors());
		return {
			benchmark: "chaos",
			rounds,
			seed,
			faults,
			moments,
			restarts: rig.restarts,
			repeats: market.repeats,
			takeoverMillis: summary(watch.takeovers),
			silenceMillis: summary(watch.silences),
			...history,
			missed,
			notEnded,
			isSound,
		};
	} finally {
		await rig.stop();
	}
}

/** Readings arrive a little after the window has ended. */
async function settle(rig: ChaosRig, market: ChaosMarket, windowId: number): Promise<void> {
	await rig.untilWindowSeconds(windowId, 910);
	for (;;) {
		try {
			const { rows } = await rig.pool.query<{ meter: number; sold: number }>(
				`SELECT sell_meter_id AS meter, sum(energy_wh + loss_wh) AS sold FROM trades
				WHERE window_id = $1 AND unwound_sequence IS NULL GROUP BY sell_meter_id`,
				[windowId],
			);
			await market.submitReadings(windowId, new Map(rows.map(({ meter, sold }) => [meter, sold])));
			return;
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 250));
		}
	}
}

/** The windows that are still open when patience has ended. */
async function whenFinal(
	rig: ChaosRig,
	first: number,
	rounds: number,
	say: (line: string) => void,
): Promise<number[] | null> {
	const deadline = performance.now() + 180_000;
	for (;;) {
		const open = await rig.pool
			.query<{ window_id: number; stage: string; problem: string | null }>(
				"SELECT window_id, stage, attempts, problem, next_chunk FROM window_pipelines WHERE window_id BETWEEN $1 AND $2",
				[first, first + rounds - 1],
			)
			.then(({ rows }) => (rows.length < rounds ? null : rows.filter(({ stage }) => !FINAL_STAGES.has(stage))))
			.catch(() => null);
		if (open?.length === 0) return [];
		if (performance.now() > deadline) {
			say(`not ended: ${JSON.stringify(open)}\n${rig.errors()}`);
			return open?.map(({ window_id }) => window_id) ?? null;
		}
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

/** Two of the three moments a round, in the order they come. */
function chosenMoments(round: number, random: (below: number) => number): Moment[] {
	const all: Moment[] = round >= 2 ? ["placing", "settling", "committing"] : ["placing", "committing"];
	const left = random(all.length);
	return all.filter((_, index) => all.length < 3 || index !== left);
}

function summary(values: number[]): { count: number; p50: number; p99: number; most: number } {
	const sorted = values.toSorted((a, b) => a - b);
	const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
	return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: Math.round(sorted.at(-1) ?? 0) };
}

function generator(seed: number): (below: number) => number {
	let state = (seed * 2_654_435_761) >>> 0 || 1;
	return (below) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % below;
	};
}
