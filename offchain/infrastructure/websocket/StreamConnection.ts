import type { RawData, WebSocket } from "ws";
import { channelKey, type StreamChannel, streamRequest } from "./streamMessages.ts";

const MAX_SUBSCRIPTIONS = 64;
/** A client that reads so slowly that this much waits for it is cut off; it may come back and resume. */
const MAX_BUFFERED_BYTES = 4 << 20;
const TRY_AGAIN_LATER = 1013;

type ConnectionOptions = {
	subscribe: (channel: StreamChannel, receiver: (text: string) => void) => Promise<() => void>;
	onClose: () => void;
};

/** One client of the stream and what it listens to. */
export class StreamConnection {
	private readonly webSocket: WebSocket;
	private readonly options: ConnectionOptions;
	/** What ends each subscription; null while it is being made. */
	private readonly subscriptions = new Map<string, (() => void) | null>();
	private isAlive = true;
	private isClosed = false;

	constructor(webSocket: WebSocket, options: ConnectionOptions) {
		this.webSocket = webSocket;
		this.options = options;
		webSocket.on("message", (data, isBinary) => void this.receive(data, isBinary));
		webSocket.on("pong", () => {
			this.isAlive = true;
		});
		webSocket.on("error", () => webSocket.terminate());
		webSocket.on("close", () => this.end());
	}

	close(code: number, reason: string): void {
		this.webSocket.close(code, reason);
	}

	/** Called regularly: who did not answer the last ping is gone. */
	beat(): void {
		if (!this.isAlive) {
			this.webSocket.terminate();
			return;
		}
		this.isAlive = false;
		this.webSocket.ping();
	}

	private async receive(data: RawData, isBinary: boolean): Promise<void> {
		const request = isBinary ? null : parse(String(data));
		if (request === null) {
			this.refuse("MALFORMED", 'expected {"subscribe": {"channel": …}} or {"unsubscribe": {"channel": …}}');
			return;
		}
		if ("unsubscribe" in request) {
			this.unsubscribe(channelKey(request.unsubscribe));
			return;
		}
		const channel = request.subscribe;
		const key = channelKey(channel);
		if (this.subscriptions.has(key)) return this.refuse("MALFORMED", `already subscribed to ${key}`);
		if (this.subscriptions.size >= MAX_SUBSCRIPTIONS) {
			return this.refuse("RATE_LIMITED", `at most ${MAX_SUBSCRIPTIONS} subscriptions`);
		}
		this.subscriptions.set(key, null);
		try {
			const end = await this.options.subscribe(channel, (text) => this.send(text));
			if (this.isClosed || !this.subscriptions.has(key)) end();
			else this.subscriptions.set(key, end);
		} catch {
			this.subscriptions.delete(key);
			this.refuse("UNAVAILABLE", `${key} cannot be read now`);
		}
	}

	private unsubscribe(key: string): void {
		this.subscriptions.get(key)?.();
		this.subscriptions.delete(key);
	}

	private refuse(code: string, detail: string): void {
		this.send(JSON.stringify({ channel: "problem", code, detail }));
	}

	private send(text: string): void {
		if (this.webSocket.readyState !== this.webSocket.OPEN) return;
		if (this.webSocket.bufferedAmount > MAX_BUFFERED_BYTES) {
			this.webSocket.close(TRY_AGAIN_LATER, "reading too slowly");
			return;
		}
		this.webSocket.send(text);
	}

	private end(): void {
		if (this.isClosed) return;
		this.isClosed = true;
		for (const end of this.subscriptions.values()) end?.();
		this.subscriptions.clear();
		this.options.onClose();
	}
}

function parse(text: string) {
	try {
		return streamRequest.safeParse(JSON.parse(text)).data ?? null;
	} catch {
		return null;
	}
}
