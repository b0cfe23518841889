import type { EngineInput } from "../../domain/engine/EngineInput.ts";

/** Inputs on their way to the leading engine. The same id again is the same request. */
export type EngineRequest = { requestId: string; inputs: EngineInput[] };

/** The id of one input of a request, as it stands in the log. */
export function inputId(requestId: string, index: number): string {
	return `${requestId}/${index}`;
}

/** The sender's side of an ingress. */
export interface RequestTransport {
	/**
	 * Puts requests on their way, in order, all or none. "busy": too many are waiting already, none was taken. Throws when
	 * it cannot know; the same requests are then sent again.
	 */
	send(requests: EngineRequest[]): Promise<"sent" | "busy">;
	close(): Promise<void>;
}

export type TakenRequest = EngineRequest & { place: string };

/** The leading engine's side of an ingress. */
export interface RequestSource {
	/** Waits a moment for requests that have not been taken yet by this source, oldest first. */
	take(limit: number): Promise<TakenRequest[]>;
	/** Forgets requests whose inputs are on disk. Until then another leader would be given them again. */
	done(places: string[]): Promise<void>;
	close(): Promise<void>;
}
