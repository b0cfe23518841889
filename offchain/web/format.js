/** Figures and times for people. The market's time is Thai time, UTC+7, whatever the browser's is. */
const WINDOW_SECONDS = 900;
const ICT_MILLIS = 7 * 3600 * 1000;

function thai(millis) {
	return new Date(millis + ICT_MILLIS).toISOString();
}

export const thaiDate = (millis) => thai(millis).slice(0, 10);
export const thaiTime = (millis) => thai(millis).slice(11, 19);
export const thaiMinute = (millis) => thai(millis).slice(11, 16);
export const windowMillis = (windowId) => windowId * WINDOW_SECONDS * 1000;
export const windowTime = (windowId) => thaiMinute(windowMillis(windowId));
export const windowSpan = (windowId) => `${windowTime(windowId)}–${windowTime(windowId + 1)}`;

export function kiloWattHours(energyWh) {
	return decimal(energyWh / 1000, 1);
}

export function decimal(value, digits = 0) {
	return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function energy(energyWh) {
	return energyWh >= 10_000_000 ? `${(energyWh / 1_000_000).toFixed(1)} MWh` : `${kiloWattHours(energyWh)} kWh`;
}

export function baht(satPerKwh, satoshiPerThb) {
	return (satPerKwh / satoshiPerThb).toFixed(2);
}

export function countdown(seconds) {
	const rest = Math.max(0, Math.floor(seconds));
	const minutes = String(Math.floor(rest / 60)).padStart(2, "0");
	return `${minutes}:${String(rest % 60).padStart(2, "0")}`;
}
