import { formatTable } from "../formatTable.ts";

export type GridTable = { headings: string[]; rows: (string | number)[][] };

/** JSON for programs, lines and tables for people. */
export function printResult(isJson: boolean, value: unknown, text: () => (string | GridTable)[]): void {
	const shown = () =>
		text()
			.map((part) => (typeof part === "string" ? part : formatTable(part.headings, aligned(part))))
			.join("\n");
	if (!process.stdout.listeners("error").includes(endQuietly)) process.stdout.on("error", endQuietly);
	process.stdout.write(`${isJson ? JSON.stringify(value) : shown()}\n`);
}

/** Whoever reads may have seen enough (`| head`). */
function endQuietly(error: NodeJS.ErrnoException): void {
	if (error.code !== "EPIPE") throw error;
	process.exit(0);
}

/** Columns of rounded numbers to the right, as `formatTable` does with whole ones. */
function aligned({ headings, rows }: GridTable): (string | number)[][] {
	const widths = headings.map((heading, column) => {
		const cells = rows.map((row) => String(row[column] ?? ""));
		return cells.every((cell) => /^(?:–|-?[\d.]+)$/.test(cell))
			? Math.max(heading.length, ...cells.map((c) => c.length))
			: 0;
	});
	return rows.map((row) =>
		row.map((cell, column) => (typeof cell === "number" ? cell : cell.padStart(widths[column] ?? 0))),
	);
}

/** Rounded for a table; JSON has the full number. */
export function shown(value: number | null, digits = 3): string {
	return value === null ? "–" : value.toFixed(digits);
}

/** JSON has no infinity: null says that nothing limits. */
export function finiteOrNull(value: number): number | null {
	return Number.isFinite(value) ? value : null;
}
