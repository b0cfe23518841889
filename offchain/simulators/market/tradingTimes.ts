/** Seconds before delivery at which simulated participants are busy, and the gates they keep clear of. */
export const TRADING_LEAD_SECONDS = 50 * 60;
export const CROSS_ZONE_GATE_SECONDS = 15 * 60;
export const GATE_CLOSURE_SECONDS = 5 * 60;
