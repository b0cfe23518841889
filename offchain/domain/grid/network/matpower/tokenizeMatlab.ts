import { MatpowerSyntaxError } from "./MatpowerSyntaxError.ts";

export type MatlabToken = {
	kind: "number" | "name" | "string" | "operator" | "end of line";
	text: string;
	line: number;
	/** White space decides inside brackets: `[1 -2]` has two elements, `[1 - 2]` one. */
	isSpaced: boolean;
	isSpacedAfter: boolean;
};

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?/y;
const NAME = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/y;
const OPERATOR = /\.\*|\.\/|\.\^|\.'|==|~=|!=|<=|>=|&&|\|\||[-+*/^'=<>&|~!:;,()[\]{}@]/y;

/** The words of a MATLAB file, comments and continuations taken out. Throws a `MatpowerSyntaxError`. */
export function tokenizeMatlab(source: string): MatlabToken[] {
	const text = source.replace(/\r\n?/g, "\n").replace(/^[ \t]*%\{[ \t]*$[\s\S]*?^[ \t]*%\}[ \t]*$/gm, blankLines);
	const tokens: MatlabToken[] = [];
	let line = 1;
	let isSpaced = false;
	let at = 0;
	const push = (kind: MatlabToken["kind"], word: string) => {
		tokens.push({ kind, text: word, line, isSpaced, isSpacedAfter: false });
		isSpaced = false;
	};
	const match = (pattern: RegExp): string | null => {
		pattern.lastIndex = at;
		return pattern.exec(text)?.[0] ?? null;
	};
	const space = () => {
		isSpaced = true;
		const last = tokens[tokens.length - 1];
		if (last) last.isSpacedAfter = true;
	};
	while (at < text.length) {
		const char = text[at] as string;
		if (char === "\n") {
			space();
			push("end of line", "\n");
			isSpaced = true;
			line++;
			at++;
		} else if (char === " " || char === "\t") {
			space();
			at++;
		} else if (char === "%" || char === "#") {
			at = lineEnd(text, at);
		} else if (text.startsWith("...", at)) {
			space();
			at = lineEnd(text, at) + 1;
			line++;
		} else if (char === '"' || (char === "'" && !isTranspose(tokens, isSpaced))) {
			const end = stringEnd(text, at);
			if (end < 0) throw new MatpowerSyntaxError(line, "text without its closing quote");
			push("string", text.slice(at + 1, end).replaceAll(char + char, char));
			at = end + 1;
		} else {
			const number = match(NUMBER);
			const name = number === null ? match(NAME) : null;
			const word = number ?? name ?? match(OPERATOR);
			if (word === null) throw new MatpowerSyntaxError(line, `unexpected "${char}"`);
			push(number !== null ? "number" : name !== null ? "name" : "operator", word);
			at += word.length;
		}
	}
	push("end of line", "\n");
	return tokens;
}

function blankLines(comment: string): string {
	return comment.replace(/[^\n]/g, "");
}

function lineEnd(text: string, from: number): number {
	const end = text.indexOf("\n", from);
	return end < 0 ? text.length : end;
}

/** A quote directly behind a value transposes it. */
function isTranspose(tokens: readonly MatlabToken[], isSpaced: boolean): boolean {
	const last = tokens[tokens.length - 1];
	if (last === undefined || isSpaced) return false;
	return last.kind === "number" || last.kind === "name" || [")", "]", "}", "'"].includes(last.text);
}

function stringEnd(text: string, from: number): number {
	const quote = text[from] as string;
	for (let at = from + 1; at < text.length && text[at] !== "\n"; at++) {
		if (text[at] !== quote) continue;
		if (text[at + 1] === quote) at++;
		else return at;
	}
	return -1;
}
