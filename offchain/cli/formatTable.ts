/** Rows under their headings, columns aligned; numbers to the right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
	if (rows.length === 0) return "(none)";
	const widths = headings.map((heading, column) =>
		Math.max(heading.length, ...rows.map((row) => String(row[column] ?? "").length)),
	);
	const line = (cells: readonly (string | number)[]) =>
		cells
			.map((cell, column) => {
				const width = widths[column] ?? 0;
				return typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width);
			})
			.join("  ")
			.trimEnd();
	return [line(headings), ...rows.map(line)].join("\n");
}
