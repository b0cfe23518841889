import type { SessionView } from "../../application/ports/EngineQueries.ts";
import type { WindowSummary } from "../../application/ports/MarketDataRepository.ts";
import type { WindowId } from "../../domain/units/window.ts";

export type WindowsState = { sessions: SessionView[]; windows: WindowSummary[] };
export type WindowsDiff = WindowsState & { endedSessions: WindowId[] };

/** Sessions and windows that are new or changed, and sessions that are no longer live. Null when nothing changed. */
export function diffWindows(before: WindowsState, after: WindowsState): WindowsDiff | null {
	const sessions = changed(before.sessions, after.sessions);
	const windows = changed(before.windows, after.windows);
	const live = new Set(after.sessions.map(({ windowId }) => windowId));
	const endedSessions = before.sessions.map(({ windowId }) => windowId).filter((windowId) => !live.has(windowId));
	const isSame = sessions.length === 0 && windows.length === 0 && endedSessions.length === 0;
	return isSame ? null : { sessions, windows, endedSessions };
}

function changed<Row extends { windowId: WindowId }>(before: readonly Row[], after: readonly Row[]): Row[] {
	const old = new Map(before.map((row) => [row.windowId, JSON.stringify(row)]));
	return after.filter((row) => old.get(row.windowId) !== JSON.stringify(row));
}
