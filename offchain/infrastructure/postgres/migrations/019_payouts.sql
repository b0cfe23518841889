-- What the venue owes outside of trades, and what it paid of it; reserve held and market makers' scores, which it is for.

CREATE TABLE payouts (
	kind text NOT NULL CHECK (kind IN ('reserveHolding', 'makerRebate')),
	window_id bigint NOT NULL,
	account text NOT NULL CHECK (length(account) = 42),
	reference text NOT NULL,
	amount_msat bigint NOT NULL CHECK (amount_msat > 0),
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (kind, window_id, account, reference)
);
-- Statement of an account.
CREATE INDEX payouts_by_account ON payouts (account, window_id DESC);
COMMENT ON TABLE payouts IS 'Owed to accounts outside of trades. Never changed once written.';
COMMENT ON COLUMN payouts.kind IS 'reserveHolding or makerRebate.';
COMMENT ON COLUMN payouts.window_id IS 'Delivery window it was earned in.';
COMMENT ON COLUMN payouts.account IS 'Who is owed, lower-case hex.';
COMMENT ON COLUMN payouts.reference IS 'What it is for, such as the offer held.';
COMMENT ON COLUMN payouts.amount_msat IS 'Amount, msat.';
COMMENT ON COLUMN payouts.recorded_at IS 'Wall-clock time it was worked out.';

CREATE TABLE payout_payments (
	payment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account text NOT NULL,
	amount_sat bigint NOT NULL CHECK (amount_sat > 0),
	state text NOT NULL DEFAULT 'sending' CHECK (state IN ('sending', 'paid', 'refused')),
	transaction_hash text,
	detail text,
	begun_at timestamptz NOT NULL DEFAULT now(),
	ended_at timestamptz,
	CONSTRAINT paid_by_a_transaction CHECK ((state = 'paid') = (transaction_hash IS NOT NULL))
);
-- One payment of an account under way at a time; statement of an account.
CREATE UNIQUE INDEX payout_payments_under_way ON payout_payments (account) WHERE state = 'sending';
CREATE INDEX payout_payments_by_account ON payout_payments (account, payment_id DESC);
COMMENT ON TABLE payout_payments IS 'Deposits into vault balances that pay payouts, written before they are sent.';
COMMENT ON COLUMN payout_payments.payment_id IS 'Identity; the transaction''s request key is payout-<id>.';
COMMENT ON COLUMN payout_payments.account IS 'Who is paid.';
COMMENT ON COLUMN payout_payments.amount_sat IS 'Whole satoshi of what was owed then.';
COMMENT ON COLUMN payout_payments.state IS 'sending, paid, or refused: never sent or without effect, and owed again.';
COMMENT ON COLUMN payout_payments.transaction_hash IS 'Transaction that paid it.';
COMMENT ON COLUMN payout_payments.detail IS 'Why it was refused.';
COMMENT ON COLUMN payout_payments.begun_at IS 'Wall-clock time it was written down.';
COMMENT ON COLUMN payout_payments.ended_at IS 'Wall-clock time its end was known.';
COMMENT ON CONSTRAINT paid_by_a_transaction ON payout_payments IS 'What counts as paid names its transaction.';

CREATE VIEW payout_balances AS
	SELECT account, sum(earned_msat) AS earned_msat, sum(paid_sat) AS paid_sat,
		sum(earned_msat) - 1000 * sum(paid_sat) AS owed_msat
	FROM (
		SELECT account, amount_msat AS earned_msat, 0 AS paid_sat FROM payouts
		UNION ALL SELECT account, 0, amount_sat FROM payout_payments WHERE state <> 'refused'
	) AS entries GROUP BY account;
COMMENT ON VIEW payout_balances IS 'What each account earned outside of trades, was paid of it (payments under way included) and is owed.';
COMMENT ON COLUMN payout_balances.account IS 'Account, lower-case hex.';
COMMENT ON COLUMN payout_balances.earned_msat IS 'Sum of its payouts, msat.';
COMMENT ON COLUMN payout_balances.paid_sat IS 'Sum of its payments, sat.';
COMMENT ON COLUMN payout_balances.owed_msat IS 'The difference, msat; never negative.';

CREATE TABLE balancing_windows (
	window_id bigint PRIMARY KEY,
	procured jsonb NOT NULL,
	offers jsonb NOT NULL,
	activation jsonb,
	is_holding_settled boolean NOT NULL DEFAULT false
);
-- Windows whose holding is still to be worked out.
CREATE INDEX balancing_windows_unsettled ON balancing_windows (window_id) WHERE NOT is_holding_settled;
COMMENT ON TABLE balancing_windows IS 'Reserve bought for each window and what was called of it, as decided then.';
COMMENT ON COLUMN balancing_windows.window_id IS 'Delivery window.';
COMMENT ON COLUMN balancing_windows.procured IS 'By product and direction: required, accepted with price, missing; MW.';
COMMENT ON COLUMN balancing_windows.offers IS 'The offers it was bought from, with their accounts and meters.';
COMMENT ON COLUMN balancing_windows.activation IS 'Energy called shortly before the gate; null until then.';
COMMENT ON COLUMN balancing_windows.is_holding_settled IS 'Whether what holding earned is among the payouts.';

CREATE TABLE maker_scores (
	window_id bigint NOT NULL,
	account text NOT NULL,
	score bigint NOT NULL CHECK (score > 0),
	samples integer NOT NULL CHECK (samples > 0),
	PRIMARY KEY (window_id, account)
);
COMMENT ON TABLE maker_scores IS 'Quoting quality of accounts on both sides of a window''s books, summed over random samples.';
COMMENT ON COLUMN maker_scores.window_id IS 'Delivery window.';
COMMENT ON COLUMN maker_scores.account IS 'Who quoted, lower-case hex.';
COMMENT ON COLUMN maker_scores.score IS 'Sum over samples and zones of Wh weighted by nearness to the middle, weaker side.';
COMMENT ON COLUMN maker_scores.samples IS 'Samples in which the account scored.';

CREATE TABLE maker_windows (
	window_id bigint PRIMARY KEY,
	platform_msat bigint NOT NULL CHECK (platform_msat >= 0),
	pool_msat bigint NOT NULL CHECK (pool_msat >= 0 AND pool_msat <= platform_msat)
);
COMMENT ON TABLE maker_windows IS 'Settled windows whose rebates are among the payouts.';
COMMENT ON COLUMN maker_windows.window_id IS 'Delivery window.';
COMMENT ON COLUMN maker_windows.platform_msat IS 'Platform charges of the energy delivered, msat.';
COMMENT ON COLUMN maker_windows.pool_msat IS 'The part of them that was shared, msat.';
