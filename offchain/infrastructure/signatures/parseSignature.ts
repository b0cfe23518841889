/** Half the curve order: a signature with s above it is the malleable twin of another one and is refused. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

export type ParsedSignature = { rs: Uint8Array; recovery: 0 | 1 };

/** Takes 64 bytes (ERC-2098) or 65 bytes (v = 27 or 28); null for anything else, high s included. */
export function parseSignature(bytes: Uint8Array): ParsedSignature | null {
	if (bytes.length === 64) return parseCompact(bytes);
	if (bytes.length !== 65) return null;
	const v = bytes[64];
	if (v !== 27 && v !== 28) return null;
	const rs = bytes.slice(0, 64);
	return isLowS(rs) ? { rs, recovery: v === 28 ? 1 : 0 } : null;
}

/** The highest bit of s carries the recovery bit; what remains must still be low. */
function parseCompact(bytes: Uint8Array): ParsedSignature | null {
	const rs = bytes.slice();
	const recovery = (rs[32] as number) >= 0x80 ? 1 : 0;
	rs[32] = (rs[32] as number) & 0x7f;
	return isLowS(rs) ? { rs, recovery } : null;
}

/** Packs r ‖ s and the recovery bit into the 64 bytes of ERC-2098. */
export function compactSignature(rs: Uint8Array, recovery: 0 | 1): Uint8Array {
	const bytes = rs.slice();
	if (recovery === 1) bytes[32] = (bytes[32] as number) | 0x80;
	return bytes;
}

function isLowS(rs: Uint8Array): boolean {
	const first = rs[32] as number;
	if (first < 0x7f) return true;
	let s = 0n;
	for (let index = 32; index < 64; index++) s = (s << 8n) | BigInt(rs[index] as number);
	return s <= HALF_ORDER;
}
