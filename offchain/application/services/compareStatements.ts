import type { Fact, Keeper, Statement } from "../ports/BookKeepers.ts";

/** One field that not all keepers have alike: what each of them says. */
export type FieldDifference = { field: string; values: { keeper: Keeper; value: Fact }[] };

/** Every field on which two keepers disagree, in order of first mention. A keeper that does not keep a field is not asked. */
export function compareStatements(statements: readonly Statement[]): FieldDifference[] {
	const fields = [...new Set(statements.flatMap((statement) => Object.keys(statement.fields)))];
	return fields.flatMap((field) => {
		const values = statements.flatMap(({ keeper, fields: said }) => {
			const value = said[field];
			return value === undefined ? [] : [{ keeper, value }];
		});
		return new Set(values.map(({ value }) => value)).size > 1 ? [{ field, values }] : [];
	});
}
