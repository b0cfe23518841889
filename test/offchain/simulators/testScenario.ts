import type { OrderDomain } from "../../../offchain/domain/orders/orderTypedData.ts";
import { createScenario, type Scenario } from "../../../offchain/simulators/scenario/createScenario.ts";

export const TEST_DOMAIN: OrderDomain = {
	name: "GridTokenX",
	version: "1",
	chainId: 31_337,
	verifyingContract: "0x00000000000000000000000000000000000000aa",
};

let shared: Scenario | null = null;

/** One population for every test that only reads it. */
export function testScenario(): Scenario {
	shared ??= createScenario({ seed: "gridtokenx", participants: 250 });
	return shared;
}

/** The window that begins at an ICT time, e.g. `windowOf("2026-11-24T10:00")`. */
export function windowOf(ictTime: string): number {
	return Math.floor(Date.parse(`${ictTime}:00+07:00`) / 900_000);
}
