import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export type RpcFate = "answer" | "lose request" | "lose answer" | "already known";

/** A JSON-RPC endpoint in front of another that loses requests or answers as told. */
export class FlakyRpc {
	rpcUrl = "";
	/** What becomes of the next call of a method. */
	fate: (method: string) => RpcFate = () => "answer";
	private readonly server: Server;

	constructor(target: string) {
		this.server = createServer((request, response) => {
			let body = "";
			request.on("data", (data) => (body += data));
			request.on("end", async () => {
				const { method, id } = JSON.parse(body) as { method: string; id: number };
				const fate = this.fate(method);
				if (fate === "lose request") return request.socket.destroy();
				const answer = await fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body });
				const text = await answer.text();
				if (fate === "lose answer") return request.socket.destroy();
				const known = { jsonrpc: "2.0", id, error: { code: -32_000, message: "already known" } };
				return response
					.writeHead(200, { "content-type": "application/json" })
					.end(fate === "already known" ? JSON.stringify(known) : text);
			});
		});
	}

	async start(): Promise<void> {
		await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
		this.rpcUrl = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	stop(): void {
		this.server.closeAllConnections();
		this.server.close();
	}
}
