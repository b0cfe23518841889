import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** What the books can be compared about. */
export type AuditSubject =
	| { kind: "account"; account: Address }
	| { kind: "meter"; meterId: number }
	| { kind: "window"; windowId: WindowId }
	| { kind: "directive"; directiveId: number }
	| { kind: "certificate"; tokenId: string };

/** Who keeps books: the engine's memory, its rows, the indexed chain, the chain itself. */
export const KEEPERS = ["engine", "database", "index", "chain"] as const;
export type Keeper = (typeof KEEPERS)[number];

export type Fact = string | number | boolean | null;

/** What one keeper says of a subject; a field it does not keep is left out. */
export type Statement = { keeper: Keeper; fields: Record<string, Fact> };

/** What led to it, oldest first. */
export type AuditEntry = { at: string; what: string };

export type Testimony = { subject: AuditSubject; statements: Statement[]; history: AuditEntry[] };

/** Asks every keeper about one subject, all of them as of the newest final block that is indexed. */
export interface BookKeepers {
	ask(subject: AuditSubject): Promise<Testimony>;
	/** Subjects behind `after`, in a fixed order, for an audit that goes round; empty at the end. */
	subjectsAfter(after: string | null, limit: number): Promise<AuditSubject[]>;
}

/** The subject as one word and a place in the order of `subjectsAfter`. */
export function subjectKey(subject: AuditSubject): string {
	switch (subject.kind) {
		case "account":
			return `account ${subject.account}`;
		case "meter":
			return `meter ${String(subject.meterId).padStart(10, "0")}`;
		case "window":
			return `window ${String(subject.windowId).padStart(10, "0")}`;
		case "directive":
			return `directive ${String(subject.directiveId).padStart(10, "0")}`;
		case "certificate":
			return `certificate ${subject.tokenId.padStart(78, "0")}`;
	}
}
