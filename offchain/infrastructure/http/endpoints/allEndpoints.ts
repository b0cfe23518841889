import type { Endpoint } from "../Endpoint.ts";
import { accountEndpoints } from "./accountEndpoints.ts";
import { emergencyEndpoints } from "./emergencyEndpoints.ts";
import { gridEndpoints } from "./gridEndpoints.ts";
import { marketEndpoints } from "./marketEndpoints.ts";
import { orderEndpoints } from "./orderEndpoints.ts";
import { readingEndpoints } from "./readingEndpoints.ts";
import { telemetryEndpoints } from "./telemetryEndpoints.ts";
import { venueEndpoints } from "./venueEndpoints.ts";

/** The whole public API. */
export const ALL_ENDPOINTS: readonly Endpoint[] = [
	...orderEndpoints,
	...readingEndpoints,
	...marketEndpoints,
	...gridEndpoints,
	...telemetryEndpoints,
	...emergencyEndpoints,
	...accountEndpoints,
	...venueEndpoints,
];
