import { formatTable } from "../../offchain/cli/formatTable.ts";

type Cell = string | number;
type Section = { title: string; headers: string[]; rows: Cell[][] };

/** What a scenario found: for people as tables, with `--json` as one object on the last line. */
export class ScenarioReport {
	readonly #name: string;
	readonly #about: string;
	readonly #sections: Section[] = [];
	readonly #figures: Record<string, unknown> = {};
	readonly #checks: { what: string; holds: boolean }[] = [];

	constructor(name: string, about: string) {
		this.#name = name;
		this.#about = about;
	}

	table(title: string, headers: string[], rows: Cell[][]): void {
		this.#sections.push({ title, headers, rows });
	}

	figure(name: string, value: unknown): void {
		this.#figures[name] = value;
	}

	/** Something that must hold; the process fails where it does not. */
	check(what: string, holds: boolean): void {
		this.#checks.push({ what, holds });
	}

	print(): void {
		const failed = this.#checks.filter(({ holds }) => !holds);
		if (process.argv.includes("--json")) {
			const { title: _, ...rest } = { title: this.#about, scenario: this.#name, figures: this.#figures };
			console.log(JSON.stringify({ ...rest, about: this.#about, sections: this.#sections, checks: this.#checks }));
		} else {
			console.log(`${this.#name}\n${this.#about}`);
			for (const { title, headers, rows } of this.#sections) {
				console.log(`\n${title}`);
				console.log(
					formatTable(
						headers,
						rows.map((row) => row.map(String)),
					),
				);
			}
			console.log("");
			for (const { what, holds } of this.#checks) console.log(`${holds ? "holds " : "FAILS "} ${what}`);
		}
		if (failed.length > 0) process.exitCode = 1;
	}
}

export function mw(value: number): string {
	const rounded = value.toFixed(1);
	return rounded === "-0.0" ? "0.0" : rounded;
}
