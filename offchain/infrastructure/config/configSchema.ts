import { z } from "zod";
import { LOG_LEVELS } from "../observability/createLogger.ts";

/** What a variable says about itself; `gridtokenx config` and docs/reference/configuration.md are printed from it. */
export type VariableMeta = {
	description: string;
	/** In words, for the error message and the table. */
	allowed: string;
	/** Who reads it. */
	readBy: string;
	/** Never printed. */
	secret?: boolean;
};

function variable<Schema extends z.ZodType>(schema: Schema, meta: VariableMeta): Schema {
	return schema.meta(meta);
}

function integer(least: number, most: number) {
	return z
		.string()
		.regex(/^[0-9]{1,16}$/)
		.transform(Number)
		.pipe(z.int().min(least).max(most));
}

const PRIVATE_KEY = /^0x[0-9a-fA-F]{64}$/;
const privateKey = z
	.string()
	.regex(PRIVATE_KEY)
	.transform((value) => value as `0x${string}`);

/** Every environment variable of every process: its type, default and meaning. The environment is read nowhere else. */
export const configSchema = z.object({
	DATABASE_URL: variable(z.url({ protocol: /^postgres(?:ql)?$/ }).optional(), {
		description: "PostgreSQL database of the log, the read models and the outbox.",
		allowed: "postgres://user:password@host:port/database",
		readBy: "api, engine, grid, worker",
		secret: true,
	}),
	DATABASE_POOL_SIZE: variable(integer(1, 200).prefault("10"), {
		description: "Most database connections of one process.",
		allowed: "a whole number from 1 to 200",
		readBy: "api, engine, grid, worker",
	}),
	REDIS_URL: variable(z.url({ protocol: /^rediss?$/ }).optional(), {
		description: "Redis for the job queues and the ingress between processes. Without it the queues run on PostgreSQL.",
		allowed: "redis://host:port or rediss://host:port",
		readBy: "api, engine, grid, worker",
		secret: true,
	}),
	RPC_URL: variable(z.url({ protocol: /^https?$/ }).prefault("http://127.0.0.1:8545"), {
		description: "JSON-RPC endpoint of the chain.",
		allowed: "http://… or https://…",
		readBy: "api, engine, grid, worker, command line",
	}),
	PUBLIC_RPC_URL: variable(z.url({ protocol: /^https?$/ }).optional(), {
		description: "JSON-RPC endpoint told to clients that verify the chain themselves. Without it none is told.",
		allowed: "http://… or https://…",
		readBy: "api",
	}),
	DEPLOYMENT_FILE: variable(z.string().min(1).optional(), {
		description: "Addresses of the deployed contracts, as written by the deployment.",
		allowed: "path of a JSON file, such as deploy/addresses/31337.json",
		readBy: "api, engine, grid, worker",
	}),
	OPERATOR_PRIVATE_KEY: variable(privateKey.optional(), {
		description: "Key that commits and settles windows. Prefer OPERATOR_PRIVATE_KEY_FILE.",
		allowed: "0x and 64 hex digits",
		readBy: "worker",
		secret: true,
	}),
	OPERATOR_PRIVATE_KEY_FILE: variable(z.string().min(1).optional(), {
		description: "File that holds the operator's key.",
		allowed: "path of a file that only its owner can read",
		readBy: "worker",
	}),
	PAYOUT_PRIVATE_KEY: variable(privateKey.optional(), {
		description:
			"Key whose tokens pay held reserve and market makers. Prefer PAYOUT_PRIVATE_KEY_FILE. Without it what is owed is recorded, not paid.",
		allowed: "0x and 64 hex digits",
		readBy: "worker",
		secret: true,
	}),
	PAYOUT_PRIVATE_KEY_FILE: variable(z.string().min(1).optional(), {
		description: "File that holds the paying key.",
		allowed: "path of a file that only its owner can read",
		readBy: "worker",
	}),
	NOTIFICATION_TARGETS_FILE: variable(z.string().min(1).optional(), {
		description:
			"Where authorities, the regulator and the operator receive signed webhooks, with their secrets. Without it nothing is sent, all is recorded.",
		allowed: "path of a JSON file that only its owner can read, such as deploy/notifications.example.json",
		readBy: "worker",
	}),
	ARCHIVE_FOLDER: variable(z.string().min(1).optional(), {
		description:
			"Where orders and other rows of windows long settled go, compressed, before they leave the database. Without it they stay.",
		allowed: "path of a folder on a disk that is backed up",
		readBy: "worker",
	}),
	CONTROL_ROOMS_FILE: variable(z.string().min(1).optional(), {
		description:
			"Control rooms whose telemetry and emergency orders count, with their Ed25519 public keys. Without it none does, and trading keeps the grid's initial limits.",
		allowed: "path of a JSON file, such as deploy/controlRooms.example.json",
		readBy: "api, grid",
	}),
	RESERVES_FILE: variable(z.string().min(1).optional(), {
		description:
			"The area the system operator balances: its meters at the balancing points and the providers' standing offers. Without it nothing is balanced.",
		allowed: "path of a JSON file, such as deploy/reserves.example.json",
		readBy: "grid",
	}),
	SYSTEM_OPERATOR_KEY_FILE: variable(z.string().min(1).optional(), {
		description: "File that holds the key of the system operator's trading wallet. Needed with RESERVES_FILE.",
		allowed: "path of a file that only its owner can read",
		readBy: "grid",
	}),
	TELEMETRY_STALE_SECONDS: variable(integer(2, 3600).prefault("30"), {
		description: "Age at which a control room's last scan is no longer trusted and trading gets half of the room.",
		allowed: "a whole number from 2 to 3600",
		readBy: "api, grid",
	}),
	FINALITY_BLOCKS: variable(integer(0, 1000).prefault("64"), {
		description: "Blocks after which a chain event counts for good.",
		allowed: "a whole number from 0 to 1000",
		readBy: "worker",
	}),
	HTTP_HOST: variable(z.string().min(1).prefault("127.0.0.1"), {
		description: "Address the API listens on.",
		allowed: "an address or name of this machine; 0.0.0.0 for all",
		readBy: "api",
	}),
	HTTP_PORT: variable(integer(0, 65_535).prefault("8080"), {
		description: "Port of the API and the web page.",
		allowed: "a whole number from 0 to 65535; 0 takes any free one",
		readBy: "api",
	}),
	RATE_LIMIT_PER_MINUTE: variable(integer(0, 10_000_000).prefault("6000"), {
		description: "Requests per minute and client address.",
		allowed: "a whole number from 0 to 10000000; 0 = no limit",
		readBy: "api",
	}),
	TRUSTED_PROXIES: variable(integer(0, 10).prefault("0"), {
		description: "Reverse proxies in front of the API, whose X-Forwarded-For is believed.",
		allowed: "a whole number from 0 to 10",
		readBy: "api",
	}),
	SATOSHI_PER_THB: variable(integer(1, 1_000_000).prefault("33"), {
		description: "Rate at which pages show baht beside satoshi. Nothing is settled by it.",
		allowed: "a whole number from 1 to 1000000",
		readBy: "api",
	}),
	MAX_QUEUED_INPUTS: variable(integer(100, 10_000_000).prefault("50000"), {
		description: "Inputs that may wait for the engine before it answers BUSY.",
		allowed: "a whole number from 100 to 10000000",
		readBy: "engine",
	}),
	LOG_LEVEL: variable(z.enum(LOG_LEVELS).prefault("info"), {
		description: "Least severity that is logged, as JSON lines on standard error.",
		allowed: LOG_LEVELS.join(", "),
		readBy: "all",
	}),
	GRIDTOKENX_URL: variable(z.url({ protocol: /^https?$/ }).prefault("http://127.0.0.1:8080"), {
		description: "API that the command line talks to, and that the system operator's balancing orders go through.",
		allowed: "http://… or https://…",
		readBy: "grid, command line",
	}),
	GRIDTOKENX_KEY: variable(privateKey.optional(), {
		description: "Trader's key for signing on the command line. Prefer GRIDTOKENX_KEY_FILE.",
		allowed: "0x and 64 hex digits",
		readBy: "command line",
		secret: true,
	}),
	GRIDTOKENX_KEY_FILE: variable(z.string().min(1).optional(), {
		description: "File that holds the trader's key.",
		allowed: "path of a file that only its owner can read",
		readBy: "command line",
	}),
});

export type Config = z.output<typeof configSchema>;
export type VariableName = keyof Config & string;
