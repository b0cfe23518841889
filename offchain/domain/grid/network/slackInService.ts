import { BUS_TYPES, type NetworkCase } from "./NetworkCase.ts";

/**
 * The case with a slack that can balance it: where no generator at the reference bus is in service, the first generator bus
 * that has one takes its place (MATPOWER's `bustypes`). Unchanged where the reference has one, or no bus has.
 */
export function slackInService(network: NetworkCase): NetworkCase {
	const running = new Set(network.generators.filter(({ inService }) => inService).map(({ bus }) => bus));
	const references = network.buses.filter(({ type }) => type === BUS_TYPES.reference);
	if (references.length !== 1 || references.some(({ number }) => running.has(number))) return network;
	const next = network.buses.find(({ type, number }) => type === BUS_TYPES.generator && running.has(number));
	if (next === undefined) return network;
	const buses = network.buses.map((bus) => {
		if (bus === next) return { ...bus, type: BUS_TYPES.reference };
		return bus === references[0] ? { ...bus, type: BUS_TYPES.load } : bus;
	});
	return { ...network, buses };
}
