import { privateKeyToAddress } from "viem/accounts";
import { ZONE_CODES } from "../../domain/grid/zones.ts";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { DeployParameters } from "../../infrastructure/chain/deploySystem.ts";
import { localKey } from "./localKeys.ts";

export const LOCAL_CHAIN_ID = 31_337;

/**
 * The regulator's rules of the local market. The band is data/reference's; network charges are set so that trade
 * between zones pays: the published wheeling rates leave no room off-peak (see data/README.md).
 */
export const LOCAL_RULES: MarketRulesVersion = {
	fromWindow: 0,
	floorSatPerKwh: 30,
	ceilingSatPerKwh: 330,
	tickSatPerKwh: 1,
	distributionSatPerKwh: ZONE_CODES.map(() => 7),
	transmissionSatPerKwh: 5,
	platformSatPerKwh: 1,
	congestionCapSatPerKwh: 60,
	lossCapPermille: 150,
	shortfallSatPerKwh: 200,
	shortfallMinSatPerKwh: 0,
	shortfallMaxSatPerKwh: 330,
};

/** Avoided grams per kWh by energy source: grid factor 475 less the source's life-cycle emissions (IPCC medians). */
const AVOIDED_GRAMS_PER_KWH = [0, 434, 427, 464, 451, 245, 0, 0, 0, 0];

export const SAFE_OWNERS = 3;
export const SAFE_THRESHOLD = 2;
const WEEK_SECONDS = 7 * 86_400;

export function localAddress(role: string): Address {
	return privateKeyToAddress(localKey(role)).toLowerCase() as Address;
}

export function localDeployParameters(): DeployParameters {
	const owners = (authority: string) =>
		Array.from({ length: SAFE_OWNERS }, (_, index) => localAddress(`${authority} owner ${index + 1}`));
	const registrar = [localAddress("registrar")];
	return {
		owners: { EGAT: owners("EGAT"), MEA: owners("MEA"), PEA: owners("PEA"), ERC: owners("ERC") },
		thresholds: { authority: SAFE_THRESHOLD, council: 3 },
		operators: [localAddress("operator")],
		registrars: { EGAT: registrar, MEA: registrar, PEA: registrar, ERC: registrar },
		attesters: {
			EGAT: [localAddress("EGAT attester")],
			MEA: [localAddress("MEA attester")],
			PEA: [localAddress("PEA attester")],
		},
		systemOperators: [localAddress("system operator")],
		congestionAccount: localAddress("congestion account"),
		platformAccount: localAddress("platform account"),
		rules: LOCAL_RULES,
		avoidedGramsPerKwh: AVOIDED_GRAMS_PER_KWH,
		adminDelaySeconds: WEEK_SECONDS,
		salt: `0x${"00".repeat(32)}`,
	};
}
