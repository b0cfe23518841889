import type { LimitReach } from "../../grid/WindowHeadroom.ts";
import type { AuctionRanks } from "./AuctionRanks.ts";

const ZONES = 16;

/** Zone (0 to 15) and number of a place on its side. */
export type AuctionPlace = { zone: number; place: number };

/** What the grid has refused in one pass of an auction, for everybody it reaches. */
export class AuctionRefusals {
	readonly #sellPlaceCount: number;
	/** By buyers' zone: a bit for each sellers' zone. */
	readonly #zones = new Int32Array(ZONES);
	/** By buyers' place: each sellers' place, 1 where it is refused. */
	readonly #places: (Uint8Array | undefined)[];
	/** By place: 1 where its feeder lets nothing out of the zone, or into it. */
	readonly #fullSellPlaces: Uint8Array;
	readonly #fullBuyPlaces: Uint8Array;

	constructor({ sellPlaceCount, buyPlaceCount }: AuctionRanks) {
		this.#sellPlaceCount = sellPlaceCount;
		this.#places = new Array(buyPlaceCount);
		this.#fullSellPlaces = new Uint8Array(sellPlaceCount);
		this.#fullBuyPlaces = new Uint8Array(buyPlaceCount);
	}

	add(reach: Exclude<LimitReach, "amount">, sell: AuctionPlace, buy: AuctionPlace): void {
		if (reach === "zones") {
			this.#zones[buy.zone] = (this.#zones[buy.zone] as number) | (1 << sell.zone);
			return;
		}
		if (reach !== "buyer") this.#fullSellPlaces[sell.place] = 1;
		if (reach !== "seller") this.#fullBuyPlaces[buy.place] = 1;
		this.#places[buy.place] ??= new Uint8Array(this.#sellPlaceCount);
		(this.#places[buy.place] as Uint8Array)[sell.place] = 1;
	}

	/** Whether the buyer gets nothing from the zone. */
	ofZone(sellZone: number, buy: AuctionPlace): boolean {
		if (sellZone !== buy.zone && this.#fullBuyPlaces[buy.place] === 1) return true;
		return ((this.#zones[buy.zone] as number) & (1 << sellZone)) !== 0;
	}

	/** Whether he gets nothing from this place, of a zone he may get something from. */
	ofPlace(sell: AuctionPlace, buy: AuctionPlace): boolean {
		if (sell.zone !== buy.zone && this.#fullSellPlaces[sell.place] === 1) return true;
		return this.#places[buy.place]?.[sell.place] === 1;
	}
}
