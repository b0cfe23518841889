-- The history of orders is the largest part of a commit: columns as arrays instead of JSON, and one slim index.

-- The log's own gapless order keeps a group from being written twice; the key beside it cost as much as the row.
ALTER TABLE order_events DROP CONSTRAINT order_events_pkey;
DROP INDEX order_events_by_order;
-- History of one order: eight bytes an entry instead of sixty-six.
CREATE INDEX order_events_by_order ON order_events (hashtextextended(order_hash, 0));
-- Retention.
CREATE INDEX order_events_by_sequence ON order_events USING brin (sequence);

DROP FUNCTION commit_input_group;
CREATE FUNCTION commit_input_group(
	leader_epoch bigint,
	group_first bigint,
	group_last bigint,
	group_at_millis bigint,
	group_inputs bytea,
	group_events bytea,
	group_log_hash bytea,
	placed json,
	changed json,
	executed json,
	unwound json,
	session_changes json,
	account_changes json,
	violations json,
	messages json,
	group_request_ids text[],
	event_sequences bigint[],
	event_indexes integer[],
	event_orders text[],
	event_types text[],
	event_reasons text[],
	event_energies bigint[],
	event_times bigint[]
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

	IF placed IS NOT NULL THEN
		INSERT INTO orders AS stored
		SELECT * FROM json_populate_recordset(NULL::orders, placed)
		ON CONFLICT (order_hash) DO UPDATE SET
			state = EXCLUDED.state, reason = EXCLUDED.reason, detail = EXCLUDED.detail,
			filled_wh = EXCLUDED.filled_wh, open_wh = EXCLUDED.open_wh, signature = EXCLUDED.signature,
			placed_sequence = EXCLUDED.placed_sequence, changed_sequence = EXCLUDED.changed_sequence,
			placed_at_millis = EXCLUDED.placed_at_millis
		-- A refused order may be sent again and be accepted; an accepted one is never replaced.
		WHERE stored.state = 'rejected';
	END IF;
	IF changed IS NOT NULL THEN
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
		FROM json_to_recordset(changed) AS change(
			order_hash text, filled_delta_wh bigint, matched_wh bigint, open_wh bigint, end_state text, reason text,
			changed_sequence bigint)
		WHERE orders.order_hash = change.order_hash;
	END IF;
	INSERT INTO order_events (sequence, event_index, order_hash, type, reason, energy_wh, at_millis)
	SELECT * FROM unnest(event_sequences, event_indexes, event_orders, event_types, event_reasons, event_energies,
		event_times);
	IF executed IS NOT NULL THEN
		INSERT INTO trades SELECT * FROM json_populate_recordset(NULL::trades, executed);
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
			session_state = EXCLUDED.session_state, changed_sequence = EXCLUDED.changed_sequence;
	END IF;
	IF executed IS NOT NULL OR unwound IS NOT NULL THEN
		WITH touched AS (
			SELECT trade_id, 1 AS sign FROM json_to_recordset(coalesce(executed, '[]')) AS made(trade_id text)
			UNION ALL
			SELECT trade_id, -1 FROM json_to_recordset(coalesce(unwound, '[]')) AS undone(trade_id text)
		), delta AS (
			SELECT
				window_id, sum(sign) AS trade_count, sum(sign * energy_wh) AS energy_wh, sum(sign * loss_wh) AS loss_wh,
				sum(sign * energy_wh * buyer_price_sat_per_kwh) AS buyer_msat,
				sum(sign * energy_wh * seller_price_sat_per_kwh) AS seller_msat
			FROM touched JOIN trades USING (trade_id)
			GROUP BY window_id
		)
		MERGE INTO windows AS stored USING delta ON stored.window_id = delta.window_id
		WHEN MATCHED THEN UPDATE SET
			trade_count = stored.trade_count + delta.trade_count, energy_wh = stored.energy_wh + delta.energy_wh,
			loss_wh = stored.loss_wh + delta.loss_wh, buyer_msat = stored.buyer_msat + delta.buyer_msat,
			seller_msat = stored.seller_msat + delta.seller_msat, changed_sequence = group_last
		WHEN NOT MATCHED THEN INSERT
			(window_id, trade_count, energy_wh, loss_wh, buyer_msat, seller_msat, changed_sequence)
			VALUES (delta.window_id, delta.trade_count, delta.energy_wh, delta.loss_wh, delta.buyer_msat, delta.seller_msat,
				group_last);
	END IF;
	IF account_changes IS NOT NULL THEN
		INSERT INTO accounts SELECT * FROM json_populate_recordset(NULL::accounts, account_changes)
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
END
$$;
COMMENT ON FUNCTION commit_input_group IS 'Writes one group of inputs with all its effects; GX001: overtaken leader, GX002: gap in the log.';
