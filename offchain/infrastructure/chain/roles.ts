import type { SafeName } from "./Deployment.ts";

/** Role numbers in the AccessManager. Twin of `Roles.sol`. */
export const ROLES = {
	ADMIN: 0n,
	EGAT: 1n,
	MEA: 2n,
	PEA: 3n,
	ERC: 4n,
	COUNCIL: 5n,
	EGAT_REGISTRAR: 11n,
	MEA_REGISTRAR: 12n,
	PEA_REGISTRAR: 13n,
	ERC_REGISTRAR: 14n,
	OPERATOR: 20n,
	SYSTEM_OPERATOR: 21n,
	FAUCET: 22n,
	/** OpenZeppelin's role everybody has. */
	PUBLIC: 2n ** 64n - 1n,
} as const;

export type RoleName = keyof typeof ROLES;

/** Numbers of authorities in directives and attestations. */
export const AUTHORITY_NUMBERS: Record<SafeName, number> = { EGAT: 1, MEA: 2, PEA: 3, ERC: 4, COUNCIL: 5 };

/** Who appoints and dismisses a role; the council as admin acts only after the admin delay, the others at once. */
export const ROLE_ADMINS: Partial<Record<RoleName, RoleName>> = {
	EGAT_REGISTRAR: "EGAT",
	MEA_REGISTRAR: "MEA",
	PEA_REGISTRAR: "PEA",
	ERC_REGISTRAR: "ERC",
	OPERATOR: "COUNCIL",
	SYSTEM_OPERATOR: "EGAT",
};
