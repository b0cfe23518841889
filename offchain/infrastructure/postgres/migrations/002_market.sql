-- What the engine decided, readable: written in the same transaction as the log.

CREATE TABLE orders (
	order_hash text PRIMARY KEY CHECK (length(order_hash) = 66),
	trader text NOT NULL,
	meter_id bigint NOT NULL,
	window_id bigint NOT NULL,
	side text NOT NULL CHECK (side IN ('buy', 'sell')),
	order_class text NOT NULL,
	time_in_force text NOT NULL,
	post_only boolean NOT NULL,
	self_trade_mode text NOT NULL,
	price_sat_per_kwh integer NOT NULL,
	energy_wh bigint NOT NULL,
	client_sequence bigint NOT NULL,
	epoch bigint NOT NULL,
	valid_until bigint NOT NULL,
	directive_id bigint NOT NULL,
	signature text NOT NULL,
	state text NOT NULL CHECK (state IN ('active', 'partiallyFilled', 'completed', 'cancelled', 'expired', 'rejected')),
	reason text,
	detail text,
	filled_wh bigint NOT NULL DEFAULT 0,
	open_wh bigint NOT NULL DEFAULT 0,
	placed_sequence bigint NOT NULL,
	changed_sequence bigint NOT NULL,
	placed_at_millis bigint NOT NULL,
	CONSTRAINT no_overfill CHECK (filled_wh >= 0 AND open_wh >= 0 AND (state = 'rejected' OR filled_wh + open_wh <= energy_wh))
);
-- Order history of an account, newest first; and of a window.
CREATE INDEX orders_by_trader ON orders (trader, placed_sequence DESC);
CREATE INDEX orders_by_window ON orders (window_id, placed_sequence DESC);
COMMENT ON TABLE orders IS 'Signed orders and where they stand.';
COMMENT ON COLUMN orders.order_hash IS 'EIP-712 hash: the order''s identity everywhere, 0x and 64 hex digits.';
COMMENT ON COLUMN orders.trader IS 'Wallet that signed, lower-case hex.';
COMMENT ON COLUMN orders.meter_id IS 'Meter the energy is metered at.';
COMMENT ON COLUMN orders.window_id IS 'Delivery window: floor(unix seconds / 900).';
COMMENT ON COLUMN orders.side IS 'buy or sell.';
COMMENT ON COLUMN orders.order_class IS 'limit, market, gridBalancing or emergency.';
COMMENT ON COLUMN orders.time_in_force IS 'gtc, gtt, ioc or fok.';
COMMENT ON COLUMN orders.post_only IS 'Never takes.';
COMMENT ON COLUMN orders.self_trade_mode IS 'cancelNewest, cancelOldest or cancelBoth.';
COMMENT ON COLUMN orders.price_sat_per_kwh IS 'Limit, sat/kWh: all-in for a buyer, net for a seller.';
COMMENT ON COLUMN orders.energy_wh IS 'Energy ordered, Wh delivered to the buyer.';
COMMENT ON COLUMN orders.client_sequence IS 'The trader''s own number, unique per account and window.';
COMMENT ON COLUMN orders.epoch IS 'The account''s cancel-all counter the order was signed under.';
COMMENT ON COLUMN orders.valid_until IS 'Unix seconds; 0 unless good-till-time.';
COMMENT ON COLUMN orders.directive_id IS 'Executed directive an emergency or balancing order acts under; 0 otherwise.';
COMMENT ON COLUMN orders.signature IS 'The wallet''s signature, hex.';
COMMENT ON COLUMN orders.state IS 'active, partiallyFilled, completed, cancelled, expired or rejected.';
COMMENT ON COLUMN orders.reason IS 'Reason code of a rejection, cancellation or expiry.';
COMMENT ON COLUMN orders.detail IS 'The reason in words, for the trader.';
COMMENT ON COLUMN orders.filled_wh IS 'Sum of fills that still stand, Wh.';
COMMENT ON COLUMN orders.open_wh IS 'Still in the book, Wh.';
COMMENT ON COLUMN orders.placed_sequence IS 'Input that placed the order.';
COMMENT ON COLUMN orders.changed_sequence IS 'Input that last changed it.';
COMMENT ON COLUMN orders.placed_at_millis IS 'Engine time of placement, ms since the Unix epoch.';
COMMENT ON CONSTRAINT no_overfill ON orders IS 'Energy filled and open never exceeds what was signed.';

