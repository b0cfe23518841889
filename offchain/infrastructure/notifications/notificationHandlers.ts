import { createHash } from "node:crypto";
import { concernedAuthorities } from "../../application/services/concernedAuthorities.ts";
import type { Directive } from "../../domain/engine/EngineInput.ts";
import type { NewNotification, NotificationStore } from "./NotificationStore.ts";
import type { NotificationTargets } from "./NotificationTargets.ts";
import type { WindowReports } from "./WindowReports.ts";

type AuthorityMessage = { directive: Directive; lifted: boolean; sequence: number; atMillis: number };

/** Outbox topics that end in notifications: each message becomes one row per recipient, however often it is handled. */
export function notificationHandlers(
	store: NotificationStore,
	reports: WindowReports,
	targets: NotificationTargets,
): Record<string, (payload: never) => Promise<void>> {
	const addressed = new Set(Object.keys(targets));
	return {
		authority: async ({ directive, lifted, sequence, atMillis }: AuthorityMessage) => {
			await store.add(
				{
					recipients: concernedAuthorities(directive),
					topic: "directive",
					messageKey: `${directive.directiveId}-${lifted ? "lifted" : "set"}-${sequence}`,
					payload: { directive, lifted, sequence, atMillis },
				},
				addressed,
			);
		},
		report: async ({ windowId }: { windowId: number }) => {
			const payload = await reports.ofWindow(windowId);
			await store.add(
				{ recipients: ["ERC", "EPPO"], topic: "report", messageKey: `window-${windowId}`, payload },
				addressed,
			);
		},
	};
}

/** One alarm an hour for one cause, however often it is raised. */
export function operatorAlarm(message: string, atMillis: number): NewNotification {
	const cause = createHash("sha256").update(message).digest("hex").slice(0, 16);
	return {
		recipients: ["OPERATOR"],
		topic: "alarm",
		messageKey: `${cause}-${Math.floor(atMillis / 3_600_000)}`,
		payload: { message, atMillis },
	};
}
