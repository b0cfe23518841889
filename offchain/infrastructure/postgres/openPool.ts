import pg from "pg";

const INT8_OID = 20;
const NUMERIC_OID = 1700;

/** 64-bit integers arrive as safe integers or throw: a rounded amount must never go unnoticed. */
const exactTypes: pg.CustomTypesConfig = {
	getTypeParser: ((oid: number, format?: "text" | "binary") => {
		if (format !== "binary" && (oid === INT8_OID || oid === NUMERIC_OID)) return safeInteger;
		return pg.types.getTypeParser(oid, format as "text");
	}) as typeof pg.types.getTypeParser,
};

function safeInteger(text: string): number {
	const value = Number(text);
	if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer from the database: ${text}`);
	return value;
}

/** A pool whose idle connections may break without ending the process; a query on them fails instead. */
export function openPool(databaseUrl: string, applicationName: string, max = 10): pg.Pool {
	const pool = new pg.Pool({
		connectionString: databaseUrl,
		application_name: applicationName,
		max,
		types: exactTypes,
		keepAlive: true,
		connectionTimeoutMillis: 10_000,
	});
	pool.on("error", () => undefined);
	return pool;
}

/** A connection of its own, outside every pool, for locks and listening. */
export async function openConnection(databaseUrl: string, applicationName: string): Promise<pg.Client> {
	const client = new pg.Client({
		connectionString: databaseUrl,
		application_name: applicationName,
		types: exactTypes,
		keepAlive: true,
		connectionTimeoutMillis: 10_000,
	});
	await client.connect();
	return client;
}
