import type { ContractName } from "./Deployment.ts";
import type { RoleName } from "./roles.ts";

export type RestrictedFunction = { contract: ContractName; signature: string; role: RoleName };

const RULES = "publishRules((uint32,uint16,uint16,uint16,uint16[16],uint16,uint16,uint16,uint16,uint16,uint16,uint16))";

/** Every function that asks the AccessManager, and the role it asks for. */
export const RESTRICTED_FUNCTIONS: readonly RestrictedFunction[] = [
	{ contract: "CollateralVault", signature: "setSettlement(address)", role: "ADMIN" },
	{ contract: "CollateralVault", signature: "setRegistry(address)", role: "ADMIN" },
	{ contract: "WindowSettlement", signature: "commitWindow(uint32,bytes32,uint16,uint32)", role: "OPERATOR" },
	{ contract: "MarketRules", signature: RULES, role: "ERC" },
	{ contract: "MarketRules", signature: "setShortfallPrices(uint32,uint256)", role: "SYSTEM_OPERATOR" },
	{ contract: "CertificateRegistry", signature: "publishEmissionFactors(uint32,uint256)", role: "ERC" },
];

/** Of the test token only; a token that exists already has its own rules. */
export const FAUCET_FUNCTION: RestrictedFunction = {
	contract: "SatoshiToken",
	signature: "mint(address,uint256)",
	role: "PUBLIC",
};
