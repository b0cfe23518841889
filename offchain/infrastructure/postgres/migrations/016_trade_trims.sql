-- What the full power flow took from trades before they were committed, and why.

CREATE TABLE trade_trims (
	sequence bigint NOT NULL,
	event_index integer NOT NULL,
	trade_id text NOT NULL,
	window_id bigint NOT NULL,
	trimmed_wh bigint NOT NULL CHECK (trimmed_wh > 0),
	kept_wh bigint NOT NULL CHECK (kept_wh >= 0),
	loss_wh bigint NOT NULL CHECK (loss_wh >= 0),
	element text NOT NULL,
	reason text NOT NULL,
	at_millis bigint NOT NULL,
	PRIMARY KEY (sequence, event_index)
);
-- The trims of a trade or of a window.
CREATE INDEX trade_trims_by_window ON trade_trims (window_id, trade_id);
COMMENT ON TABLE trade_trims IS 'Energy taken from trades before commitment because the grid does not carry it (TradeTrimmed). Never changed once written.';
COMMENT ON COLUMN trade_trims.sequence IS 'Input that brought it.';
COMMENT ON COLUMN trade_trims.event_index IS 'Place among the input''s events.';
COMMENT ON COLUMN trade_trims.trade_id IS 'The trade.';
COMMENT ON COLUMN trade_trims.window_id IS 'Delivery window.';
COMMENT ON COLUMN trade_trims.trimmed_wh IS 'Energy taken, Wh.';
COMMENT ON COLUMN trade_trims.kept_wh IS 'Energy the trade stands with afterwards, Wh; 0: it stands no more.';
COMMENT ON COLUMN trade_trims.loss_wh IS 'Loss of what is kept, Wh.';
COMMENT ON COLUMN trade_trims.element IS 'The element that would be overloaded.';
COMMENT ON COLUMN trade_trims.reason IS 'Reason code.';
COMMENT ON COLUMN trade_trims.at_millis IS 'Market time, unix milliseconds.';

-- A trim only ever makes a trade smaller.
CREATE FUNCTION project_trims(trims json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF trims IS NULL THEN
		RETURN;
	END IF;
	INSERT INTO trade_trims SELECT * FROM json_populate_recordset(NULL::trade_trims, trims);
	-- A trade undone in the same group was undone with all it had when the group began.
	WITH last AS MATERIALIZED (
		SELECT DISTINCT ON (trim.trade_id) trim.trade_id, trim.sequence, trim.kept_wh, trim.loss_wh, trim.reason,
			trades.energy_wh - trim.kept_wh AS taken_wh, trades.loss_wh - trim.loss_wh AS saved_wh,
			trades.window_id, sell_order_hash, buy_order_hash, buyer_price_sat_per_kwh, seller_price_sat_per_kwh
		FROM json_populate_recordset(NULL::trade_trims, trims) AS trim
		JOIN trades ON trades.trade_id = trim.trade_id AND trades.unwound_sequence IS NULL
		ORDER BY trim.trade_id, trim.sequence DESC, trim.event_index DESC
	), smaller_orders AS (
		UPDATE orders SET
			filled_wh = orders.filled_wh - taken.energy_wh,
			changed_sequence = taken.sequence,
			reason = coalesce(orders.reason, taken.reason),
			state = CASE
				WHEN orders.state = 'expired' THEN 'expired'
				WHEN orders.state = 'cancelled' OR orders.open_wh = 0 THEN 'cancelled'
				WHEN orders.filled_wh > taken.energy_wh THEN 'partiallyFilled'
				ELSE 'active' END
		FROM (
			SELECT side.order_hash, sum(taken_wh) AS energy_wh, max(sequence) AS sequence, min(reason) AS reason
			FROM last, LATERAL (VALUES (sell_order_hash), (buy_order_hash)) AS side(order_hash)
			GROUP BY side.order_hash
		) AS taken
		WHERE orders.order_hash = taken.order_hash
	), smaller_windows AS (
		UPDATE windows SET
			trade_count = windows.trade_count - delta.ended, energy_wh = windows.energy_wh - delta.energy_wh,
			loss_wh = windows.loss_wh - delta.loss_wh, buyer_msat = windows.buyer_msat - delta.buyer_msat,
			seller_msat = windows.seller_msat - delta.seller_msat, changed_sequence = delta.sequence
		FROM (
			SELECT window_id, count(*) FILTER (WHERE kept_wh = 0) AS ended, sum(taken_wh) AS energy_wh,
				sum(saved_wh) AS loss_wh, sum(taken_wh * buyer_price_sat_per_kwh) AS buyer_msat,
				sum(taken_wh * seller_price_sat_per_kwh) AS seller_msat, max(sequence) AS sequence
			FROM last GROUP BY window_id
		) AS delta
		WHERE windows.window_id = delta.window_id
	)
	UPDATE trades SET
		energy_wh = CASE WHEN last.kept_wh = 0 THEN trades.energy_wh ELSE last.kept_wh END,
		loss_wh = CASE WHEN last.kept_wh = 0 THEN trades.loss_wh ELSE last.loss_wh END,
		unwound_sequence = CASE WHEN last.kept_wh = 0 THEN last.sequence END,
		unwound_reason = CASE WHEN last.kept_wh = 0 THEN last.reason END
	FROM last WHERE trades.trade_id = last.trade_id;
END
$$;
COMMENT ON FUNCTION project_trims IS 'Makes trades, their orders and their window''s totals as small as trims say.';
