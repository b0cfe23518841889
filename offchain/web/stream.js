/** The live feed: subscribes again after every reconnection; a missing number means a new connection. */
const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 8000;

export class Stream {
	#subscriptions = new Map();
	#socket = null;
	#pause = FIRST_PAUSE;
	#onState;

	constructor(onState) {
		this.#onState = onState;
		this.#connect();
	}

	/** `take(type, data)` gets the snapshot, then diffs. */
	subscribe(channel, take) {
		const key = JSON.stringify(channel);
		this.#subscriptions.set(key, { channel, take, number: 0 });
		this.#say({ subscribe: channel });
		return () => {
			this.#subscriptions.delete(key);
			this.#say({ unsubscribe: channel });
		};
	}

	#say(message) {
		if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
	}

	#connect() {
		const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/stream`);
		this.#socket = socket;
		socket.onopen = () => {
			this.#pause = FIRST_PAUSE;
			for (const { channel } of this.#subscriptions.values()) this.#say({ subscribe: channel });
			this.#onState("live");
		};
		socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
		socket.onclose = () => {
			this.#onState("lost");
			setTimeout(() => this.#connect(), this.#pause);
			this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
		};
	}

	#receive(message) {
		for (const subscription of this.#subscriptions.values()) {
			const { channel } = subscription;
			const isMine = Object.entries(channel).every(([name, value]) => message[name] === value);
			if (!isMine) continue;
			if (message.type === "diff" && message.number !== subscription.number + 1) {
				this.#socket.close();
				return;
			}
			subscription.number = message.number;
			subscription.take(message.type, message.data);
		}
	}
}
