/** One small change to a contract that its tests should notice. Lines and columns count from 1. */
export type Mutant = {
	file: string;
	line: number;
	column: number;
	operator: string;
	before: string;
	after: string;
	source: string;
};

type Operator = { name: string; pattern: RegExp; replace: (match: RegExpMatchArray) => string[] };

const SWAPS: Record<string, string[]> = {
	"<=": ["<", ">="],
	">=": [">", "<="],
	"<": ["<=", ">"],
	">": [">=", "<"],
	"==": ["!="],
	"!=": ["=="],
	"&&": ["||"],
	"||": ["&&"],
	"+": ["-"],
	"-": ["+"],
	"*": ["/"],
	"/": ["*"],
	"+=": ["-=", "="],
	"-=": ["+=", "="],
	"|": ["&"],
	"&": ["|"],
	"<<": [">>"],
	">>": ["<<"],
};

/** Of assembly. */
const YUL_SWAPS: Record<string, string[]> = {
	lt: ["gt"],
	gt: ["lt"],
	sgt: ["slt"],
	eq: ["xor"],
	xor: ["eq"],
	and: ["or"],
	or: ["and"],
	add: ["sub"],
	sub: ["add"],
	shl: ["shr"],
	shr: ["shl"],
};
/** For a comparison the one that also holds when both sides are the same. */
const YUL_OR_SAME: Record<string, string> = { lt: "gt", gt: "lt", sgt: "slt" };
/** What parentheses hold, to a depth no line of ours exceeds. */
const NESTED = Array.from({ length: 6 }).reduce<string>((inner) => `(?:[^()]|\\(${inner}\\))*`, "[^()]*");

const OPERATORS: Operator[] = [
	{
		name: "swap",
		pattern: /(?<= )(<=|>=|==|!=|&&|\|\||\+=|-=|<<|>>|<|>|\+|-|\*|\/|\||&)(?= |$)/g,
		replace: (match) => SWAPS[match[0]] ?? [],
	},
	{ name: "negate", pattern: /(?<=[( ])!(?=[a-zA-Z_])/g, replace: () => [""] },
	{
		name: "number",
		pattern: /(?<![\w.])(\d[\d_]*)(?![\w.\]])/g,
		replace: (match) => {
			const value = BigInt(match[0].replaceAll("_", ""));
			return value === 0n ? ["1"] : [String(value + 1n), ...(value > 1n ? [String(value - 1n)] : ["0"])];
		},
	},
	{ name: "drop check", pattern: /^\s*(if \(.*\) revert .*;|revert .*;|_require\w+\(.*\);)$/g, replace: () => [""] },
	{ name: "drop skip", pattern: /^\s*if \(.*\) (return|continue)\b.*;$/g, replace: () => [""] },
	{
		name: "drop write",
		pattern: /^\s*(?!return|emit|uint|int|bytes|address|bool|[A-Z]\w* )[\w.[\]()]+ (=|\|=|&=) .*;$/g,
		replace: () => [""],
	},
	{ name: "drop event", pattern: /^\s*emit .*;$/g, replace: () => [""] },
	{ name: "drop guard", pattern: /(?<= )(nonReentrant|restricted) (?=[{r])/g, replace: () => [""] },
	{
		name: "yul swap",
		pattern: /(?<![\w.])(lt|gt|sgt|eq|xor|and|or|add|sub|shl|shr)(?=\()/g,
		replace: (match) => YUL_SWAPS[match[0]] ?? [],
	},
	{
		name: "yul bound",
		pattern: new RegExp(`(?<![\\w.])(lt|gt|sgt)\\((${NESTED})\\)`, "g"),
		replace: ([, name = "", inner]) => [`iszero(${YUL_OR_SAME[name]}(${inner}))`],
	},
	{
		name: "yul not",
		pattern: new RegExp(`(?<![\\w.])iszero\\((${NESTED})\\)`, "g"),
		replace: ([, inner = ""]) => [inner],
	},
	{ name: "drop yul write", pattern: /^\s*[ms]store\(.*\)$/g, replace: () => [""] },
	{ name: "drop yul break", pattern: /^\s*(break|continue)$/g, replace: () => [""] },
	{ name: "true", pattern: /\btrue\b/g, replace: () => ["false"] },
	{ name: "false", pattern: /\bfalse\b/g, replace: () => ["true"] },
];

const NO_CODE = /^\s*(\/\/|\/\*|\*|import\b|pragma\b|event\b|error\b|using\b|library\b|contract\b|$)/;

/** Every mutant of a contract's source, in order of place. Comments, strings and declarations without code are left alone. */
export function mutantsOf(file: string, source: string): Mutant[] {
	const lines = source.split("\n");
	return lines.flatMap((text, index) => {
		if (NO_CODE.test(text)) return [];
		const code = blankStrings(text);
		return OPERATORS.flatMap(({ name, pattern, replace }) =>
			[...code.matchAll(pattern)].flatMap((match) =>
				replace(match).map((after): Mutant => {
					const changed = text.slice(0, match.index) + after + text.slice(match.index + match[0].length);
					const mutated = [...lines.slice(0, index), changed, ...lines.slice(index + 1)].join("\n");
					return {
						file,
						line: index + 1,
						column: match.index + 1,
						operator: name,
						before: text.trim(),
						after: changed.trim(),
						source: mutated,
					};
				}),
			),
		);
	});
}

/** The line with the inside of its strings and its trailing comment blanked, so that places stay. */
function blankStrings(text: string): string {
	return text
		.replace(/"[^"]*"/g, (quoted) => `"${" ".repeat(quoted.length - 2)}"`)
		.replace(/\/\/.*$/, (comment) => " ".repeat(comment.length));
}
