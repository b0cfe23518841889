import { randomBytes } from "node:crypto";
import type { EngineGateway, EngineReply } from "../../application/ports/EngineGateway.ts";
import type { EngineState } from "../../application/ports/EngineState.ts";
import type { CommittedEvents, EventFeed } from "../../application/ports/EventFeed.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";
import type { EngineReader } from "../postgres/EngineReader.ts";
import type { FollowingEngine } from "../postgres/FollowingEngine.ts";
import type { EngineRequest, RequestTransport } from "./EngineRequest.ts";
import { EngineSilentError } from "./EngineSilentError.ts";

const RETRY_MILLIS = 100;

export type RemoteEngineOptions<State extends EngineState> = {
	follower: FollowingEngine<State>;
	transport: RequestTransport;
	/** Sent again when the log does not show it after so long: a leader has changed, an ingress has lost it. */
	resendMillis?: number;
	/** Given up, with an unknown outcome. */
	giveUpMillis?: number;
	/** Requests in the air from this process; more are answered "busy". */
	maxPendingRequests?: number;
};

type Pending = {
	request: EngineRequest;
	replies: (EngineReply | undefined)[];
	missing: number;
	createdAt: number;
	/** Null before the first attempt. */
	sentAt: number | null;
	resolve: (replies: EngineReply[]) => void;
	reject: (error: Error) => void;
};

/**
 * The engine of another process. Inputs go through an ingress; answers come from the log, the only truth: what is
 * answered is on disk and in this process's copy of the state, whichever leader wrote it.
 */
export class RemoteEngine<State extends EngineState> implements EngineGateway, EventFeed, EngineReader<State> {
	private readonly options: Required<RemoteEngineOptions<State>>;
	private readonly sender = randomBytes(9).toString("base64url");
	private readonly pending = new Map<string, Pending>();
	private outgoing: Pending[] = [];
	private sending: Promise<void> | null = null;
	private readonly unwatch: () => void;
	private readonly timer: NodeJS.Timeout;
	private nextNumber = 1;
	private isClosed = false;

	constructor(options: RemoteEngineOptions<State>) {
		this.options = { resendMillis: 2_000, giveUpMillis: 30_000, maxPendingRequests: 50_000, ...options };
		this.unwatch = options.follower.watchRequests((id, reply) => this.answer(id, reply));
		const { resendMillis, giveUpMillis } = this.options;
		this.timer = setInterval(() => this.resend(), Math.min(resendMillis, giveUpMillis) / 4);
	}

	async submit(input: EngineInput): Promise<EngineReply> {
		const [reply] = await this.submitMany([input]);
		return reply as EngineReply;
	}

	submitMany(inputs: EngineInput[]): Promise<EngineReply[]> {
		if (this.isClosed) return Promise.reject(new Error("the engine's ingress is closed"));
		if (inputs.length === 0) return Promise.resolve([]);
		if (this.pending.size >= this.options.maxPendingRequests) return Promise.resolve(busy(inputs.length));
		const requestId = `${this.sender}-${this.nextNumber++}`;
		return new Promise((resolve, reject) => {
			const pending: Pending = {
				request: { requestId, inputs },
				replies: new Array(inputs.length).fill(undefined),
				missing: inputs.length,
				createdAt: performance.now(),
				sentAt: null,
				resolve,
				reject,
			};
			this.pending.set(requestId, pending);
			this.send(pending);
		});
	}

	subscribe(afterSequence: number, deliver: (committed: CommittedEvents) => void): () => void {
		return this.options.follower.subscribe(afterSequence, deliver);
	}

	read<T>(look: (state: State, sequence: number, atMillis: number) => T): Promise<T> {
		return this.options.follower.read(look);
	}

	get lastSequence(): number {
		return this.options.follower.lastSequence;
	}

	/** Leaves the follower running. What has no answer yet is rejected: its outcome is not known. */
	async close(): Promise<void> {
		this.isClosed = true;
		clearInterval(this.timer);
		this.unwatch();
		for (const { reject, createdAt } of this.pending.values()) {
			reject(new EngineSilentError(Math.round(performance.now() - createdAt)));
		}
		this.pending.clear();
		await this.sending;
		await this.options.transport.close();
	}

	private send(pending: Pending): void {
		this.outgoing.push(pending);
		this.sending ??= this.sendAll().finally(() => {
			this.sending = null;
		});
	}

	private async sendAll(): Promise<void> {
		await new Promise((resolve) => setImmediate(resolve));
		while (this.outgoing.length > 0 && !this.isClosed) {
			const batch = this.outgoing.splice(0).filter(({ request }) => this.pending.has(request.requestId));
			if (batch.length === 0) continue;
			try {
				const outcome = await this.options.transport.send(batch.map(({ request }) => request));
				const now = performance.now();
				for (const pending of batch) {
					// One that was sent before may be under way: only a first attempt can be refused.
					if (outcome === "busy" && pending.sentAt === null) this.refuse(pending);
					else pending.sentAt = now;
				}
			} catch {
				// Not known whether it arrived: again, under the same ids.
				const now = performance.now();
				for (const pending of batch) pending.sentAt = now;
				this.outgoing.unshift(...batch);
				await sleepMillis(RETRY_MILLIS);
			}
		}
	}

	private refuse({ request, resolve }: Pending): void {
		this.pending.delete(request.requestId);
		resolve(busy(request.inputs.length));
	}

	private answer(id: string, reply: EngineReply): void {
		const slash = id.lastIndexOf("/");
		const pending = this.pending.get(id.slice(0, slash));
		const index = Number(id.slice(slash + 1));
		if (pending === undefined || pending.replies[index] !== undefined) return;
		pending.replies[index] = reply;
		pending.missing -= 1;
		if (pending.missing > 0) return;
		this.pending.delete(pending.request.requestId);
		pending.resolve(pending.replies as EngineReply[]);
	}

	private resend(): void {
		const now = performance.now();
		const { resendMillis, giveUpMillis } = this.options;
		const waiting = new Set(this.outgoing);
		for (const pending of this.pending.values()) {
			if (now - pending.createdAt > giveUpMillis) {
				this.pending.delete(pending.request.requestId);
				pending.reject(new EngineSilentError(giveUpMillis));
			} else if (now - (pending.sentAt ?? now) > resendMillis && !waiting.has(pending)) {
				pending.sentAt = now;
				this.send(pending);
			}
		}
	}
}

function busy(count: number): EngineReply[] {
	return Array.from({ length: count }, () => ({ status: "busy" as const }));
}
