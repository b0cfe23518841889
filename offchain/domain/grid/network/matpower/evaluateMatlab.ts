import {
	concatenate,
	elementwise,
	isTrue,
	type MatlabMatrix,
	type MatlabValue,
	product,
	scalar,
	selected,
	transpose,
} from "./MatlabMatrix.ts";
import { MatpowerSyntaxError } from "./MatpowerSyntaxError.ts";
import { MATPOWER_COLUMNS } from "./matpowerColumns.ts";
import { type MatlabToken, tokenizeMatlab } from "./tokenizeMatlab.ts";

type Binary = (left: MatlabMatrix, right: MatlabMatrix) => MatlabMatrix;

const compare = (test: (a: number, b: number) => boolean): Binary => {
	return (left, right) => elementwise(left, right, (a, b) => Number(test(a, b)), true);
};
const divide: Binary = (left, right) => elementwise(left, right, (a, b) => a / b);
const power: Binary = (left, right) => elementwise(left, right, (a, b) => a ** b);
const and = compare((a, b) => a !== 0 && b !== 0);
const or = compare((a, b) => a !== 0 || b !== 0);

/** From the loosest binding to the tightest below the unary signs. */
const LEVELS: readonly Readonly<Record<string, Binary>>[] = [
	{ "||": or },
	{ "&&": and },
	{ "|": or },
	{ "&": and },
	{
		"==": compare((a, b) => a === b),
		"~=": compare((a, b) => a !== b),
		"!=": compare((a, b) => a !== b),
		"<": compare((a, b) => a < b),
		">": compare((a, b) => a > b),
		"<=": compare((a, b) => a <= b),
		">=": compare((a, b) => a >= b),
	},
	{ ":": range },
	{
		"+": (left, right) => elementwise(left, right, (a, b) => a + b),
		"-": (left, right) => elementwise(left, right, (a, b) => a - b),
	},
	{
		"*": product,
		".*": (left, right) => elementwise(left, right, (a, b) => a * b),
		"/": divide,
		"./": divide,
	},
];
const RANGE_LEVEL = 5;
const MAX_RANGE = 1_000_000;

const ELEMENT_FUNCTIONS: Readonly<Record<string, (value: number) => number>> = {
	sin: Math.sin,
	cos: Math.cos,
	tan: Math.tan,
	asin: Math.asin,
	acos: Math.acos,
	atan: Math.atan,
	sqrt: Math.sqrt,
	abs: Math.abs,
	exp: Math.exp,
	log: Math.log,
	round: Math.round,
	floor: Math.floor,
	ceil: Math.ceil,
};
const CONSTANTS: Readonly<Record<string, number>> = {
	pi: Math.PI,
	Inf: Number.POSITIVE_INFINITY,
	inf: Number.POSITIVE_INFINITY,
	NaN: Number.NaN,
	nan: Number.NaN,
	eps: Number.EPSILON,
	true: 1,
	false: 0,
};
/** What ends a block or says something about the function only. */
const IGNORED_STATEMENTS = new Set(["function", "end", "endfunction", "return"]);

export type MatlabScope = {
	/** By dotted name: `mpc.bus`. */
	values: ReadonlyMap<string, MatlabValue>;
	/** The structure the function returns; null for a file that returns plain matrices. */
	resultName: string | null;
};

/**
 * Runs the straight-line MATLAB that case files are written in: matrices, and the statements some end with to bring
 * ohms and kilowatts to per unit and megawatts. No loops and no functions of the file's own: those are refused by line.
 * Throws a `MatpowerSyntaxError`.
 */
export function evaluateMatlab(source: string): MatlabScope {
	return new Evaluator(tokenizeMatlab(source)).run();
}

class Evaluator {
	readonly #tokens: readonly MatlabToken[];
	readonly #values = new Map<string, MatlabValue>();
	#at = 0;
	/** Inside `[ ]` and `{ }` white space separates. */
	#isInBrackets = false;
	/** What `end` means inside an index. */
	#lastIndex: number[] = [];

	constructor(tokens: readonly MatlabToken[]) {
		this.#tokens = tokens;
	}

	run(): MatlabScope {
		let resultName: string | null = null;
		while (this.#at < this.#tokens.length) {
			if (this.#token.text === "function") resultName = this.#functionResult();
			else this.#statement();
		}
		return { values: this.#values, resultName };
	}

	get #token(): MatlabToken {
		return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as MatlabToken;
	}

	#fail(what: string): never {
		throw new MatpowerSyntaxError(this.#token.line, what);
	}

	#is(text: string): boolean {
		return this.#token.text === text && this.#token.kind !== "string";
	}

