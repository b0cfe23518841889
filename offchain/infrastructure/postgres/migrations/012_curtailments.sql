-- What emergencies took from trades, and why.

CREATE TABLE curtailments (
	window_id bigint NOT NULL,
	trade_id text NOT NULL,
	directive_id bigint NOT NULL,
	zone_id smallint NOT NULL CHECK (zone_id BETWEEN 1 AND 16),
	traded_wh bigint NOT NULL CHECK (traded_wh >= 0),
	curtailed_wh bigint NOT NULL CHECK (curtailed_wh > 0 AND curtailed_wh <= traded_wh),
	cause text NOT NULL,
	ordered_at_millis bigint NOT NULL,
	PRIMARY KEY (window_id, trade_id, directive_id)
);
COMMENT ON TABLE curtailments IS 'Energy of trades taken by grid emergencies. Never changed once written.';
COMMENT ON COLUMN curtailments.window_id IS 'Delivery window.';
COMMENT ON COLUMN curtailments.trade_id IS 'The trade as the engine named it.';
COMMENT ON COLUMN curtailments.directive_id IS 'The executed directive it was ordered under.';
COMMENT ON COLUMN curtailments.zone_id IS 'Zone of the buyer.';
COMMENT ON COLUMN curtailments.traded_wh IS 'Energy of the trade, Wh.';
COMMENT ON COLUMN curtailments.curtailed_wh IS 'Energy taken from it, Wh.';
COMMENT ON COLUMN curtailments.cause IS 'The element without room, or the zone whose load was dropped.';
COMMENT ON COLUMN curtailments.ordered_at_millis IS 'Market time of the order, unix milliseconds.';
