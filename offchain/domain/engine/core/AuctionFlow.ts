const ZONES = 16;

/**
 * The most that sellers' zones can give to buyers, each of whom can afford some of the zones. Promises: what `add`
 * grants is as much as can be granted without taking anything back from those before; earlier ones may be moved to
 * other zones they can afford.
 */
export class AuctionFlow {
	readonly #spareWh: Float64Array;
	#spareZones = 0;
	/** Buyers with the same affordable zones, and what they take by zone, Wh. */
	readonly #groups: number[] = [];
	readonly #flows: Float64Array[] = [];
	readonly #from = new Int32Array(ZONES);
	readonly #via: (Float64Array | null)[] = Array.from({ length: ZONES }, () => null);
	readonly #queue = new Int32Array(ZONES);

	/** `supplyWh`: by zone, `[zoneId − 1]`. */
	constructor(supplyWh: Float64Array) {
		this.#spareWh = new Float64Array(ZONES);
		for (let zone = 0; zone < ZONES; zone++) this.#addSpare(zone, supplyWh[zone] as number);
	}

	/** How much of it a buyer who can afford these zones (bit `zoneId − 1`) gets. */
	add(zones: number, wantedWh: number): number {
		const flow = this.#flowOf(zones);
		let leftWh = wantedWh;
		while (leftWh > 0) {
			const end = this.#find(zones);
			if (end < 0) break;
			const [start, wh] = this.#shift(end, leftWh);
			flow[start] = (flow[start] as number) + wh;
			leftWh -= wh;
		}
		return wantedWh - leftWh;
	}

	/** Takes back what one buyer was granted, for `claim` to give it from the zones he prefers. */
	giveBack(zones: number, grantedWh: number): void {
		const flow = this.#flowOf(zones);
		let leftWh = grantedWh;
		for (let zone = 0; zone < ZONES && leftWh > 0; zone++) {
			const wh = Math.min(leftWh, flow[zone] as number);
			flow[zone] = (flow[zone] as number) - wh;
			this.#addSpare(zone, wh);
			leftWh -= wh;
		}
	}

	/** For good, from this zone (0 to 15), moving others away as far as they stay served. */
	claim(zone: number, wantedWh: number): number {
		let leftWh = wantedWh;
		while (leftWh > 0) {
			const end = this.#find(1 << zone);
			if (end < 0) break;
			leftWh -= this.#shift(end, leftWh)[1];
		}
		return wantedWh - leftWh;
	}

	#flowOf(zones: number): Float64Array {
		const at = this.#groups.indexOf(zones);
		if (at >= 0) return this.#flows[at] as Float64Array;
		const flow = new Float64Array(ZONES);
		this.#groups.push(zones);
		this.#flows.push(flow);
		return flow;
	}

	#addSpare(zone: number, wh: number): void {
		const spare = (this.#spareWh[zone] as number) + wh;
		this.#spareWh[zone] = spare;
		if (spare > 0) this.#spareZones |= 1 << zone;
		else this.#spareZones &= ~(1 << zone);
	}

	/** A zone with something left that can be reached from one of these by moving buyers; -1 without one. */
	#find(zones: number): number {
		if (this.#spareZones === 0) return -1;
		const queue = this.#queue;
		let seen = zones;
		let length = 0;
		for (let zone = 0; zone < ZONES; zone++) {
			if ((zones & (1 << zone)) === 0) continue;
			this.#from[zone] = -1;
			queue[length++] = zone;
		}
		for (let at = 0; at < length; at++) {
			const zone = queue[at] as number;
			if ((this.#spareWh[zone] as number) > 0) return zone;
			for (let group = 0; group < this.#groups.length; group++) {
				const fresh = (this.#groups[group] as number) & ~seen;
				if (fresh === 0) continue;
				const flow = this.#flows[group] as Float64Array;
				if (flow[zone] === 0) continue;
				seen |= fresh;
				for (let next = 0; next < ZONES; next++) {
					if ((fresh & (1 << next)) === 0) continue;
					this.#from[next] = zone;
					this.#via[next] = flow;
					queue[length++] = next;
				}
			}
		}
		return -1;
	}

	/** Uses the way `#find` found: the zone it began at, and how much it carries. */
	#shift(end: number, mostWh: number): [start: number, wh: number] {
		let wh = Math.min(mostWh, this.#spareWh[end] as number);
		let start = end;
		for (let from = this.#from[start] as number; from >= 0; from = this.#from[start] as number) {
			wh = Math.min(wh, (this.#via[start] as Float64Array)[from] as number);
			start = from;
		}
		for (let to = end; to !== start; to = this.#from[to] as number) {
			const flow = this.#via[to] as Float64Array;
			const from = this.#from[to] as number;
			flow[from] = (flow[from] as number) - wh;
			flow[to] = (flow[to] as number) + wh;
		}
		this.#addSpare(end, -wh);
		return [start, wh];
	}
}
