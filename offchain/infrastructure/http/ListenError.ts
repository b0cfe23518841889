/** The address cannot be listened on; the message says what to do and is fit for the user as it is. */
export class ListenError extends Error {
	readonly port: number;

	constructor(port: number, host: string, cause: NodeJS.ErrnoException) {
		super(describe(port, host, cause), { cause });
		this.name = "ListenError";
		this.port = port;
	}
}

function describe(port: number, host: string, { code, message }: NodeJS.ErrnoException): string {
	if (code === "EADDRINUSE") {
		return `Port ${port} on ${host} is already in use. Stop the program that uses it, or choose another port.`;
	}
	if (code === "EACCES") return `Port ${port} on ${host} may not be used by this user. Choose a port above 1023.`;
	if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `This machine has no address ${host} to listen on.`;
	return `Cannot listen on ${host}:${port}: ${message}`;
}
