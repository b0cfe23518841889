import { z } from "zod";
import type { Address, Hex } from "../../domain/units/Address.ts";
import type { DeployParameters } from "./deploySystem.ts";

const address = z
	.string()
	.regex(/^0x[0-9a-fA-F]{40}$/)
	.transform((text) => text.toLowerCase() as Address);
const addresses = z.array(address);
const price = z.number().int().min(0).max(0xffff);

/** A parameters file of `scripts/deploy.ts`; see deploy/parameters/local.json. */
export const deployParametersSchema: z.ZodType<DeployParameters> = z.strictObject({
	owners: z.strictObject({ EGAT: addresses, MEA: addresses, PEA: addresses, ERC: addresses }),
	thresholds: z.strictObject({ authority: z.number().int().min(1), council: z.number().int().min(1).max(4) }),
	operators: addresses,
	registrars: z.strictObject({ EGAT: addresses, MEA: addresses, PEA: addresses, ERC: addresses }),
	attesters: z.strictObject({ EGAT: addresses, MEA: addresses, PEA: addresses }),
	systemOperators: addresses,
	congestionAccount: address,
	platformAccount: address,
	rules: z.strictObject({
		fromWindow: z.number().int().min(0),
		floorSatPerKwh: price.min(1),
		ceilingSatPerKwh: price,
		tickSatPerKwh: price.min(1),
		distributionSatPerKwh: z.array(price).length(16),
		transmissionSatPerKwh: price,
		platformSatPerKwh: price,
		congestionCapSatPerKwh: price,
		lossCapPermille: price.max(500),
		shortfallSatPerKwh: price,
		shortfallMinSatPerKwh: price,
		shortfallMaxSatPerKwh: price,
	}),
	avoidedGramsPerKwh: z.array(price).max(16),
	token: address.optional(),
	adminDelaySeconds: z
		.number()
		.int()
		.min(3 * 86_400, "must be longer than an exit takes"),
	salt: z
		.string()
		.regex(/^0x[0-9a-f]{64}$/)
		.transform((text) => text as Hex),
});
