import { readFileSync } from "node:fs";
import { z } from "zod";
import { NOTIFIED, type Notified } from "../../application/services/concernedAuthorities.ts";
import { ConfigError } from "../config/ConfigError.ts";

export type NotificationTarget = { url: string; secret: Uint8Array };
export type NotificationTargets = Partial<Record<Notified, NotificationTarget>>;

const LEAST_SECRET_BYTES = 24;

const schema = z.partialRecord(
	z.enum(NOTIFIED),
	z.strictObject({
		url: z.url({ protocol: /^https?$/ }),
		/** As the specification writes it: `whsec_` and base64. */
		secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/),
	}),
);

/** Addresses and secrets of those who are notified, from a file that only its owner can read. */
export function readNotificationTargets(file: string | undefined): NotificationTargets {
	if (file === undefined) return {};
	try {
		const parsed = schema.parse(JSON.parse(readFileSync(file, "utf8")));
		return Object.fromEntries(
			Object.entries(parsed).map(([name, target]) => {
				const secret = Buffer.from(target.secret.slice("whsec_".length), "base64");
				if (secret.length < LEAST_SECRET_BYTES) throw new Error(`${name}: a secret has at least 24 bytes`);
				return [name, { url: target.url, secret }];
			}),
		);
	} catch (error) {
		// Never the content: it holds secrets.
		const cause = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
		throw new ConfigError([`NOTIFICATION_TARGETS_FILE: ${file} cannot be used: ${cause.split("\n")[0]}`]);
	}
}
