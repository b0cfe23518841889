-- The readable tables follow the log in a transaction of their own: a commit writes one row, and whoever waits for its
-- answer waits for that row alone. The cursor moves with the rows, so each input is projected exactly once.

CREATE TABLE projection_cursor (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	sequence bigint NOT NULL,
	moved_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO projection_cursor (sequence) SELECT coalesce(max(last_sequence), 0) FROM input_log;
COMMENT ON TABLE projection_cursor IS 'How far the readable tables are. One row, moved in the transaction that writes them.';
COMMENT ON COLUMN projection_cursor.only_row IS 'Keeps the table at one row.';
COMMENT ON COLUMN projection_cursor.sequence IS 'Last input whose effects are in the readable tables and the outbox.';
COMMENT ON COLUMN projection_cursor.moved_at IS 'Wall-clock time of the last move.';

COMMENT ON COLUMN input_log.inputs IS 'The inputs in the binary layout of inputCodec.ts; groups written before it: a JSON array, UTF-8.';

-- Rows change soon after they are written: room on their page spares the indexes.
ALTER TABLE orders SET (fillfactor = 70);
ALTER TABLE accounts SET (fillfactor = 50);
ALTER TABLE windows SET (fillfactor = 50);
-- Equality only, and four bytes an entry instead of sixty-six.
DROP INDEX trades_by_sell_order;
CREATE INDEX trades_by_sell_order ON trades USING hash (sell_order_hash);
DROP INDEX trades_by_buy_order;
CREATE INDEX trades_by_buy_order ON trades USING hash (buy_order_hash);
-- Engine time rises along the table.
DROP INDEX trades_by_time;
CREATE INDEX trades_by_time ON trades USING brin (executed_at_millis) WITH (pages_per_range = 32, autosummarize = on);

DROP FUNCTION commit_input_group;
CREATE FUNCTION append_input_group(
	leader_epoch bigint,
	group_first bigint,
	group_last bigint,
	group_at_millis bigint,
	group_inputs bytea,
	group_events bytea,
	group_log_hash bytea,
	group_request_ids text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	-- The share lock makes a new leader's epoch wait for this commit, or this commit see the new epoch.
	PERFORM FROM leadership WHERE epoch = leader_epoch FOR SHARE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'epoch % is no longer the leader''s', leader_epoch USING ERRCODE = 'GX001';
	END IF;
	IF group_first <> coalesce((SELECT max(last_sequence) FROM input_log), 0) + 1 THEN
		RAISE EXCEPTION 'input % does not follow the log', group_first USING ERRCODE = 'GX002';
	END IF;
	INSERT INTO input_log (first_sequence, last_sequence, epoch, at_millis, inputs, events, log_hash, request_ids)
	VALUES (group_first, group_last, leader_epoch, group_at_millis, group_inputs, group_events, group_log_hash,
		group_request_ids);
	-- Wakes the processes that follow the log; delivered with the commit, or not at all.
	NOTIFY input_log;
END
$$;
COMMENT ON FUNCTION append_input_group IS 'Writes one group of inputs to the log; GX001: overtaken leader, GX002: gap in the log.';

-- One statement: a client that freezes half-way holds no lock. False when the tables are elsewhere: somebody else wrote.
CREATE FUNCTION project_inputs(
	after_sequence bigint,
	last_projected bigint,
	placed_order_hash text[],
	placed_trader text[],
	placed_meter_id bigint[],
	placed_window_id bigint[],
	placed_side text[],
	placed_order_class text[],
	placed_time_in_force text[],
	placed_post_only boolean[],
	placed_self_trade_mode text[],
	placed_price_sat_per_kwh integer[],
	placed_energy_wh bigint[],
	placed_client_sequence bigint[],
	placed_epoch bigint[],
	placed_valid_until bigint[],
	placed_directive_id bigint[],
	placed_signature text[],
	placed_state text[],
	placed_reason text[],
	placed_detail text[],
	placed_filled_wh bigint[],
	placed_open_wh bigint[],
	placed_placed_sequence bigint[],
	placed_changed_sequence bigint[],
	placed_placed_at_millis bigint[],
	changed_order_hash text[],
	changed_filled_delta_wh bigint[],
	changed_matched_wh bigint[],
	changed_open_wh bigint[],
	changed_end_state text[],
	changed_reason text[],
	changed_changed_sequence bigint[],
	transition_sequence bigint[],
	transition_event_index integer[],
	transition_order_hash text[],
	transition_type text[],
	transition_reason text[],
	transition_energy_wh bigint[],
	transition_at_millis bigint[],
	executed_trade_id text[],
	executed_window_id bigint[],
	executed_sell_order_hash text[],
	executed_buy_order_hash text[],
	executed_seller text[],
	executed_buyer text[],
	executed_sell_meter_id bigint[],
	executed_buy_meter_id bigint[],
	executed_sell_zone_id integer[],
	executed_buy_zone_id integer[],
	executed_energy_wh bigint[],
	executed_loss_wh bigint[],
	executed_seller_price_sat_per_kwh integer[],
	executed_buyer_price_sat_per_kwh integer[],
	executed_taker_side text[],
	executed_sequence bigint[],
	executed_event_index integer[],
	executed_executed_at_millis bigint[],
	account_account text[],
	account_available_msat bigint[],
	account_reserved_msat bigint[],
	account_changed_sequence bigint[],
	unwound json,
	session_changes json,
	violations json,
	messages json
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	UPDATE projection_cursor SET sequence = last_projected, moved_at = now() WHERE sequence = after_sequence;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF cardinality(placed_order_hash) > 0 THEN
		INSERT INTO orders AS stored (
			order_hash, trader, meter_id, window_id, side, order_class, time_in_force, post_only, self_trade_mode,
			price_sat_per_kwh, energy_wh, client_sequence, epoch, valid_until, directive_id, signature, state, reason,
			detail, filled_wh, open_wh, placed_sequence, changed_sequence, placed_at_millis)
		SELECT * FROM unnest(
			placed_order_hash, placed_trader, placed_meter_id, placed_window_id, placed_side, placed_order_class,
			placed_time_in_force, placed_post_only, placed_self_trade_mode, placed_price_sat_per_kwh, placed_energy_wh,
			placed_client_sequence, placed_epoch, placed_valid_until, placed_directive_id, placed_signature, placed_state,
			placed_reason, placed_detail, placed_filled_wh, placed_open_wh, placed_placed_sequence, placed_changed_sequence,
			placed_placed_at_millis)
		ON CONFLICT (order_hash) DO UPDATE SET
			state = EXCLUDED.state, reason = EXCLUDED.reason, detail = EXCLUDED.detail,
			filled_wh = EXCLUDED.filled_wh, open_wh = EXCLUDED.open_wh, signature = EXCLUDED.signature,
			placed_sequence = EXCLUDED.placed_sequence, changed_sequence = EXCLUDED.changed_sequence,
			placed_at_millis = EXCLUDED.placed_at_millis
		-- A refused order may be sent again and be accepted; an accepted one is never replaced.
		WHERE stored.state = 'rejected';
	END IF;
	IF cardinality(changed_order_hash) > 0 THEN
		UPDATE orders SET
			filled_wh = orders.filled_wh + change.filled_delta_wh,
			open_wh = coalesce(change.open_wh, orders.open_wh - change.matched_wh),
			state = CASE
				WHEN change.end_state IS NOT NULL THEN change.end_state
				WHEN orders.state IN ('cancelled', 'expired') AND change.open_wh IS NULL THEN orders.state
				WHEN coalesce(change.open_wh, orders.open_wh - change.matched_wh) = 0 THEN
					CASE WHEN orders.filled_wh + change.filled_delta_wh = orders.energy_wh THEN 'completed' ELSE 'cancelled' END
				WHEN orders.filled_wh + change.filled_delta_wh > 0 THEN 'partiallyFilled'
				ELSE 'active' END,
			reason = coalesce(change.reason, orders.reason),
			changed_sequence = change.changed_sequence
		FROM unnest(
			changed_order_hash, changed_filled_delta_wh, changed_matched_wh, changed_open_wh, changed_end_state,
			changed_reason, changed_changed_sequence) AS change(
			order_hash, filled_delta_wh, matched_wh, open_wh, end_state, reason, changed_sequence)
		WHERE orders.order_hash = change.order_hash;
	END IF;
	IF cardinality(transition_sequence) > 0 THEN
		INSERT INTO order_events (
			sequence, event_index, order_hash, type, reason, energy_wh, at_millis)
		SELECT * FROM unnest(
			transition_sequence, transition_event_index, transition_order_hash, transition_type, transition_reason,
			transition_energy_wh, transition_at_millis);
	END IF;
	IF cardinality(executed_trade_id) > 0 THEN
		INSERT INTO trades (
			trade_id, window_id, sell_order_hash, buy_order_hash, seller, buyer, sell_meter_id, buy_meter_id, sell_zone_id,
			buy_zone_id, energy_wh, loss_wh, seller_price_sat_per_kwh, buyer_price_sat_per_kwh, taker_side, sequence,
			event_index, executed_at_millis)
		SELECT * FROM unnest(
			executed_trade_id, executed_window_id, executed_sell_order_hash, executed_buy_order_hash, executed_seller,
			executed_buyer, executed_sell_meter_id, executed_buy_meter_id, executed_sell_zone_id, executed_buy_zone_id,
			executed_energy_wh, executed_loss_wh, executed_seller_price_sat_per_kwh, executed_buyer_price_sat_per_kwh,
			executed_taker_side, executed_sequence, executed_event_index, executed_executed_at_millis);
	END IF;
	IF unwound IS NOT NULL THEN
		UPDATE trades SET unwound_sequence = undone.sequence, unwound_reason = undone.reason
		FROM json_to_recordset(unwound) AS undone(trade_id text, sequence bigint, reason text)
		WHERE trades.trade_id = undone.trade_id;
		UPDATE orders SET
			filled_wh = orders.filled_wh - fill.energy_wh,
			changed_sequence = fill.sequence,
			state = CASE
				WHEN orders.state IN ('cancelled', 'expired') OR orders.open_wh = 0 THEN
					CASE WHEN orders.state = 'expired' THEN 'expired' ELSE 'cancelled' END
				WHEN orders.filled_wh > fill.energy_wh THEN 'partiallyFilled'
				ELSE 'active' END
		FROM (
			SELECT side.order_hash, sum(trades.energy_wh) AS energy_wh, max(undone.sequence) AS sequence
			FROM json_to_recordset(unwound) AS undone(trade_id text, sequence bigint)
			JOIN trades USING (trade_id),
			LATERAL (VALUES (trades.sell_order_hash), (trades.buy_order_hash)) AS side(order_hash)
			GROUP BY side.order_hash
		) AS fill
		WHERE orders.order_hash = fill.order_hash;
	END IF;
	IF session_changes IS NOT NULL THEN
		INSERT INTO windows AS stored (window_id, session_state, changed_sequence)
		SELECT window_id, session_state, changed_sequence
		FROM json_to_recordset(session_changes) AS change(window_id bigint, session_state text, changed_sequence bigint)
		ON CONFLICT (window_id) DO UPDATE SET
			session_state = EXCLUDED.session_state,
			changed_sequence = greatest(stored.changed_sequence, EXCLUDED.changed_sequence);
	END IF;
	IF cardinality(executed_trade_id) > 0 OR unwound IS NOT NULL THEN
		WITH touched AS (
			SELECT * FROM unnest(
				executed_window_id, executed_energy_wh, executed_loss_wh, executed_buyer_price_sat_per_kwh,
				executed_seller_price_sat_per_kwh, executed_sequence, array_fill(1, ARRAY[cardinality(executed_trade_id)])
			) AS made(window_id, energy_wh, loss_wh, buyer_price, seller_price, sequence, sign)
			UNION ALL
			SELECT window_id, energy_wh, loss_wh, buyer_price_sat_per_kwh, seller_price_sat_per_kwh, undone.sequence, -1
			FROM json_to_recordset(coalesce(unwound, '[]')) AS undone(trade_id text, sequence bigint)
			JOIN trades USING (trade_id)
		), delta AS (
			SELECT
				window_id, sum(sign) AS trade_count, sum(sign * energy_wh) AS energy_wh, sum(sign * loss_wh) AS loss_wh,
				sum(sign * energy_wh * buyer_price) AS buyer_msat, sum(sign * energy_wh * seller_price) AS seller_msat,
				max(sequence) AS changed_sequence
			FROM touched
			GROUP BY window_id
		)
		MERGE INTO windows AS stored USING delta ON stored.window_id = delta.window_id
		WHEN MATCHED THEN UPDATE SET
			trade_count = stored.trade_count + delta.trade_count, energy_wh = stored.energy_wh + delta.energy_wh,
			loss_wh = stored.loss_wh + delta.loss_wh, buyer_msat = stored.buyer_msat + delta.buyer_msat,
			seller_msat = stored.seller_msat + delta.seller_msat,
			changed_sequence = greatest(stored.changed_sequence, delta.changed_sequence)
		WHEN NOT MATCHED THEN INSERT
			(window_id, trade_count, energy_wh, loss_wh, buyer_msat, seller_msat, changed_sequence)
			VALUES (delta.window_id, delta.trade_count, delta.energy_wh, delta.loss_wh, delta.buyer_msat, delta.seller_msat,
				delta.changed_sequence);
	END IF;
	IF cardinality(account_account) > 0 THEN
		INSERT INTO accounts (account, available_msat, reserved_msat, changed_sequence)
		SELECT * FROM unnest(account_account, account_available_msat, account_reserved_msat, account_changed_sequence)
		ON CONFLICT (account) DO UPDATE SET
			available_msat = EXCLUDED.available_msat, reserved_msat = EXCLUDED.reserved_msat,
			changed_sequence = EXCLUDED.changed_sequence;
	END IF;
	IF violations IS NOT NULL THEN
		INSERT INTO grid_violations SELECT * FROM json_populate_recordset(NULL::grid_violations, violations);
	END IF;
	IF messages IS NOT NULL THEN
		INSERT INTO outbox (topic, dedupe_key, payload)
		SELECT topic, dedupe_key, payload
		FROM json_to_recordset(messages) AS message(topic text, dedupe_key text, payload jsonb)
		ON CONFLICT (topic, dedupe_key) DO NOTHING;
	END IF;
	RETURN true;
END
$$;
COMMENT ON FUNCTION project_inputs IS 'Writes the effects of the inputs behind the cursor and moves it; false when the cursor is elsewhere.';
