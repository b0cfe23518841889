/** Lower-case hex strings: `Address` 20 bytes, `Hash32` 32 bytes, `Hex` any length. */
export type Hex = `0x${string}`;
export type Address = Hex;
export type Hash32 = Hex;
