/** Requests remembered: far more than can wait between a sender and the engine at a time. */
export const REQUESTS_REMEMBERED = 200_000;

/** Ids of the inputs committed last: the same input sent again is recognised and not applied a second time. */
export class RecentRequests {
	/** In order of commit. */
	private readonly sequences = new Map<string, number>();

	add(requestId: string, sequence: number): void {
		this.sequences.set(requestId, sequence);
		if (this.sequences.size <= REQUESTS_REMEMBERED) return;
		const oldest = this.sequences.keys().next().value;
		if (oldest !== undefined) this.sequences.delete(oldest);
	}

	has(requestId: string): boolean {
		return this.sequences.has(requestId);
	}
}
