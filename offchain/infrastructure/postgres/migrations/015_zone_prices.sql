-- Prices of the last network solution of each window.

CREATE TABLE zone_prices (
	window_id bigint PRIMARY KEY,
	zone_price_sat_per_kwh integer[] NOT NULL,
	congestion_sat_per_kwh integer[] NOT NULL,
	congestion_points jsonb NOT NULL,
	solved_at_millis bigint NOT NULL
);
COMMENT ON TABLE zone_prices IS 'Locational prices of windows, as last solved before their gates; what every node tells.';
COMMENT ON COLUMN zone_prices.window_id IS 'Delivery window.';
COMMENT ON COLUMN zone_prices.zone_price_sat_per_kwh IS 'Worth of one more kWh by zone, sat/kWh.';
COMMENT ON COLUMN zone_prices.congestion_sat_per_kwh IS 'What congestion adds to a zone or takes off it, sat/kWh.';
COMMENT ON COLUMN zone_prices.congestion_points IS 'Elements at their limit with their shadow prices, largest first.';
COMMENT ON COLUMN zone_prices.solved_at_millis IS 'Market time of the solution, unix milliseconds.';
