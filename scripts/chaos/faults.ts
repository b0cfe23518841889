import type { ChaosRig } from "./ChaosRig.ts";

export const FAULTS = [
	"leader killed",
	"leader frozen",
	"standby killed",
	"worker killed",
	"worker frozen",
	"api killed",
	"api frozen",
	"database killed",
	"database frozen",
	"chain killed",
	"chain frozen",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Long enough to be overtaken. */
const OVERTAKEN_MILLIS = 7_500;

/** Does it, and undoes it where somebody has to: what ended is restarted by the supervisor. Returns whether it could. */
export async function inject(rig: ChaosRig, fault: Fault, random: (below: number) => number): Promise<boolean> {
	const shortMillis = 500 + random(2_500);
	const [victim, deed] = fault.split(" ") as [string, string];
	if (victim === "database") {
		await (deed === "killed" ? rig.killPostgres() : rig.freezePostgres(shortMillis));
		return true;
	}
	if (victim === "chain") {
		await (deed === "killed" ? rig.killChain(random(1_500)) : rig.freezeChain(shortMillis));
		return true;
	}
	const leader = await rig.leader();
	const target =
		victim === "leader"
			? leader
			: victim === "standby"
				? rig.running("engine").find((engine) => engine !== leader)
				: victim === "worker"
					? await rig.sendingWorker()
					: rig.running("api")[random(rig.running("api").length)];
	if (target === null || target === undefined || !target.isRunning) return false;
	if (deed === "killed") {
		await target.kill();
		return true;
	}
	target.freeze();
	await new Promise((resolve) => setTimeout(resolve, victim === "api" ? shortMillis : OVERTAKEN_MILLIS));
	if (target.isRunning) target.thaw();
	return true;
}
