export type HealthStatus = "ok" | "degraded" | "down";
export type ComponentHealth = { name: string; status: HealthStatus; detail: string };
export type HealthReport = { status: HealthStatus; components: ComponentHealth[] };

type Check = () => Promise<{ status: HealthStatus; detail: string }> | { status: HealthStatus; detail: string };

const CHECK_TIMEOUT_MILLIS = 2_000;

/**
 * Named states of the process' parts. A part is healthy while it makes progress, not while it exists: each check looks
 * at something that must have moved. The whole is as bad as its worst part.
 */
export class Health {
	private readonly checks = new Map<string, Check>();

	/** `name` appears in the answer and in alarms: "database", "chain", "telemetry". */
	register(name: string, check: Check): void {
		if (this.checks.has(name)) throw new Error(`health check ${name} is registered twice`);
		this.checks.set(name, check);
	}

	async report(): Promise<HealthReport> {
		const components = await Promise.all([...this.checks].map(([name, check]) => run(name, check)));
		return { status: worst(components), components };
	}
}

async function run(name: string, check: Check): Promise<ComponentHealth> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<{ status: HealthStatus; detail: string }>((resolve) => {
		const detail = `no answer within ${CHECK_TIMEOUT_MILLIS} ms`;
		timer = setTimeout(() => resolve({ status: "down", detail }), CHECK_TIMEOUT_MILLIS);
	});
	try {
		return { name, ...(await Promise.race([check(), late])) };
	} catch (error) {
		return { name, status: "down", detail: error instanceof Error ? error.message : String(error) };
	} finally {
		clearTimeout(timer);
	}
}

function worst(components: readonly ComponentHealth[]): HealthStatus {
	if (components.some(({ status }) => status === "down")) return "down";
	return components.some(({ status }) => status === "degraded") ? "degraded" : "ok";
}
