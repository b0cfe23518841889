import type pg from "pg";

const SIGNATURE_BYTES = 11;
const HEADER_BYTES = SIGNATURE_BYTES + 8;

/** What the driver calls of a query; see pg's `Submittable`. */
type Connection = { query(text: string): void };

/**
 * The rows of a query in PostgreSQL's binary form, each field as its bytes or null. The driver reads the fields of an
 * ordinary answer as text, which bytes do not survive; what is copied out it hands over untouched.
 */
export async function copyRows(pool: pg.Pool, query: string): Promise<(Buffer | null)[][]> {
	const client = await pool.connect();
	let isBroken = true;
	try {
		const chunks = await new Promise<Buffer[]>((resolve, reject) => {
			client.query(
				new CopyOut(`COPY (${query}) TO STDOUT (FORMAT binary)`, resolve, reject) as unknown as pg.Submittable,
			);
		});
		isBroken = false;
		return rowsOf(Buffer.concat(chunks));
	} finally {
		client.release(isBroken);
	}
}

class CopyOut {
	private readonly text: string;
	private readonly resolve: (chunks: Buffer[]) => void;
	private readonly reject: (error: Error) => void;
	private readonly chunks: Buffer[] = [];

	constructor(text: string, resolve: (chunks: Buffer[]) => void, reject: (error: Error) => void) {
		this.text = text;
		this.resolve = resolve;
		this.reject = reject;
	}

	submit(connection: Connection): void {
		connection.query(this.text);
	}

	handleCopyData({ chunk }: { chunk: Buffer }): void {
		// The driver's own memory: it is overwritten by what comes next.
		this.chunks.push(Buffer.from(chunk));
	}

	handleCommandComplete(): void {}

	handleReadyForQuery(): void {
		this.resolve(this.chunks);
	}

	handleError(error: Error): void {
		this.reject(error);
	}
}

function rowsOf(bytes: Buffer): (Buffer | null)[][] {
	const rows: (Buffer | null)[][] = [];
	let at = HEADER_BYTES + bytes.readInt32BE(HEADER_BYTES - 4);
	for (let fields = bytes.readInt16BE(at); fields >= 0; fields = bytes.readInt16BE(at)) {
		at += 2;
		const row: (Buffer | null)[] = [];
		for (let field = 0; field < fields; field++) {
			const length = bytes.readInt32BE(at);
			at += 4;
			row.push(length < 0 ? null : bytes.subarray(at, at + length));
			at += Math.max(0, length);
		}
		rows.push(row);
	}
	return rows;
}
