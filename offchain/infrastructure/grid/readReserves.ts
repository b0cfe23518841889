import { readFileSync } from "node:fs";
import { z } from "zod";
import type { RegisteredReserve } from "../../application/ports/Balancing.ts";
import type { BalancingPoint } from "../../application/services/BalancingService.ts";
import { ZONE_COUNT } from "../../domain/grid/zones.ts";
import type { Address } from "../../domain/units/Address.ts";
import { ConfigError } from "../config/ConfigError.ts";

const meterId = z.int().min(1).max(0xffff_ffff);
const zoneId = z.int().min(1).max(ZONE_COUNT);
const account = z
	.string()
	.regex(/^0x[0-9a-fA-F]{40}$/)
	.transform((text) => text.toLowerCase() as Address);

const schema = z
	.strictObject({
		/** Demand the area answers for, MW. */
		areaMw: z.number().positive().max(100_000),
		points: z.array(z.strictObject({ zoneId, buyMeterId: meterId, sellMeterId: meterId.nullable() })),
		offers: z.array(
			z.strictObject({
				offerId: z.string().min(1).max(64),
				account,
				zoneId,
				meterId: meterId.nullable(),
				direction: z.enum(["up", "down"]),
				activationSeconds: z.int().min(0).max(900),
				capacityMw: z.number().positive().max(10_000),
				holdingSatPerMwHour: z.int().min(0).max(1_000_000_000),
				energySatPerKwh: z.int().min(0).max(65_535),
			}),
		),
	})
	.refine(
		({ offers }) => new Set(offers.map(({ offerId }) => offerId)).size === offers.length,
		"two offers have one id",
	)
	.refine(
		({ points }) => new Set(points.map((point) => point.zoneId)).size === points.length,
		"two points in one zone",
	);

/** The area, the operator's meters at its balancing points, and the standing offers of the providers it has qualified. */
export type Reserves = { areaMw: number; points: BalancingPoint[]; offers: RegisteredReserve[] };

/** Throws `ConfigError` for a file that cannot be used. */
export function readReserves(file: string): Reserves {
	try {
		return schema.parse(JSON.parse(readFileSync(file, "utf8")));
	} catch (error) {
		const cause = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
		throw new ConfigError([`RESERVES_FILE: ${file} cannot be used: ${cause.split("\n").slice(0, 2).join(" ")}`]);
	}
}
