import type { WindowId } from "../domain/units/window.ts";
import type { WindowsDiff, WindowsState } from "../infrastructure/websocket/diffWindows.ts";

export function applyWindowsDiff(state: WindowsState, diff: WindowsDiff): WindowsState {
	const ended = new Set(diff.endedSessions);
	const sessions = merge(state.sessions, diff.sessions).filter(({ windowId }) => !ended.has(windowId));
	return {
		sessions: sessions.sort((a, b) => a.windowId - b.windowId),
		windows: merge(state.windows, diff.windows).sort((a, b) => b.windowId - a.windowId),
	};
}

function merge<Row extends { windowId: WindowId }>(rows: readonly Row[], changed: readonly Row[]): Row[] {
	const byWindow = new Map(rows.map((row) => [row.windowId, row]));
	for (const row of changed) byWindow.set(row.windowId, row);
	return [...byWindow.values()];
}
