import type { MarketDepth } from "../application/ports/EngineQueries.ts";
import type { CommittedEvents } from "../application/ports/EventFeed.ts";
import type { WindowId } from "../domain/units/window.ts";
import type { GridState } from "../infrastructure/websocket/diffConditions.ts";
import type { DepthDiff } from "../infrastructure/websocket/diffDepth.ts";
import type { WindowsDiff, WindowsState } from "../infrastructure/websocket/diffWindows.ts";
import { applyDepthDiff } from "./applyDepthDiff.ts";
import { applyWindowsDiff } from "./applyWindowsDiff.ts";

type Message = { channel: string; type: "snapshot" | "diff"; number: number; data: unknown };
type Subscription = {
	/** What is sent to subscribe, anew for every connection. */
	request: () => Record<string, unknown>;
	matches: (message: Record<string, unknown>) => boolean;
	take: (message: Message) => void;
	number: number;
};

const FIRST_RETRY_MILLIS = 250;
const LONGEST_RETRY_MILLIS = 10_000;

/**
 * The event stream with its gaps closed: reconnects with growing pauses, resumes events where they stopped, and takes a new
 * snapshot when a number is missing.
 */
export class MarketStreamClient {
	private readonly url: string;
	private readonly subscriptions = new Set<Subscription>();
	private socket: WebSocket | null = null;
	private retry: NodeJS.Timeout | undefined;
	private pauseMillis = FIRST_RETRY_MILLIS;
	private isClosed = false;

	constructor(apiUrl: string) {
		this.url = `${apiUrl.replace(/^http/, "ws")}/v1/stream`;
		this.connect();
	}

	/** Every committed input with events, each once, in order; from `afterSequence` on or from now. */
	onEvents(deliver: (committed: CommittedEvents) => void, afterSequence?: number): () => void {
		let after = afterSequence;
		return this.add({
			request: () => ({ channel: "events", ...(after === undefined ? {} : { afterSequence: after }) }),
			matches: ({ channel }) => channel === "events",
			take: ({ type, data }) => {
				const committed = data as CommittedEvents;
				after = committed.sequence;
				if (type === "diff") deliver(committed);
			},
			number: 0,
		});
	}

	/** The whole book after every change of it. */
	onDepth(windowId: WindowId, zoneId: number, deliver: (depth: MarketDepth) => void): () => void {
		let depth: MarketDepth | null = null;
		return this.add({
			request: () => ({ channel: "depth", windowId, zoneId }),
			matches: (message) => message.channel === "depth" && message.windowId === windowId && message.zoneId === zoneId,
			take: ({ type, data }) => {
				depth =
					type === "snapshot" || depth === null ? (data as MarketDepth) : applyDepthDiff(depth, data as DepthDiff);
				deliver(depth);
			},
			number: 0,
		});
	}

	/** Live sessions and the latest windows after every change. */
	onWindows(deliver: (state: WindowsState) => void): () => void {
		let state: WindowsState | null = null;
		return this.add({
			request: () => ({ channel: "windows" }),
			matches: ({ channel }) => channel === "windows",
			take: ({ type, data }) => {
				state =
					type === "snapshot" || state === null ? (data as WindowsState) : applyWindowsDiff(state, data as WindowsDiff);
				deliver(state);
			},
			number: 0,
		});
	}

	/** The grid's conditions after every scan of a control room, and when one falls silent; null before the first. */
	onGrid(deliver: (state: GridState) => void): () => void {
		return this.add({
			request: () => ({ channel: "grid" }),
			matches: ({ channel }) => channel === "grid",
			take: ({ data }) => deliver(data as GridState),
			number: 0,
		});
	}

	close(): void {
		this.isClosed = true;
		clearTimeout(this.retry);
		this.socket?.close();
	}

	private add(subscription: Subscription): () => void {
		this.subscriptions.add(subscription);
		this.say({ subscribe: subscription.request() });
		return () => {
			this.subscriptions.delete(subscription);
			this.say({ unsubscribe: subscription.request() });
		};
	}

	private say(message: unknown): void {
		if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
	}

	private connect(): void {
		const socket = new WebSocket(this.url);
		this.socket = socket;
		socket.onopen = () => {
			this.pauseMillis = FIRST_RETRY_MILLIS;
			for (const subscription of this.subscriptions) this.say({ subscribe: subscription.request() });
		};
		socket.onmessage = ({ data }) => this.receive(JSON.parse(String(data)) as Message);
		socket.onclose = () => {
			if (this.isClosed) return;
			this.retry = setTimeout(() => this.connect(), this.pauseMillis);
			this.pauseMillis = Math.min(this.pauseMillis * 2, LONGEST_RETRY_MILLIS);
		};
	}

	private receive(message: Message): void {
		for (const subscription of this.subscriptions) {
			if (!subscription.matches(message as unknown as Record<string, unknown>)) continue;
			if (message.type === "diff" && message.number !== subscription.number + 1) {
				// A gap: everything is asked for again, on a new connection.
				this.socket?.close();
				return;
			}
			subscription.number = message.number;
			subscription.take(message);
		}
	}
}
