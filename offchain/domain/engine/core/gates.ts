/** Gates of a delivery window relative to its start (SPEC M8). */
export const OPENS_BEFORE_DELIVERY_DAY_SECONDS = 8 * 3600;
export const CROSS_ZONE_GATE_SECONDS = 15 * 60;
export const GATE_CLOSURE_SECONDS = 5 * 60;
/** Orders of ended windows are remembered this long, so that a late repetition changes nothing. */
export const WINDOWS_REMEMBERED = 96;
