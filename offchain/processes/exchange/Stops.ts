/** What was started, in order, as the ways to end it; ended from the last to the first. */
export type Stops = (() => Promise<void> | void)[];
