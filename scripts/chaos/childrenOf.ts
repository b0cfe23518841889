import { readdirSync, readFileSync } from "node:fs";

/** Processes started by this one and still its children; Linux only. */
export function childrenOf(parent: number): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => {
			try {
				return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) === parent;
			} catch {
				return false;
			}
		});
}
