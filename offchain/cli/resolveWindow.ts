import type { GridTokenXClient } from "../client/GridTokenXClient.ts";
import type { WindowReference } from "./argumentParsers.ts";

/** "now" is the market's, which may run faster than the wall clock. */
export async function resolveWindow(client: GridTokenXClient, reference: WindowReference): Promise<number> {
	if ("windowId" in reference) return reference.windowId;
	return (await client.freshVenue()).currentWindowId + reference.fromNow;
}
