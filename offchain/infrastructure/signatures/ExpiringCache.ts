type Entry<Value> = { value: Value; expiresAt: number };

/** Remembers at most `capacity` values, each for a while; the oldest goes first. */
export class ExpiringCache<Key, Value> {
	private readonly entries = new Map<Key, Entry<Value>>();
	private readonly capacity: number;
	private readonly now: () => number;

	constructor(capacity: number, now: () => number = () => performance.now()) {
		this.capacity = capacity;
		this.now = now;
	}

	get(key: Key): Value | undefined {
		const entry = this.entries.get(key);
		if (entry === undefined) return undefined;
		if (entry.expiresAt > this.now()) return entry.value;
		this.entries.delete(key);
		return undefined;
	}

	set(key: Key, value: Value, lifeMillis: number): void {
		this.entries.delete(key);
		const oldest = this.entries.keys().next();
		if (this.entries.size >= this.capacity && !oldest.done) this.entries.delete(oldest.value);
		this.entries.set(key, { value, expiresAt: this.now() + lifeMillis });
	}
}
