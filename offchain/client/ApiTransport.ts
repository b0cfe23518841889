import { ApiError } from "./ApiError.ts";

export type Answer = { status: number; body: unknown };

/** JSON over HTTP. Throws `ApiError` when nothing came back in time, or something that is not JSON. */
export class ApiTransport {
	readonly url: string;
	private readonly timeoutMillis: number;

	constructor(url: string, timeoutMillis: number) {
		this.url = url.replace(/\/+$/, "");
		this.timeoutMillis = timeoutMillis;
	}

	async send(method: string, path: string, body?: unknown): Promise<Answer> {
		const address = this.url + path;
		let response: Response;
		let text: string;
		try {
			response = await fetch(address, {
				method,
				...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
				signal: AbortSignal.timeout(this.timeoutMillis),
			});
			text = await response.text();
		} catch (error) {
			throw new ApiError(`${this.url} does not answer: ${cause(error)}`, 0, "UNREACHABLE", error);
		}
		try {
			return { status: response.status, body: JSON.parse(text) };
		} catch (error) {
			throw new ApiError(
				`${address} answered ${response.status} with something that is not JSON`,
				response.status,
				null,
				error,
			);
		}
	}
}

/** Node's fetch hides the reason one level down. */
function cause(error: unknown): string {
	const inner = (error as { cause?: unknown }).cause ?? error;
	const { code, message } = inner as { code?: string; message?: string };
	return code ?? message ?? String(inner);
}
