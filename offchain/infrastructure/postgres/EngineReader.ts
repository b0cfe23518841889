/** Looks at an engine's state, always between two commits: whatever it tells is on disk. */
export interface EngineReader<State> {
	read<T>(look: (state: State, sequence: number, atMillis: number) => T): Promise<T>;
}
