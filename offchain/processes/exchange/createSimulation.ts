import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { EngineGateway } from "../../application/ports/EngineGateway.ts";
import type { GridTokenXClient } from "../../client/GridTokenXClient.ts";
import type { TelemetrySigner } from "../../client/TelemetrySigner.ts";
import { zoneCode } from "../../domain/grid/zones.ts";
import { orderDomain } from "../../domain/orders/orderTypedData.ts";
import { formatWindow, type WindowId } from "../../domain/units/window.ts";
import type { PostgresMarketDataRepository } from "../../infrastructure/postgres/PostgresMarketDataRepository.ts";
import { SafeDesk } from "../../simulators/authorities/SafeDesk.ts";
import type { Scenario } from "../../simulators/scenario/createScenario.ts";
import { Simulation } from "../../simulators/scenario/Simulation.ts";
import { localKey } from "./localKeys.ts";
import { SAFE_THRESHOLD } from "./localParameters.ts";
import type { Surroundings } from "./startSurroundings.ts";

export type SimulationParts = Surroundings & {
	scenario: Scenario;
	engine: EngineGateway;
	client: GridTokenXClient;
	marketData: PostgresMarketDataRepository;
	controlRoom: TelemetrySigner;
	/** Null: until stopped. */
	lastWindow: WindowId | null;
	notice: (line: string) => void;
};

/** Participants, meters, licensees, EGAT and the control room, each with its own key and on its own way into the exchange. */
export function createSimulation(parts: SimulationParts): Simulation {
	const { scenario, engine, client, marketData, controlRoom, lastWindow, notice } = parts;
	const { rpcUrl, publicClient, clock, deployment, firstWindow } = parts;
	const domain = orderDomain(deployment.chainId, deployment.addresses.WindowSettlement);
	const relayer = createWalletClient({ account: privateKeyToAccount(localKey("relayer")), transport: http(rpcUrl) });
	return new Simulation({
		scenario,
		clock,
		client,
		domain,
		attesterKeys: { EGAT: localKey("EGAT attester"), MEA: localKey("MEA attester"), PEA: localKey("PEA attester") },
		desk: new SafeDesk({
			deployment,
			authority: "EGAT",
			ownerKeys: Array.from({ length: SAFE_THRESHOLD }, (_, index) => localKey(`EGAT owner ${index + 1}`)),
			publicClient,
			walletClient: relayer,
		}),
		firstWindow,
		lastWindow,
		submitForecasts: async (forecasts) => {
			await engine.submitMany(forecasts);
		},
		tradedNetExportWh: async (windowId) => {
			const net = new Map<ReturnType<typeof zoneCode>, number>();
			for (const { sellZoneId, buyZoneId, energyWh } of await marketData.zoneFlows(windowId)) {
				net.set(zoneCode(sellZoneId), (net.get(zoneCode(sellZoneId)) ?? 0) + energyWh);
				net.set(zoneCode(buyZoneId), (net.get(zoneCode(buyZoneId)) ?? 0) - energyWh);
			}
			return net;
		},
		publishTelemetry: async (scan) => {
			const reply = await client.submitTelemetry(controlRoom.sign(scan));
			if (reply.status === "refused") throw new Error(`${reply.code}: ${reply.detail}`);
		},
		onHalted: ({ zone, windowId }, transactionHash) =>
			notice(`EGAT's Safe halted ${zone} for ${formatWindow(windowId)} (${transactionHash.slice(0, 18)}…)`),
	});
}