	#take(text: string): boolean {
		if (!this.#is(text)) return false;
		this.#at++;
		return true;
	}

	#expect(text: string): void {
		if (!this.#take(text)) this.#fail(`expected "${text}" before "${this.#token.text.trim()}"`);
	}

	#skipLine(): void {
		while (this.#token.kind !== "end of line") this.#at++;
		this.#at++;
	}

	/** `function mpc = case9`; null for `function [baseMVA, bus, …] = case9`. */
	#functionResult(): string | null {
		const next = this.#tokens[this.#at + 1];
		this.#skipLine();
		return next?.kind === "name" ? next.text : null;
	}

	#statement(): void {
		const { kind, text } = this.#token;
		if (kind === "end of line" || text === ";" || text === ",") {
			this.#at++;
		} else if (text === "if") this.#conditional();
		else if (IGNORED_STATEMENTS.has(text)) this.#skipLine();
		else if (text === "define_constants") {
			this.#at++;
			for (const [functionName] of Object.entries(MATPOWER_COLUMNS)) this.#defineColumns(functionName, null);
		} else if (text === "[") this.#columnNames();
		else if (kind === "name") this.#assignment();
		else this.#fail(`a statement cannot begin with "${text}"`);
	}

	#conditional(): void {
		this.#at++;
		let isDone = false;
		let isActive = this.#condition();
		for (;;) {
			if (this.#take("end") || this.#take("endif")) return;
			if (this.#token.text === "elseif") {
				this.#at++;
				isDone ||= isActive;
				const holds = this.#condition();
				isActive = !isDone && holds;
			} else if (this.#take("else")) {
				isActive = !(isDone || isActive);
			} else if (this.#at >= this.#tokens.length - 1) this.#fail("if without its end");
			else if (isActive) this.#statement();
			else this.#skipInactive();
		}
	}

	/** Leaves a statement out, blocks inside it too. */
	#skipInactive(): void {
		if (this.#token.text !== "if") return this.#skipLine();
		for (let depth = 0; ; this.#at++) {
			if (this.#at >= this.#tokens.length) this.#fail("if without its end");
			if (this.#is("if")) depth++;
			if ((this.#is("end") || this.#is("endif")) && --depth === 0) break;
		}
		this.#at++;
	}

	#condition(): boolean {
		const value = this.#expression();
		return value.kind === "matrix" && isTrue(value);
	}

	/** `[PQ, PV, …] = idx_bus;` */
	#columnNames(): void {
		this.#at++;
		const names: string[] = [];
		while (!this.#take("]")) {
			const { kind, text } = this.#token;
			if (kind === "name" || text === "~") names.push(text);
			else if (kind !== "end of line" && text !== ",") this.#fail(`expected a name, found "${text}"`);
			this.#at++;
		}
		this.#expect("=");
		this.#defineColumns(this.#token.text, names);
		this.#at++;
		if (this.#take("(")) this.#expect(")");
	}

	#defineColumns(functionName: string, names: readonly string[] | null): void {
		const columns = MATPOWER_COLUMNS[functionName];
		if (columns === undefined) this.#fail(`"${functionName}" returns nothing known here`);
		columns.forEach(([standard, number], index) => {
			const name = names === null ? standard : names[index];
			if (name !== undefined && name !== "~") this.#values.set(name, scalar(number));
		});
	}

	#assignment(): void {
		const name = this.#token.text;
		this.#at++;
		const where = this.#take("(") ? this.#indexes(this.#values.get(name)) : null;
		if (!this.#is("=")) this.#fail(`"${name}" is not an assignment`);
		this.#at++;
		const value = this.#expression();
		if (!(this.#token.kind === "end of line" || this.#is(";") || this.#is(","))) {
			this.#fail(`unexpected "${this.#token.text}"`);
		}
		this.#values.set(name, where === null ? value : this.#assignedAt(name, where, value));
	}

	#assignedAt(name: string, where: readonly MatlabValue[], value: MatlabValue): MatlabValue {
		const target = this.#values.get(name);
		if (target?.kind !== "matrix" || value.kind !== "matrix") this.#fail(`"${name}" is not a matrix`);
		return this.#guard(() => {
			const { rows, columns, mayWiden } = this.#places(target, where);
			const width = Math.max(target.columns, ...columns.map((column) => column + 1));
			if (width > target.columns && !mayWiden) throw new RangeError(`column ${width} of ${target.columns}`);
			if (value.data.length !== 1 && value.data.length !== rows.length * columns.length) {
				throw new RangeError(`${value.data.length} values for ${rows.length} × ${columns.length} places`);
			}
			const data = new Array<number>(target.rows * width).fill(0);
			target.data.forEach((old, k) => {
				data[Math.floor(k / target.columns) * width + (k % target.columns)] = old;
			});
			rows.forEach((row, r) => {
				columns.forEach((column, c) => {
					data[row * width + column] = value.data[value.data.length === 1 ? 0 : r * columns.length + c] as number;
				});
			});
			return { ...target, columns: width, data };
		});
	}

	#places(target: MatlabMatrix, where: readonly MatlabValue[]) {
		const [first, second] = where;
		if (first === undefined || where.length > 2) throw new RangeError("one or two indexes");
		if (second !== undefined) {
			const rows = selected(first, target.rows);
			return { rows, columns: selected(second, target.columns, true), mayWiden: true };
		}
		if (target.rows !== 1 && target.columns !== 1) throw new RangeError("a matrix takes two indexes");
		const positions = selected(first, target.data.length);
		return target.rows === 1
			? { rows: [0], columns: positions, mayWiden: false }
			: { rows: positions, columns: [0], mayWiden: false };
	}

	/** Arithmetic that does not fit is the file's fault, at this line. */
	#guard<T>(run: () => T): T {
		try {
			return run();
		} catch (error) {
			if (error instanceof RangeError) this.#fail(error.message);
			throw error;
		}
	}

	#expression(level = 0): MatlabValue {
		const operators = LEVELS[level];
		if (operators === undefined) return this.#unary();
		let left = this.#expression(level + 1);
		for (;;) {
			const apply = this.#token.kind === "operator" ? operators[this.#token.text] : undefined;
			if (apply === undefined || this.#isNextElement() || (level === RANGE_LEVEL && this.#isBareColon())) return left;
			const operator = this.#token.text;
			this.#at++;
			const right = this.#expression(level + 1);
			if (left.kind !== "matrix" || right.kind !== "matrix") this.#fail(`"${operator}" needs numbers`);
			const [a, b] = [left, right];
			left = this.#guard(() => apply(a, b));
		}
	}

	/** `[1 -2]`: a sign after white space and directly before its number begins the next element. */
	#isNextElement(): boolean {
		const { text, isSpaced, isSpacedAfter } = this.#token;
		return this.#isInBrackets && (text === "+" || text === "-") && isSpaced && !isSpacedAfter;
	}

	#isBareColon(): boolean {
		return [")", ","].includes(this.#tokens[this.#at + 1]?.text ?? "");
	}

	#unary(): MatlabValue {
		const sign = this.#token.text;
		if (this.#token.kind !== "operator" || !["-", "+", "~", "!"].includes(sign)) return this.#postfix();
		this.#at++;
		const value = this.#unary();
		if (value.kind !== "matrix") this.#fail(`"${sign}" needs numbers`);
		if (sign === "+") return value;
		const apply = sign === "-" ? (x: number) => -x : (x: number) => Number(x === 0);
		return { ...value, data: value.data.map(apply), isLogical: sign !== "-" };
	}

	#postfix(): MatlabValue {
		let value = this.#primary();
		for (;;) {
			if ((this.#is("'") || this.#is(".'")) && value.kind === "matrix") {
				this.#at++;
				value = transpose(value);
			} else if ((this.#is("^") || this.#is(".^")) && value.kind === "matrix") {
				this.#at++;
				const exponent = this.#is("-") ? this.#unary() : this.#primary();
				if (exponent.kind !== "matrix") this.#fail("an exponent has to be a number");
				const base = value;
				value = this.#guard(() => power(base, exponent));
			} else return value;
		}
	}

	#primary(): MatlabValue {
		const { kind, text } = this.#token;
		if (kind === "string") {
			this.#at++;
			return { kind: "text", text };
		}
		if (kind === "number") {
			this.#at++;
			return scalar(Number(text.replace(/[dD]/, "e")));
		}
		if (kind === "name") return this.#named();
		if (text === "[") return this.#matrix();
		if (text === "{") return { kind: "cells", rows: this.#elements("}") };
		if (text !== "(") this.#fail(`unexpected "${text.trim() || "end of line"}"`);
		this.#at++;
		const isInBrackets = this.#isInBrackets;
		this.#isInBrackets = false;
		const value = this.#expression();
		this.#isInBrackets = isInBrackets;
		this.#expect(")");
		return value;
	}

	#named(): MatlabValue {
		const name = this.#token.text;
		const last = this.#lastIndex[this.#lastIndex.length - 1];
		if (name === "end" && last !== undefined) {
			this.#at++;
			return scalar(last);
		}
		const variable = this.#values.get(name);
		const constant = CONSTANTS[name];
		if (variable === undefined && constant === undefined) return this.#call(name);
		this.#at++;
		const value = variable ?? scalar(constant as number);
		if (!this.#is("(") || (this.#isInBrackets && this.#token.isSpaced)) return value;
		this.#at++;
		const where = this.#indexes(value);
		if (value.kind !== "matrix") this.#fail(`"${name}" is not a matrix`);
		return this.#guard(() => {
			const { rows, columns } = this.#places(value, where);
			const beyond = columns.find((column) => column >= value.columns);
			if (beyond !== undefined) throw new RangeError(`column ${beyond + 1} of ${value.columns}`);
			const data = rows.flatMap((row) => columns.map((column) => value.data[row * value.columns + column] as number));
			return { kind: "matrix", rows: rows.length, columns: columns.length, data, isLogical: value.isLogical };
		});
	}

	#call(name: string): MatlabValue {
		const apply = ELEMENT_FUNCTIONS[name];
		if (apply === undefined && !["find", "isinf", "isnan", "ones", "zeros", "size"].includes(name)) {
			this.#fail(`"${name}" is neither a value nor a function known here`);
		}
		this.#at++;
		this.#expect("(");
		const [first, second] = this.#indexes(undefined);
		if (first?.kind !== "matrix") this.#fail(`"${name}" needs numbers`);
		if (apply !== undefined) return { ...first, data: first.data.map(apply), isLogical: false };
		if (name === "isinf" || name === "isnan") {
			const test = name === "isinf" ? (x: number) => Math.abs(x) === Number.POSITIVE_INFINITY : Number.isNaN;
			return { ...first, data: first.data.map((value) => Number(test(value))), isLogical: true };
		}
		if (name === "find") {
			const data = first.data.flatMap((value, index) => (value !== 0 ? [index + 1] : []));
			return { kind: "matrix", rows: data.length, columns: 1, data, isLogical: false };
		}
		const argument = second?.kind === "matrix" ? (second.data[0] as number) : undefined;
		if (name === "size") return scalar(argument === 2 ? first.columns : first.rows);
		const rows = first.data[0] as number;
		const columns = argument ?? rows;
		if (!(rows * columns >= 0 && rows * columns <= MAX_RANGE)) this.#fail(`${rows} × ${columns} is too large`);
		const data = new Array<number>(rows * columns).fill(name === "ones" ? 1 : 0);
		return { kind: "matrix", rows, columns, data, isLogical: false };
	}

	/** What stands in parentheses, up to the closing one. */
	#indexes(target: MatlabValue | undefined): MatlabValue[] {
		const isInBrackets = this.#isInBrackets;
		this.#isInBrackets = false;
		const found: MatlabValue[] = [];
		while (!this.#take(")")) {
			if (target?.kind === "matrix") this.#lastIndex.push(found.length === 0 ? target.rows : target.columns);
			if (this.#is(":") && this.#isBareColon()) {
				this.#at++;
				found.push({ kind: "all" });
			} else found.push(this.#expression());
			if (target?.kind === "matrix") this.#lastIndex.pop();
			if (!this.#is(")")) this.#expect(",");
		}
		this.#isInBrackets = isInBrackets;
		return found;
	}

	#matrix(): MatlabValue {
		const rows = this.#elements("]");
		const [only] = rows;
		if (rows.length === 1 && only?.length === 1 && only[0]?.kind === "text") return only[0];
		const lines = rows.map((row) =>
			row.map((value) => (value.kind === "matrix" ? value : this.#fail("a matrix holds numbers only"))),
		);
		return this.#guard(() => concatenate(lines));
	}

	#elements(close: "]" | "}"): MatlabValue[][] {
		this.#at++;
		const isInBrackets = this.#isInBrackets;
		this.#isInBrackets = true;
		const rows: MatlabValue[][] = [];
		let row: MatlabValue[] = [];
		while (!this.#is(close)) {
			if (this.#at >= this.#tokens.length - 1) this.#fail(`"${close}" is missing`);
			if (this.#take(";") || (this.#token.kind === "end of line" && this.#take("\n"))) {
				if (row.length > 0) rows.push(row);
				row = [];
			} else if (!this.#take(",")) row.push(this.#expression());
		}
		if (row.length > 0) rows.push(row);
		this.#at++;
		this.#isInBrackets = isInBrackets;
		return rows;
	}
}

function range(left: MatlabMatrix, right: MatlabMatrix): MatlabMatrix {
	const from = left.data[0] as number;
	const count = Math.max(0, Math.floor((right.data[0] as number) - from) + 1);
	if (!(count <= MAX_RANGE)) throw new RangeError("a range too long");
	const data = Array.from({ length: count }, (_, k) => from + k);
	return { kind: "matrix", rows: 1, columns: count, data, isLogical: false };
}