CREATE TABLE order_events (
	sequence bigint NOT NULL,
	event_index integer NOT NULL,
	order_hash text NOT NULL,
	type text NOT NULL,
	reason text,
	energy_wh bigint,
	at_millis bigint NOT NULL,
	PRIMARY KEY (sequence, event_index, order_hash)
);
-- History of one order.
CREATE INDEX order_events_by_order ON order_events (order_hash, sequence, event_index);
COMMENT ON TABLE order_events IS 'Every transition of every order, in log order.';
COMMENT ON COLUMN order_events.sequence IS 'Input that caused it.';
COMMENT ON COLUMN order_events.event_index IS 'Place among the events of that input.';
COMMENT ON COLUMN order_events.order_hash IS 'The order.';
COMMENT ON COLUMN order_events.type IS 'Event name, as in the feed.';
COMMENT ON COLUMN order_events.reason IS 'Reason code where the event has one.';
COMMENT ON COLUMN order_events.energy_wh IS 'Energy concerned, Wh.';
COMMENT ON COLUMN order_events.at_millis IS 'Engine time, ms since the Unix epoch.';

CREATE TABLE trades (
	trade_id text PRIMARY KEY,
	window_id bigint NOT NULL,
	sell_order_hash text NOT NULL,
	buy_order_hash text NOT NULL,
	seller text NOT NULL,
	buyer text NOT NULL,
	sell_meter_id bigint NOT NULL,
	buy_meter_id bigint NOT NULL,
	sell_zone_id smallint NOT NULL,
	buy_zone_id smallint NOT NULL,
	energy_wh bigint NOT NULL CHECK (energy_wh > 0),
	loss_wh bigint NOT NULL CHECK (loss_wh >= 0),
	seller_price_sat_per_kwh integer NOT NULL,
	buyer_price_sat_per_kwh integer NOT NULL,
	taker_side text NOT NULL CHECK (taker_side IN ('buy', 'sell')),
	sequence bigint NOT NULL,
	event_index integer NOT NULL,
	executed_at_millis bigint NOT NULL,
	unwound_sequence bigint,
	unwound_reason text,
	CONSTRAINT no_subsidy CHECK (buyer_price_sat_per_kwh >= seller_price_sat_per_kwh)
);
-- The plan of a window, and its last trades; an account's trades on either side; fills of an order.
CREATE INDEX trades_by_window ON trades (window_id, sequence, event_index);
CREATE INDEX trades_by_seller ON trades (seller, sequence DESC);
CREATE INDEX trades_by_buyer ON trades (buyer, sequence DESC);
CREATE INDEX trades_by_sell_order ON trades (sell_order_hash);
CREATE INDEX trades_by_buy_order ON trades (buy_order_hash);
-- Candles.
CREATE INDEX trades_by_time ON trades (executed_at_millis);
COMMENT ON TABLE trades IS 'Fills between a sell and a buy order.';
COMMENT ON COLUMN trades.trade_id IS '(input sequence, index within it), unique for ever.';
COMMENT ON COLUMN trades.window_id IS 'Delivery window.';
COMMENT ON COLUMN trades.sell_order_hash IS 'The seller''s order.';
COMMENT ON COLUMN trades.buy_order_hash IS 'The buyer''s order.';
COMMENT ON COLUMN trades.seller IS 'The seller''s account.';
COMMENT ON COLUMN trades.buyer IS 'The buyer''s account.';
COMMENT ON COLUMN trades.sell_meter_id IS 'Meter that injects.';
COMMENT ON COLUMN trades.buy_meter_id IS 'Meter that withdraws.';
COMMENT ON COLUMN trades.sell_zone_id IS 'Zone of injection.';
COMMENT ON COLUMN trades.buy_zone_id IS 'Zone of withdrawal.';
COMMENT ON COLUMN trades.energy_wh IS 'Energy delivered to the buyer, Wh.';
COMMENT ON COLUMN trades.loss_wh IS 'Energy the seller injects on top, Wh.';
COMMENT ON COLUMN trades.seller_price_sat_per_kwh IS 'What the seller receives, sat/kWh.';
COMMENT ON COLUMN trades.buyer_price_sat_per_kwh IS 'What the buyer pays, sat/kWh; the difference is charges.';
COMMENT ON COLUMN trades.taker_side IS 'Which side arrived last.';
COMMENT ON COLUMN trades.sequence IS 'Input that caused the trade.';
COMMENT ON COLUMN trades.event_index IS 'Place among the events of that input.';
COMMENT ON COLUMN trades.executed_at_millis IS 'Engine time, ms since the Unix epoch.';
COMMENT ON COLUMN trades.unwound_sequence IS 'Input that undid the trade before commitment; null while it stands.';
COMMENT ON COLUMN trades.unwound_reason IS 'Why it was undone.';
COMMENT ON CONSTRAINT no_subsidy ON trades IS 'A trade never pays the seller more than the buyer pays.';

