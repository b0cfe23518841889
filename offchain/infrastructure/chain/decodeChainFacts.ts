import { decodeEventLog, type Hex } from "viem";
import { AUTHORITIES, type ChainFactBody, DIRECTIVE_KINDS } from "../../domain/engine/EngineInput.ts";
import { ENERGY_SOURCES } from "../../domain/grid/energySource.ts";
import type { Address } from "../../domain/units/Address.ts";
import { amountMsat } from "../../domain/units/units.ts";
import type { Deployment } from "./Deployment.ts";
import { eventAbi } from "./protocolAbi.ts";

/** The part of a log that carries its meaning. */
export type ChainLog = { address: Hex; topics: readonly Hex[]; data: Hex };

/**
 * What a log of the protocol tells the engine; nothing for logs of other contracts and for events the engine does not
 * need. A window settled in several chunks gives one `WindowSettled` per chunk, all but the last marked `partial`.
 */
export function decodeChainFacts(log: ChainLog, { addresses }: Pick<Deployment, "addresses">): ChainFactBody[] {
	const own = Object.values(addresses).some((address) => address.toLowerCase() === log.address.toLowerCase());
	const event = own ? decodeProtocolEvent(log) : undefined;
	if (event === undefined) return [];
	switch (event.eventName) {
		case "Deposited":
			return [{ kind: "Deposited", account: lower(event.args.account), amountMsat: msat(event.args.amountMsat) }];
		case "Withdrawn": {
			const account = lower(event.args.account);
			const withdrawn = { kind: "Withdrawn", account, amountMsat: msat(event.args.amountMsat) } as const;
			// A completed exit also ends the request: the account may come back.
			return event.args.exit ? [withdrawn, { kind: "ExitCancelled", account }] : [withdrawn];
		}
		case "ExitRequested":
			return [
				{
					kind: "ExitRequested",
					account: lower(event.args.account),
					effectiveWindow: event.args.effectiveWindow,
				},
			];
		case "ExitCancelled":
			return [{ kind: "ExitCancelled", account: lower(event.args.account) }];
		case "EpochRaised":
			return [
				{
					kind: "EpochRaised",
					account: lower(event.args.account),
					epoch: event.args.epoch,
					effectiveWindow: event.args.effectiveWindow,
				},
			];
		case "ParticipantLicensed":
			return [
				{
					kind: "ParticipantLicensed",
					account: lower(event.args.account),
					tier: event.args.tier,
					validUntil: event.args.validUntil,
				},
			];
		case "LicenceRevoked":
			return [{ kind: "LicenceRevoked", account: lower(event.args.account) }];
		case "MeterRegistered":
			return [
				{
					kind: "MeterRegistered",
					meterId: event.args.meterId,
					owner: lower(event.args.owner),
					zoneId: event.args.zoneId,
					source: at(ENERGY_SOURCES, event.args.source),
					maxWindowWh: event.args.maxWindowWh,
					nodeId: event.args.nodeId,
				},
			];
		case "MeterDeactivated":
			return [{ kind: "MeterDeactivated", meterId: event.args.meterId }];
		case "DirectiveSet":
			return [
				{
					kind: "DirectiveSet",
					directive: {
						directiveId: event.args.directiveId,
						authority: at(AUTHORITIES, event.args.authority),
						kind: at(DIRECTIVE_KINDS, event.args.kind),
						zoneId: event.args.zoneId,
						fromWindow: event.args.fromWindow,
						toWindow: event.args.toWindow,
						value: Number(event.args.value),
						reasonHash: event.args.reasonHash,
					},
				},
			];
		case "DirectiveLifted":
			return [{ kind: "DirectiveLifted", directiveId: event.args.directiveId }];
		case "WindowCommitted":
			return [{ kind: "WindowCommitted", windowId: event.args.windowId }];
		case "BalancesSettled": {
			const settled = { windowId: event.args.windowId, deltas: decodeDeltas(event.args.deltas) };
			return [{ kind: "WindowSettled", ...settled, ...(event.args.last ? {} : { partial: true }) }];
		}
		case "WindowVoided":
			return [{ kind: "WindowVoided", windowId: event.args.windowId }];
		case "WindowExpired":
			return [{ kind: "WindowExpired", windowId: event.args.windowId }];
		default:
			return [];
	}
}

/** A protocol event by name; undefined for anything else. */
export function decodeProtocolEvent(log: ChainLog) {
	try {
		return decodeEventLog({ abi: eventAbi, topics: log.topics as [Hex, ...Hex[]], data: log.data, strict: true });
	} catch {
		return undefined;
	}
}

/** 32 bytes each: 20 bytes account, 12 bytes change in msat, two's complement. */
export function decodeDeltas(deltas: Hex): { account: Address; deltaMsat: number }[] {
	const decoded: { account: Address; deltaMsat: number }[] = [];
	for (let at = 2; at + 64 <= deltas.length; at += 64) {
		const account: Address = `0x${deltas.slice(at, at + 40)}`;
		decoded.push({ account, deltaMsat: msat(BigInt.asIntN(96, BigInt(`0x${deltas.slice(at + 40, at + 64)}`))) });
	}
	return decoded;
}

function msat(amount: bigint): number {
	return amountMsat(Number(amount));
}

function lower(address: string): Address {
	return address.toLowerCase() as Address;
}

function at<Item>(list: readonly Item[], index: number): Item {
	const item = list[index];
	if (item === undefined) throw new RangeError(`no entry ${index} in ${list.join(", ")}`);
	return item;
}
