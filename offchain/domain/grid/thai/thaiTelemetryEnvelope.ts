import type { TelemetryEnvelope } from "../telemetry/telemetryRefusal.ts";
import { ZONE_CODES } from "../zones.ts";
import type { ThaiNetwork } from "./ThaiNetwork.ts";

/** Record of the national demand, MW (29 April 2024, evening). */
const RECORD_DEMAND_MW = 36_700;
/** A reading may reach twice what the zone has ever been known for; ten times it is a fault of the meter. */
const ROOM = 2;
/** Exchange that a border hub may show, MW. */
const HUB_MW = 3_000;
/** Three scans of a 4 s rhythm may be lost; a scan of a slower control room counts for this long as well. */
const STALE_AFTER_SECONDS = 120;

/** What Thai control rooms can plausibly report, from the zones' demand shares and plants of the network model. */
export function thaiTelemetryEnvelope(
	network: ThaiNetwork,
	staleAfterSeconds: number = STALE_AFTER_SECONDS,
): TelemetryEnvelope {
	const shares = [...network.demandSharePartsPerMillion.values()].reduce((sum, share) => sum + share, 0);
	const peakMw = ZONE_CODES.map((code) => {
		if (code.startsWith("X-")) return HUB_MW;
		return ((network.demandSharePartsPerMillion.get(code) ?? 0) / shares) * RECORD_DEMAND_MW;
	});
	return {
		maxDemandMw: peakMw.map((mw) => Math.ceil(ROOM * mw)),
		maxGenerationMw: ZONE_CODES.map((code, zone) =>
			Math.ceil(ROOM * ((network.thermalCapacityMw.get(code) ?? 0) + (peakMw[zone] as number))),
		),
		lineNames: new Set(network.lines.map(({ name }) => name)),
		staleAfterSeconds,
	};
}
