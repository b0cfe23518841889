import type { FaultKind } from "./faults.ts";
import type { Scheduler, SimulatedProcess } from "./Scheduler.ts";

/** How likely each fault is at each opportunity, in this run. */
export type FaultRates = Record<FaultKind, number>;

/** The weather all processes share. */
export type Weather = { databaseGoneUntil: number; nodeSilentUntil: number; feeSpikeUntil: number };

/** How one process reaches the outside: every call takes time, may fail, and is a place where the process may die. */
export class ProcessPorts {
	readonly scheduler: Scheduler;
	readonly process: SimulatedProcess;
	private readonly rates: FaultRates;
	private readonly weather: Weather;

	constructor(scheduler: Scheduler, process: SimulatedProcess, rates: FaultRates, weather: Weather) {
		this.scheduler = scheduler;
		this.process = process;
		this.rates = rates;
		this.weather = weather;
	}

	/** A question to the database. */
	read<Answer>(work: () => Answer): Promise<Answer> {
		return this.reach(this.diskMillis(), false, () => {
			this.requireDatabase();
			if (this.fault("failedRead")) throw connectionError();
			return work();
		});
	}

	/** One transaction of the database. */
	write<Answer>(work: () => Answer): Promise<Answer> {
		return this.reach(this.diskMillis(), true, () => {
			this.requireDatabase();
			if (this.fault("failedWrite")) throw connectionError();
			const answer = work();
			if (this.fault("lostAnswer")) throw connectionError();
			return answer;
		});
	}

	/** A call of the chain's node; `hasEffect` calls may fail after they had it. */
	node<Answer>(hasEffect: boolean, work: () => Answer): Promise<Answer> {
		return this.reach(this.scheduler.random.integer(5, 60), hasEffect, () => {
			if (this.weather.nodeSilentUntil > this.scheduler.nowMillis) throw new Error("connect ECONNREFUSED node");
			const fails = this.fault("failedNodeCall");
			if (fails && !(hasEffect && this.scheduler.random.chance(0.5))) throw new Error("request timed out");
			const answer = work();
			if (fails) throw new Error("request timed out");
			return answer;
		});
	}

	sleep(millis: number, signal?: AbortSignal): Promise<void> {
		return this.scheduler.sleep(this.process, millis, signal);
	}

	fault(kind: FaultKind): boolean {
		return this.scheduler.fault(kind, this.rates[kind]);
	}

	private reach<Answer>(delayMillis: number, isWrite: boolean, work: () => Answer): Promise<Answer> {
		if (this.process.isDead) return new Promise(() => undefined);
		if (this.fault("crash")) {
			// Half of the time the request has already left.
			if (isWrite && this.scheduler.random.chance(0.5))
				void this.scheduler.call(this.process, { delayMillis, isWrite }, work);
			this.scheduler.kill(this.process);
			return new Promise(() => undefined);
		}
		if (this.fault("freeze")) {
			this.process.frozenUntilMillis = this.scheduler.nowMillis + this.scheduler.random.integer(5_000, 40_000);
		}
		return this.scheduler.call(this.process, { delayMillis, isWrite }, work);
	}

	private diskMillis(): number {
		const millis = this.scheduler.random.integer(1, 5);
		return this.fault("slowDisk") ? millis * this.scheduler.random.integer(10, 100) : millis;
	}

	private requireDatabase(): void {
		if (this.weather.databaseGoneUntil > this.scheduler.nowMillis) throw connectionError();
	}
}

function connectionError(): Error {
	return Object.assign(new Error("connection terminated"), { code: "57P01" });
}
