import { ConfigError } from "./ConfigError.ts";
import { type Config, configSchema, type VariableMeta, type VariableName } from "./configSchema.ts";

const LONGEST_SHOWN = 60;

/**
 * Reads the environment once, at the start of a process. Empty means not set. Throws `ConfigError` that names every wrong
 * variable, its value and what is allowed; values of secrets are never shown. `required` are those this role cannot do
 * without.
 */
export function readConfig<Required extends VariableName = never>(
	environment: Readonly<Record<string, string | undefined>>,
	required: readonly Required[] = [],
): Config & { [Name in Required]: NonNullable<Config[Name]> } {
	const set = Object.fromEntries(
		Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
	);
	const lines = misspelt(set);
	const parsed = configSchema.safeParse(set);
	const wrong = new Set(parsed.error?.issues.map(({ path }) => String(path[0]) as VariableName));
	for (const name of wrong) {
		const { allowed, secret = false } = variableMeta(name);
		const shown = secret ? "its value" : `"${shorten(set[name] ?? "")}"`;
		lines.push(`${name}: ${shown} is not allowed; expected ${allowed}.`);
	}
	for (const name of required) {
		if (
			set[name] === undefined &&
			!wrong.has(name) &&
			configSchema.shape[name].safeParse(undefined).data === undefined
		) {
			lines.push(`${name}: not set; expected ${variableMeta(name).allowed}.`);
		}
	}
	if (lines.length > 0 || !parsed.success) throw new ConfigError(lines);
	return parsed.data as Config & { [Name in Required]: NonNullable<Config[Name]> };
}

export function variableMeta(name: VariableName): VariableMeta {
	return configSchema.shape[name].meta() as VariableMeta;
}

/** Our own prefix is ours alone: an unknown name in it is a typing mistake. */
function misspelt(environment: Readonly<Record<string, unknown>>): string[] {
	return Object.keys(environment)
		.filter((name) => name.startsWith("GRIDTOKENX_") && !(name in configSchema.shape))
		.map((name) => `${name}: no such variable; \`gridtokenx config\` lists them.`);
}

function shorten(value: string): string {
	const printable = value.replace(/[^\x20-\x7e]/g, "?");
	return printable.length > LONGEST_SHOWN ? `${printable.slice(0, LONGEST_SHOWN)}…` : printable;
}
