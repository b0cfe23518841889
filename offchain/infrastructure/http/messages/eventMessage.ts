import { z } from "zod";
import type { EngineEvent } from "../../../domain/engine/EngineEvent.ts";

/** An engine event as the engine said it; see `EngineEvent` for the fields of each type. */
export const eventMessage = z
	.looseObject({ type: z.string() })
	.transform((value) => value as unknown as EngineEvent)
	.meta({ id: "EngineEvent", description: "An event, discriminated by `type`." });
