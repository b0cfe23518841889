import type { FeederNode, GridLimits, TransmissionElement } from "./GridLimits.ts";
import { ZONE_COUNT } from "./zones.ts";

/** Largest difference of two zones' factors the integer arithmetic is proven for: 2 × 2^32 Wh × 10^6 stays below 2^53. */
const MAX_FACTOR_PARTS_PER_MILLION = 1_000_000;

/** Everything wrong with the limits, each fault naming its element; an empty list means they may be used. */
export function validateGridLimits(limits: GridLimits): string[] {
	const faults: string[] = [];
	const names = new Set<string>();
	for (const element of limits.elements) {
		if (names.has(element.name)) faults.push(`element ${element.name}: duplicate name`);
		names.add(element.name);
		faults.push(...elementFaults(element));
	}
	faults.push(...treeFaults(limits.nodes));
	if (limits.distributionLossPartsPerMillion.length !== ZONE_COUNT) {
		faults.push(`distributionLossPartsPerMillion: needs ${ZONE_COUNT} zones`);
	}
	limits.distributionLossPartsPerMillion.forEach((value, index) => {
		if (!isEnergy(value) || value > 1_000_000) faults.push(`distribution loss of zone ${index + 1}: ${value}`);
	});
	const cap = limits.lossCapPartsPerMillion;
	if (cap !== undefined && !(isEnergy(cap) && cap <= 1_000_000)) faults.push(`lossCapPartsPerMillion: ${cap}`);
	const rest = limits.unmonitoredLoss;
	if (rest) {
		const square =
			rest.quadraticPerWh.length === ZONE_COUNT && rest.quadraticPerWh.every((row) => row.length === ZONE_COUNT);
		if (!square || rest.linear.length !== ZONE_COUNT) faults.push(`unmonitoredLoss: needs ${ZONE_COUNT} zones`);
		if (![...rest.linear, ...rest.quadraticPerWh.flat()].every(Number.isFinite))
			faults.push("unmonitoredLoss: not finite");
	}
	return faults;
}

function elementFaults(element: TransmissionElement): string[] {
	const faults: string[] = [];
	const fault = (text: string) => faults.push(`element ${element.name}: ${text}`);
	if (element.name === "") fault("empty name");
	if (element.ptdfPartsPerMillion.length !== ZONE_COUNT) fault(`needs a factor for each of ${ZONE_COUNT} zones`);
	for (const factor of element.ptdfPartsPerMillion) {
		if (!Number.isSafeInteger(factor) || Math.abs(factor) > MAX_FACTOR_PARTS_PER_MILLION) fault(`factor ${factor}`);
	}
	if (!isEnergy(element.upWh)) fault(`upWh ${element.upWh}`);
	if (!isEnergy(element.downWh)) fault(`downWh ${element.downWh}`);
	if (!(element.lossCoefficientPerWh >= 0 && Number.isFinite(element.lossCoefficientPerWh))) fault("loss coefficient");
	if (!Number.isSafeInteger(element.referenceFlowWh)) fault(`referenceFlowWh ${element.referenceFlowWh}`);
	return faults;
}

function treeFaults(nodes: FeederNode[]): string[] {
	const faults: string[] = [];
	const byId = new Map<number, FeederNode>();
	for (const node of nodes) {
		if (!Number.isSafeInteger(node.nodeId) || node.nodeId < 1) faults.push(`node ${node.name}: id ${node.nodeId}`);
		if (byId.has(node.nodeId)) faults.push(`node ${node.name}: duplicate id ${node.nodeId}`);
		byId.set(node.nodeId, node);
		if (!(node.zoneId >= 1 && node.zoneId <= ZONE_COUNT)) faults.push(`node ${node.name}: zone ${node.zoneId}`);
		if (!isEnergy(node.exportWh)) faults.push(`node ${node.name}: exportWh ${node.exportWh}`);
		if (!isEnergy(node.importWh)) faults.push(`node ${node.name}: importWh ${node.importWh}`);
	}
	for (const node of nodes) {
		let at: FeederNode | undefined = node;
		for (let steps = 0; at && at.parentNodeId !== 0; steps++) {
			const parent: FeederNode | undefined = byId.get(at.parentNodeId);
			if (!parent) faults.push(`node ${at.name}: unknown parent ${at.parentNodeId}`);
			else if (parent.zoneId !== at.zoneId) faults.push(`node ${at.name}: its parent is in zone ${parent.zoneId}`);
			if (steps > nodes.length) {
				faults.push(`node ${node.name}: its parents form a circle`);
				break;
			}
			at = parent;
		}
	}
	return faults;
}

function isEnergy(value: number): boolean {
	return Number.isSafeInteger(value) && value >= 0;
}
