/** Every kind of fault the simulation injects, with what it does. */
export const FAULT_KINDS = {
	crash: "a process dies between two steps and starts again from what is on disk",
	crashDuringWrite: "a process dies while a write is on its way: it lands or it does not, nobody hears",
	freeze: "a process stands still, is overtaken, and wakes up later believing nothing happened",
	lostAnswer: "a write is on disk, its answer is an error",
	failedWrite: "a write is refused and leaves nothing",
	failedRead: "the database does not answer a question",
	slowDisk: "one call takes up to a hundred times as long",
	databaseGone: "no call is answered for a while",
	lostMessage: "a message between processes is dropped",
	repeatedMessage: "a message between processes arrives twice",
	lateMessage: "a message between processes arrives late, behind later ones",
	lostTransaction: "a node takes a transaction and forgets it",
	silentNode: "the node answers nothing for a while",
	failedNodeCall: "one call to the node fails, perhaps after it had its effect",
	reorganisation: "the chain replaces its newest blocks; their transactions wait again, or are gone",
	feeSpike: "the base fee multiplies for a while",
	slowBlocks: "no block for several times the usual pause",
	repeatedJob: "a queue hands out a job twice at once",
	lostJob: "a queue loses a job",
	impatientClient: "a trader sends the same order again before it was answered",
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

/** How often what can go wrong did, and how often it could have. */
export class FaultTally {
	readonly happened = new Map<FaultKind, number>();
	readonly chances = new Map<FaultKind, number>();

	note(kind: FaultKind, happens: boolean): boolean {
		this.chances.set(kind, (this.chances.get(kind) ?? 0) + 1);
		if (happens) this.happened.set(kind, (this.happened.get(kind) ?? 0) + 1);
		return happens;
	}

	add(other: FaultTally): void {
		for (const [kind, count] of other.happened) this.happened.set(kind, (this.happened.get(kind) ?? 0) + count);
		for (const [kind, count] of other.chances) this.chances.set(kind, (this.chances.get(kind) ?? 0) + count);
	}
}
