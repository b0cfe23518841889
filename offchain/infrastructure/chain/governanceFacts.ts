import type { Address } from "../../domain/units/Address.ts";

/**
 * How a deployment is governed, as rows of subject and value: the same subjects are read from a chain and expected from
 * the parameters, so that both can be compared and printed line by line.
 */
export type GovernanceFacts = Map<string, string>;

export type GovernanceDeviation = { subject: string; expected: string; found: string };

/** Rows on which the two differ; a row only one side has is a deviation too. */
export function compareGovernance(expected: GovernanceFacts, found: GovernanceFacts): GovernanceDeviation[] {
	const subjects = [...new Set([...expected.keys(), ...found.keys()])];
	return subjects
		.map((subject) => ({
			subject,
			expected: expected.get(subject) ?? "(not expected)",
			found: found.get(subject) ?? "(missing)",
		}))
		.filter(({ expected: wanted, found: actual }) => wanted !== actual);
}

/** Addresses as one value, independent of order and case. */
export function listAddresses(addresses: readonly Address[]): string {
	const list = [...new Set(addresses.map((address) => address.toLowerCase()))].sort();
	return list.length === 0 ? "none" : list.join(", ");
}

/** Members of a role as one value; a delay is named where there is one. */
export function listMembers(members: readonly { account: Address; delaySeconds: number }[]): string {
	const list = members.map(
		({ account, delaySeconds }) => `${account.toLowerCase()}${delaySeconds === 0 ? "" : ` after ${delaySeconds} s`}`,
	);
	return list.length === 0 ? "none" : list.sort().join(", ");
}
