import { type AuditSubject, type BookKeepers, subjectKey } from "../ports/BookKeepers.ts";
import { compareStatements, type FieldDifference } from "./compareStatements.ts";

export type AuditFinding = { subject: AuditSubject; differences: FieldDifference[] };

/** A difference is only believed when it is still there after this many looks: the books move while they are read. */
const LOOKS = 3;

export type ContinuousAuditOptions = {
	keepers: BookKeepers;
	subjectsPerRound: number;
	/** Between two looks at the same subject. */
	pause: () => Promise<void>;
	/** Told once of each difference, exactly, and again when it is another one. */
	onDrift: (finding: AuditFinding) => void;
};

/**
 * Goes round all meters, windows, directives and certificates, some at a time, and says where two keepers of the books
 * disagree. It repairs nothing: what is wrong is repaired by replay, never by editing.
 */
export class ContinuousAudit {
	private readonly options: ContinuousAuditOptions;
	private place: string | null = null;
	private readonly told = new Map<string, string>();

	constructor(options: ContinuousAuditOptions) {
		this.options = options;
	}

	/** Looks at the next subjects; returns what differs among them. */
	async round(): Promise<AuditFinding[]> {
		const { keepers, subjectsPerRound, onDrift } = this.options;
		const subjects = await keepers.subjectsAfter(this.place, subjectsPerRound);
		const last = subjects.at(-1);
		this.place = last === undefined || subjects.length < subjectsPerRound ? null : subjectKey(last);
		const findings: AuditFinding[] = [];
		for (const subject of subjects) {
			const differences = await this.examine(subject);
			const key = subjectKey(subject);
			const said = JSON.stringify(differences);
			if (differences.length === 0) this.told.delete(key);
			else {
				findings.push({ subject, differences });
				if (this.told.get(key) !== said) onDrift({ subject, differences });
				this.told.set(key, said);
			}
		}
		return findings;
	}

	/** The differences of one subject that do not go away. */
	async examine(subject: AuditSubject): Promise<FieldDifference[]> {
		let differences: FieldDifference[] = [];
		for (let look = 0; look < LOOKS; look++) {
			if (look > 0) await this.options.pause();
			differences = compareStatements((await this.options.keepers.ask(subject)).statements);
			if (differences.length === 0) break;
		}
		return differences;
	}
}

/** One line: "meter 7: zoneId (engine 2, chain 3)". */
export function describeFinding({ subject, differences }: AuditFinding): string {
	const name = subjectKey(subject).replace(/ 0+(?=\d)/, " ");
	const fields = differences.map(
		({ field, values }) => `${field} (${values.map(({ keeper, value }) => `${keeper} ${value}`).join(", ")})`,
	);
	return `${name}: ${fields.join("; ")}`;
}
