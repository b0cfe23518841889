import { once } from "node:events";
import { createReadStream, readFileSync } from "node:fs";
import { Command } from "commander";
import { CommandCsvError } from "../infrastructure/engine/replay/CommandCsv.ts";
import { CommandReplay } from "../infrastructure/engine/replay/CommandReplay.ts";
import { parseAdders } from "../infrastructure/engine/replay/parseAdders.ts";
import { CliError, EXIT } from "./CliError.ts";
import { formatTable } from "./formatTable.ts";

const CHUNK_BYTES = 1 << 20;
const LEVELS_SHOWN = 10;

/** `gridtokenx engine …` */
export function engineCommand(): Command {
	const engine = new Command("engine").description("the matching engine by itself");
	engine
		.command("replay")
		.description("commands from a CSV file through the order book: trades, depth, refusals, state hash")
		.argument("<file>", "columns op,orderId,owner,side,type,tif,price,quantityWh,zone,renewable; a header row")
		.option("--adders <file>", "what zone pairs add to the price: JSON matrix or sellZone,buyZone,adder lines")
		.option("--json", "one JSON value on standard output")
		.action(async (file: string, options: { adders?: string; json?: boolean }, command: Command) => {
			const isJson = options.json === true || command.optsWithGlobals<{ json?: boolean }>().json === true;
			const { replay, seconds } = await replayFile(file, options.adders);
			if (isJson) return printJson(replay);
			process.stdout.write(summary(replay, seconds));
		});
	return engine;
}

async function replayFile(file: string, addersFile?: string): Promise<{ replay: CommandReplay; seconds: number }> {
	const replay = new CommandReplay(addersFile === undefined ? [] : readAdders(addersFile));
	const started = performance.now();
	try {
		for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) replay.push(chunk as Uint8Array);
		replay.end();
	} catch (error) {
		if (error instanceof CommandCsvError) throw new CliError(`${file}: ${error.message}.`, EXIT.usage);
		throw readingFailed(file, error);
	}
	return { replay, seconds: (performance.now() - started) / 1000 };
}

function readAdders(file: string): number[] {
	try {
		return parseAdders(readFileSync(file, "utf8"));
	} catch (error) {
		if (error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError) {
			throw new CliError(`${file} does not hold adders: ${error.message}.`, EXIT.usage);
		}
		throw readingFailed(file, error);
	}
}

function readingFailed(file: string, error: unknown): unknown {
	const { code } = error as NodeJS.ErrnoException;
	return typeof code === "string" && code.startsWith("E")
		? new CliError(`${file} cannot be read: ${code}.`, EXIT.usage)
		: error;
}

/** Piece by piece: a million trades are no single string. */
async function printJson(replay: CommandReplay): Promise<void> {
	const write = async (text: string) => {
		if (!process.stdout.write(text)) await once(process.stdout, "drain");
	};
	await write('{"trades":[');
	for (const piece of replay.trades.jsonPieces()) await write(piece);
	const { bids, asks } = replay.depth();
	await write(`],"bids":${JSON.stringify(bids)},"asks":${JSON.stringify(asks)}`);
	await write(`,"rejects":${JSON.stringify(replay.rejects)},"stateHash":"${replay.stateHash()}"}\n`);
}

function summary(replay: CommandReplay, seconds: number): string {
	const { bids, asks } = replay.depth();
	const rows = Array.from({ length: Math.min(LEVELS_SHOWN, Math.max(bids.length, asks.length)) }, (_, row) => [
		bids[row]?.[1] ?? "",
		bids[row]?.[0] ?? "",
		asks[row]?.[0] ?? "",
		asks[row]?.[1] ?? "",
	]);
	const codes = new Map<string, number>();
	for (const [, code] of replay.rejects) codes.set(code, (codes.get(code) ?? 0) + 1);
	const rate = Math.round(replay.commands / seconds);
	return [
		`${replay.commands} commands, ${replay.trades.length} trades, ${replay.rejects.length} refusals in ${seconds.toFixed(2)} s (${rate} commands/s)`,
		...[...codes].map(([code, count]) => `  ${code} ${count}`),
		formatTable(["Wh", "bids", "asks", "Wh"], rows),
		`state hash ${replay.stateHash()}`,
		"",
	].join("\n");
}
