import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

/** True while a process with this id exists (a zombie waiting for its parent does not count). */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
	return !/^State:\s+Z/m.test(procFile(pid, "status"));
}

/** Guards against a reused process id where the system can tell; true where it cannot. */
export function runsProgram(pid: number, word: string): boolean {
	if (process.platform !== "linux") return true;
	return procFile(pid, "cmdline").includes(word);
}

function procFile(pid: number, name: string): string {
	try {
		return readFileSync(`/proc/${pid}/${name}`, "utf8");
	} catch {
		return "";
	}
}

/** Resolves true when the process has ended within the time. */
export async function waitForEnd(pid: number, timeoutMillis: number): Promise<boolean> {
	const deadline = performance.now() + timeoutMillis;
	while (isAlive(pid)) {
		if (performance.now() > deadline) return false;
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	return true;
}

/** Asks with `signal`, then insists. */
export async function endProcess(pid: number, signal: NodeJS.Signals, timeoutMillis: number): Promise<void> {
	sendSignal(pid, signal);
	if (await waitForEnd(pid, timeoutMillis)) return;
	sendSignal(pid, "SIGKILL");
	await waitForEnd(pid, 5_000);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {
		// It ended between the look and the signal.
	}
}

export function whenExited(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
	return new Promise((resolve) => child.once("exit", () => resolve()));
}
