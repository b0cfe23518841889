import type { EngineReply } from "../../application/ports/EngineGateway.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";
import { inputId, type RequestSource, type TakenRequest } from "./EngineRequest.ts";

const REQUESTS_PER_TAKE = 1_000;
const PAUSE_MILLIS = 5;
const RETRY_MILLIS = 250;

/** What the intake asks of the leading engine. */
export interface RequestEngine {
	submitRequest(requestId: string, input: EngineInput): Promise<EngineReply | null>;
	readonly roomInputs: number;
}

/**
 * Carries requests from an ingress into the leading engine: at least once from the ingress, exactly once into the log.
 * It takes no more than the engine has room for, so that what is too much waits, and is refused, at the ingress.
 */
export class RequestIntake {
	private readonly source: RequestSource;
	private readonly engine: RequestEngine;
	private readonly onError: (message: string) => void;
	private readonly abort = new AbortController();
	private readonly loop: Promise<void>;
	private readonly running = new Set<Promise<void>>();

	constructor(source: RequestSource, engine: RequestEngine, onError: (message: string) => void) {
		this.source = source;
		this.engine = engine;
		this.onError = onError;
		this.loop = this.run();
	}

	/** Finishes what it has taken. */
	async stop(): Promise<void> {
		this.abort.abort();
		await this.loop;
		await Promise.all(this.running);
		await this.source.close();
	}

	private async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			try {
				const room = Math.min(REQUESTS_PER_TAKE, this.engine.roomInputs);
				if (room <= 0) {
					await sleepMillis(PAUSE_MILLIS, this.abort.signal);
					continue;
				}
				const taken = await this.source.take(room);
				if (taken.length === 0) continue;
				const done = this.carry(taken).finally(() => this.running.delete(done));
				this.running.add(done);
			} catch (error) {
				this.onError(`ingress: ${error instanceof Error ? error.message : String(error)}`);
				await sleepMillis(RETRY_MILLIS, this.abort.signal);
			}
		}
	}

	private async carry(taken: TakenRequest[]): Promise<void> {
		try {
			await Promise.all(
				taken.flatMap(({ requestId, inputs }) =>
					inputs.map((input, index) => this.engine.submitRequest(inputId(requestId, index), input)),
				),
			);
			await this.source.done(taken.map(({ place }) => place));
		} catch (error) {
			// A stopped engine: the next leader is given them again. An ingress away: they come again and are recognised.
			if (!this.abort.signal.aborted)
				this.onError(`ingress: ${error instanceof Error ? error.message : String(error)}`);
		}
	}
}
