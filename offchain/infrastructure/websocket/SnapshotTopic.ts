/** Receives one message, already written as JSON. */
export type Receiver = (text: string) => void;

type TopicOptions<State> = {
	/** Fields that name the channel in every message. */
	name: Record<string, unknown>;
	read: () => Promise<State>;
	/** What turns `before` into `after`; null when nothing changed. */
	diff: (before: State, after: State) => unknown;
	onError: (error: unknown) => void;
};

/**
 * A state that many receivers follow: each gets a snapshot, then diffs whose `number` rises by one, so that a gap can be
 * seen. The state is read once for all of them, and never more than one read is under way.
 */
export class SnapshotTopic<State> {
	private readonly options: TopicOptions<State>;
	private readonly receivers = new Set<Receiver>();
	private current: { state: State } | null = null;
	private number = 0;
	private reading: Promise<void> | null = null;

	constructor(options: TopicOptions<State>) {
		this.options = options;
	}

	get isIdle(): boolean {
		return this.receivers.size === 0;
	}

	async add(receiver: Receiver): Promise<void> {
		await this.refresh();
		if (this.current === null) throw new Error("the state cannot be read now");
		this.receivers.add(receiver);
		receiver(this.message("snapshot", this.current.state));
	}

	remove(receiver: Receiver): void {
		this.receivers.delete(receiver);
		// Nobody watches: what is kept would be stale for the next one.
		if (this.receivers.size === 0) this.current = null;
	}

	/** Reads again and tells the receivers what changed. */
	refresh(): Promise<void> {
		this.reading ??= this.readAndSend().finally(() => {
			this.reading = null;
		});
		return this.reading;
	}

	private async readAndSend(): Promise<void> {
		let state: State;
		try {
			state = await this.options.read();
		} catch (error) {
			this.options.onError(error);
			return;
		}
		const before = this.current;
		this.current = { state };
		if (before === null) return;
		const change = this.options.diff(before.state, state);
		if (change === null) return;
		this.number += 1;
		const text = this.message("diff", change);
		for (const receiver of this.receivers) receiver(text);
	}

	private message(type: "snapshot" | "diff", data: unknown): string {
		return JSON.stringify({ ...this.options.name, type, number: this.number, data });
	}
}
