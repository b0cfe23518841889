import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../application/ports/Clock.ts";
import type { EngineQueries, MarketDepth } from "../../application/ports/EngineQueries.ts";
import type { CommittedEvents, EventFeed } from "../../application/ports/EventFeed.ts";
import type { GridSystemAdapter } from "../../application/ports/GridSystemAdapter.ts";
import type { MarketDataRepository } from "../../application/ports/MarketDataRepository.ts";
import { currentWindows } from "../../application/queries/currentWindows.ts";
import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Logger } from "../observability/createLogger.ts";
import type { Metrics } from "../observability/Metrics.ts";
import { diffConditions, type GridState, gridState } from "./diffConditions.ts";
import { diffDepth } from "./diffDepth.ts";
import { diffWindows, type WindowsState } from "./diffWindows.ts";
import { SnapshotTopic } from "./SnapshotTopic.ts";
import { StreamConnection } from "./StreamConnection.ts";
import type { StreamChannel } from "./streamMessages.ts";

const STREAM_PATH = "/v1/stream";
const MAX_CONNECTIONS = 5_000;
const MAX_MESSAGE_BYTES = 4 << 10;
const DEPTH_LEVELS = 20;
/** Longest time between a change of a book and its diff. */
const DEPTH_REFRESH_MILLIS = 200;
const WINDOWS_REFRESH_MILLIS = 1_000;
const HEARTBEAT_MILLIS = 20_000;

type StreamDependencies = {
	engineQueries: EngineQueries;
	marketData: MarketDataRepository;
	telemetry?: GridSystemAdapter;
	events: EventFeed;
	clock: Clock;
	startSequence: number;
	logger: Logger;
	metrics: Metrics;
};

/** Live feeds over WebSocket: every committed event, the books, the windows. */
export class MarketStream {
	private readonly deps: StreamDependencies;
	private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
	private readonly connections = new Set<StreamConnection>();
	private readonly depthTopics = new Map<string, { windowId: WindowId; topic: SnapshotTopic<MarketDepth> }>();
	private readonly windowsTopic: SnapshotTopic<WindowsState>;
	private readonly gridTopic: SnapshotTopic<GridState>;
	private readonly changedWindows = new Set<WindowId>();
	private readonly timers: NodeJS.Timeout[];
	private readonly unsubscribe: () => void;
	private lastSequence: number;

	constructor(server: Server, deps: StreamDependencies) {
		this.deps = deps;
		this.lastSequence = deps.startSequence;
		this.windowsTopic = new SnapshotTopic<WindowsState>({
			name: { channel: "windows" },
			read: () => this.readWindows(),
			diff: diffWindows,
			onError: (error) => deps.logger.warn({ err: error }, "windows cannot be read for the stream"),
		});
		this.gridTopic = new SnapshotTopic<GridState>({
			name: { channel: "grid" },
			read: async () => gridState(deps.telemetry?.current() ?? null),
			diff: diffConditions,
			onError: (error) => deps.logger.warn({ err: error }, "conditions cannot be read for the stream"),
		});
		const unfollow = deps.telemetry?.subscribe(() => this.refreshGrid());
		server.on("upgrade", (request, socket, head) => this.upgrade(request, socket, head));
		const unsubscribe = deps.events.subscribe(deps.startSequence, (committed) => this.note(committed));
		this.unsubscribe = () => {
			unsubscribe();
			unfollow?.();
		};
		this.timers = [
			setInterval(() => this.refreshDepth(), DEPTH_REFRESH_MILLIS),
			setInterval(() => this.refreshWindows(), WINDOWS_REFRESH_MILLIS),
			setInterval(() => this.refreshGrid(), WINDOWS_REFRESH_MILLIS),
			setInterval(() => this.dropSilent(), HEARTBEAT_MILLIS),
		];
		for (const timer of this.timers) timer.unref();
		deps.metrics.gauge("gridtokenx_stream_connections", "Open WebSocket connections", () => this.connections.size);
	}

	close(): void {
		this.unsubscribe();
		for (const timer of this.timers) clearInterval(timer);
		for (const connection of this.connections) connection.close(1001, "the server is going away");
		this.sockets.close();
	}

