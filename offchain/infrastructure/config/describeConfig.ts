import { configSchema, type VariableMeta, type VariableName } from "./configSchema.ts";
import { variableMeta } from "./readConfig.ts";

export type VariableDescription = VariableMeta & { name: VariableName; default: string | null };

/** Every variable with its default and meaning, in the schema's order. */
export function describeConfig(): VariableDescription[] {
	return (Object.keys(configSchema.shape) as VariableName[]).map((name) => {
		const fallback = configSchema.shape[name].safeParse(undefined).data;
		return { name, default: fallback === undefined ? null : String(fallback), ...variableMeta(name) };
	});
}

/** docs/reference/configuration.md, whole. */
export function configMarkdown(): string {
	const rows = describeConfig().map(({ name, default: fallback, description, allowed, readBy, secret }) => {
		const meaning = `${description}${secret === true ? " Secret: never printed." : ""}`;
		return `| \`${name}\` | ${fallback === null ? "–" : `\`${fallback}\``} | ${meaning} | ${allowed} | ${readBy} |`;
	});
	return [
		"# Configuration",
		"",
		"Every process reads its environment once, when it starts. A wrong value ends it with one line for each variable",
		"and exit code 2. `npx gridtokenx config` prints this table with the values in force.",
		"",
		"This page is written from the schema in `offchain/infrastructure/config/configSchema.ts` by",
		"`npx gridtokenx config --markdown`; a test compares the two.",
		"",
		"| variable | default | meaning | allowed | read by |",
		"|---|---|---|---|---|",
		...rows,
		"",
	].join("\n");
}
