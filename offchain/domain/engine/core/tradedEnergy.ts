import type { Trade } from "../../settlement/Trade.ts";
import type { Session } from "./EngineState.ts";

export function addTo(amounts: Map<number, number>, key: number, amount: number): void {
	amounts.set(key, (amounts.get(key) ?? 0) + amount);
}

/** To what is traded out of the seller's zone and into the buyer's. */
export function addToZones(session: Session, { sellZoneId, buyZoneId }: Trade, wh: number): void {
	session.sellZoneWh[sellZoneId] = (session.sellZoneWh[sellZoneId] as number) + wh;
	session.buyZoneWh[buyZoneId] = (session.buyZoneWh[buyZoneId] as number) + wh;
}