	private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		const path = request.url?.split("?")[0];
		if (path !== STREAM_PATH || this.connections.size >= MAX_CONNECTIONS) {
			const status = path === STREAM_PATH ? "503 Service Unavailable" : "404 Not Found";
			socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
			return;
		}
		this.sockets.handleUpgrade(request, socket, head, (webSocket) => this.accept(webSocket));
	}

	private accept(webSocket: WebSocket): void {
		const connection = new StreamConnection(webSocket, {
			subscribe: (channel, receiver) => this.subscribe(channel, receiver),
			onClose: () => this.connections.delete(connection),
		});
		this.connections.add(connection);
	}

	/** Returns what ends the subscription. */
	private async subscribe(channel: StreamChannel, receiver: (text: string) => void): Promise<() => void> {
		if (channel.channel === "events") return this.subscribeEvents(channel.afterSequence, receiver);
		if (channel.channel === "windows") {
			await this.windowsTopic.add(receiver);
			return () => this.windowsTopic.remove(receiver);
		}
		if (channel.channel === "grid") {
			await this.gridTopic.add(receiver);
			return () => this.gridTopic.remove(receiver);
		}
		const { windowId, zoneId } = channel;
		const key = `${windowId}:${zoneId}`;
		let entry = this.depthTopics.get(key);
		if (entry === undefined) {
			entry = { windowId, topic: this.depthTopic(windowId, zoneId) };
			this.depthTopics.set(key, entry);
		}
		const { topic } = entry;
		const end = () => {
			topic.remove(receiver);
			if (topic.isIdle && this.depthTopics.get(key)?.topic === topic) this.depthTopics.delete(key);
		};
		try {
			await topic.add(receiver);
		} catch (error) {
			end();
			throw error;
		}
		return end;
	}

	/** Committed inputs in log order, without a gap from `afterSequence` on; `number` counts the messages. */
	private subscribeEvents(afterSequence: number | undefined, receiver: (text: string) => void): () => void {
		const from = afterSequence ?? this.lastSequence;
		let number = 0;
		receiver(JSON.stringify({ channel: "events", type: "snapshot", number, data: { sequence: from } }));
		return this.deps.events.subscribe(from, ({ sequence, atMillis, events }) => {
			if (events.length === 0) return;
			number += 1;
			receiver(JSON.stringify({ channel: "events", type: "diff", number, data: { sequence, atMillis, events } }));
		});
	}

	private depthTopic(windowId: WindowId, zoneId: number): SnapshotTopic<MarketDepth> {
		return new SnapshotTopic<MarketDepth>({
			name: { channel: "depth", windowId, zoneId },
			read: () => this.deps.engineQueries.depth(windowId, zoneId, DEPTH_LEVELS),
			diff: diffDepth,
			onError: (error) =>
				this.deps.logger.warn({ err: error, windowId, zoneId }, "depth cannot be read for the stream"),
		});
	}

	private async readWindows(): Promise<WindowsState> {
		const [sessions, windows] = await Promise.all([
			this.deps.engineQueries.sessions(),
			currentWindows(this.deps.marketData, this.deps.clock.nowMillis()),
		]);
		return { sessions, windows };
	}

	private note({ sequence, events }: CommittedEvents): void {
		this.lastSequence = sequence;
		for (const event of events) {
			const windowId = windowOf(event);
			if (windowId !== null) this.changedWindows.add(windowId);
		}
	}

	private refreshDepth(): void {
		for (const { windowId, topic } of this.depthTopics.values()) {
			if (this.changedWindows.has(windowId)) void topic.refresh();
		}
		this.changedWindows.clear();
	}

	private refreshWindows(): void {
		if (!this.windowsTopic.isIdle) void this.windowsTopic.refresh();
	}

	/** A new scan is told at once; the timer finds a source that has fallen silent. */
	private refreshGrid(): void {
		if (!this.gridTopic.isIdle) void this.gridTopic.refresh();
	}

	private dropSilent(): void {
		for (const connection of this.connections) connection.beat();
	}
}

/** The window whose book the event may have changed. */
function windowOf(event: EngineEvent): WindowId | null {
	switch (event.type) {
		case "OrderRested":
		case "OrderCancelled":
		case "OrderExpired":
		case "TradeUnwound":
		case "TradeTrimmed":
		case "SessionStateChanged":
		case "AuctionCalled":
		case "AuctionUncrossed":
			return event.windowId;
		case "TradeExecuted":
			return event.trade.windowId;
		case "OrderPlaced":
			return event.order.windowId;
		default:
			return null;
	}
}
