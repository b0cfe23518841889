-- What authorities and the regulator are told: one row per recipient and message, with every attempt on record.

CREATE TABLE notifications (
	notification_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	recipient text NOT NULL,
	topic text NOT NULL,
	message_key text NOT NULL,
	payload json NOT NULL,
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead', 'unaddressed')),
	attempts integer NOT NULL DEFAULT 0,
	available_at timestamptz NOT NULL DEFAULT now(),
	created_at timestamptz NOT NULL DEFAULT now(),
	delivered_at timestamptz,
	UNIQUE (recipient, topic, message_key)
);
-- Work to do; the record of one recipient, newest first.
CREATE INDEX notifications_waiting ON notifications (available_at) WHERE state = 'waiting';
CREATE INDEX notifications_by_recipient ON notifications (recipient, notification_id DESC);
COMMENT ON TABLE notifications IS 'Messages to authorities, the regulator and the operator; the same message to the same recipient is the same row.';
COMMENT ON COLUMN notifications.notification_id IS 'Identity; the webhook-id the receiver sees, the same at every attempt.';
COMMENT ON COLUMN notifications.recipient IS 'EGAT, MEA, PEA, ERC, EPPO or OPERATOR.';
COMMENT ON COLUMN notifications.topic IS 'directive, report or alarm.';
COMMENT ON COLUMN notifications.message_key IS 'What it is about, such as the directive or the window.';
COMMENT ON COLUMN notifications.payload IS 'The message as it is sent.';
COMMENT ON COLUMN notifications.state IS 'waiting, delivered (the receiver answered 2xx), dead (given up; an operator looks), or unaddressed (no address is configured).';
COMMENT ON COLUMN notifications.attempts IS 'Tries so far.';
COMMENT ON COLUMN notifications.available_at IS 'Not before this wall-clock time; moved on after a failure.';
COMMENT ON COLUMN notifications.created_at IS 'Wall-clock time of the cause.';
COMMENT ON COLUMN notifications.delivered_at IS 'Wall-clock time of the receiver''s 2xx.';

CREATE TABLE notification_attempts (
	notification_id bigint NOT NULL REFERENCES notifications ON DELETE CASCADE,
	attempt integer NOT NULL,
	attempted_at timestamptz NOT NULL DEFAULT now(),
	url text NOT NULL,
	http_status integer,
	detail text NOT NULL,
	took_millis integer NOT NULL,
	PRIMARY KEY (notification_id, attempt)
);
COMMENT ON TABLE notification_attempts IS 'The delivery record: every request that was sent and what came back.';
COMMENT ON COLUMN notification_attempts.notification_id IS 'The notification.';
COMMENT ON COLUMN notification_attempts.attempt IS 'From 1.';
COMMENT ON COLUMN notification_attempts.attempted_at IS 'Wall-clock time.';
COMMENT ON COLUMN notification_attempts.url IS 'Where it was sent, without credentials.';
COMMENT ON COLUMN notification_attempts.http_status IS 'Status of the answer; null without one.';
COMMENT ON COLUMN notification_attempts.detail IS 'The answer''s first words, or why there was none.';
COMMENT ON COLUMN notification_attempts.took_millis IS 'How long it took, ms.';

CREATE TABLE window_reports (
	window_id bigint PRIMARY KEY,
	body json NOT NULL,
	body_hash text NOT NULL,
	made_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE window_reports IS 'The energy policy office''s report of each window whose settlement has ended, as sent; never changed.';
COMMENT ON COLUMN window_reports.window_id IS 'Delivery window.';
COMMENT ON COLUMN window_reports.body IS 'The report.';
COMMENT ON COLUMN window_reports.body_hash IS 'SHA-256 of the body''s text, hex.';
COMMENT ON COLUMN window_reports.made_at IS 'Wall-clock time.';
