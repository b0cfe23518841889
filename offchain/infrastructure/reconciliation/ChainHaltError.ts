/** Indexing must stop until a person has looked: going on would be guessing. */
export class ChainHaltError extends Error {
	constructor(message: string) {
		super(message);
		this.name = "ChainHaltError";
	}
}
