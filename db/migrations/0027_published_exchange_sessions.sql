CREATE VIEW published.exchange_sessions AS
  SELECT mic, session_date, opens_at, closes_at, break_start, break_end
  FROM market_data.exchange_session;
--> statement-breakpoint
COMMENT ON VIEW published.exchange_sessions IS
  'between the first and the last session of an exchange it is closed on every other day';