CREATE TABLE windows (
	window_id bigint PRIMARY KEY,
	session_state text NOT NULL DEFAULT 'scheduled',
	trade_count bigint NOT NULL DEFAULT 0 CHECK (trade_count >= 0),
	energy_wh bigint NOT NULL DEFAULT 0 CHECK (energy_wh >= 0),
	loss_wh bigint NOT NULL DEFAULT 0 CHECK (loss_wh >= 0),
	buyer_msat bigint NOT NULL DEFAULT 0 CHECK (buyer_msat >= 0),
	seller_msat bigint NOT NULL DEFAULT 0 CHECK (seller_msat >= 0),
	changed_sequence bigint NOT NULL
);
COMMENT ON TABLE windows IS 'Delivery windows: trading session and totals of the trades that stand.';
COMMENT ON COLUMN windows.window_id IS 'floor(unix seconds / 900).';
COMMENT ON COLUMN windows.session_state IS 'State of the trading session, as in SessionStateChanged.';
COMMENT ON COLUMN windows.trade_count IS 'Trades that stand.';
COMMENT ON COLUMN windows.energy_wh IS 'Energy sold, Wh.';
COMMENT ON COLUMN windows.loss_wh IS 'Losses of the trades, Wh.';
COMMENT ON COLUMN windows.buyer_msat IS 'What buyers owe if all is delivered, msat.';
COMMENT ON COLUMN windows.seller_msat IS 'What sellers get if all is delivered, msat.';
COMMENT ON COLUMN windows.changed_sequence IS 'Input that last changed the row.';

CREATE TABLE accounts (
	account text PRIMARY KEY,
	available_msat bigint NOT NULL CHECK (available_msat >= 0),
	reserved_msat bigint NOT NULL CHECK (reserved_msat >= 0),
	changed_sequence bigint NOT NULL
);
COMMENT ON TABLE accounts IS 'Collateral by account as the engine keeps it.';
COMMENT ON COLUMN accounts.account IS 'Wallet, lower-case hex.';
COMMENT ON COLUMN accounts.available_msat IS 'Free to trade or withdraw, msat.';
COMMENT ON COLUMN accounts.reserved_msat IS 'Held for open orders and unsettled trades, msat.';
COMMENT ON COLUMN accounts.changed_sequence IS 'Input that last changed the row.';

CREATE TABLE grid_violations (
	sequence bigint NOT NULL,
	event_index integer NOT NULL,
	window_id bigint NOT NULL,
	element text NOT NULL,
	requested_wh bigint NOT NULL,
	admitted_wh bigint NOT NULL,
	order_hash text NOT NULL,
	PRIMARY KEY (sequence, event_index)
);
-- What limited a window.
CREATE INDEX grid_violations_by_window ON grid_violations (window_id);
COMMENT ON TABLE grid_violations IS 'Fills trimmed because a grid element had no headroom left (GridConstraintViolation).';
COMMENT ON COLUMN grid_violations.sequence IS 'Input that caused it.';
COMMENT ON COLUMN grid_violations.event_index IS 'Place among the events of that input.';
COMMENT ON COLUMN grid_violations.window_id IS 'Delivery window.';
COMMENT ON COLUMN grid_violations.element IS 'Line, transformer or feeder that limits.';
COMMENT ON COLUMN grid_violations.requested_wh IS 'Energy wanted, Wh.';
COMMENT ON COLUMN grid_violations.admitted_wh IS 'Energy admitted, Wh.';
COMMENT ON COLUMN grid_violations.order_hash IS 'Order that was trimmed.';
