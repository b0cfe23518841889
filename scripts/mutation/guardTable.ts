import { GUARDS } from "./guards.ts";

const MOST_CODE = 64;

/** The lines of defence as docs/reference/testing-contracts.md shows them. */
export function guardTable(): string {
	const rows = GUARDS.map(({ threat, file, before, test }) => {
		const contract = file.split("/").at(-1)?.replace(".sol", "");
		return `| ${threat} | ${contract} | \`${firstLine(before)}\` | ${test} |`;
	});
	return ["| what is tried | where | the guard | goes red without it |", "|---|---|---|---|", ...rows].join("\n");
}

function firstLine(code: string): string {
	const [line = "", ...more] = code.trim().split("\n");
	const cut = line.length > MOST_CODE || more.length > 0 ? `${line.slice(0, MOST_CODE)} …` : line;
	return cut.replaceAll("|", "\\|");
}
