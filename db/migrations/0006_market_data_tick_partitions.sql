-- Ticks lie by month, UTC, of the event. The running role may not create tables, so it asks this
-- function, ahead of time and again before it writes into a month it has not seen. There is no
-- default partition: rows in one would stand in the way of the month's own.
CREATE FUNCTION market_data.ensure_tick_month(first_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  month date := date_trunc('month', first_day)::date;
  partition text := format('tick_%s', to_char(month, 'YYYY_MM'));
BEGIN
  IF month NOT BETWEEN '2000-01-01' AND '2199-12-01' THEN
    RAISE EXCEPTION 'expected a month from 2000 to 2199, was %', first_day;
  END IF;
  IF to_regclass('market_data.' || partition) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(5310002);
  IF to_regclass('market_data.' || partition) IS NOT NULL THEN
    RETURN;
  END IF;
  -- Attaching a finished table lets readers and writers of the other months go on.
  EXECUTE format('CREATE TABLE market_data.%I (LIKE market_data.tick INCLUDING ALL)', partition);
  EXECUTE format(
    'ALTER TABLE market_data.tick ATTACH PARTITION market_data.%I FOR VALUES FROM (%L) TO (%L)',
    partition, month::text || ' 00:00:00+00', (month + interval '1 month')::date || ' 00:00:00+00');
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION market_data.ensure_tick_month(date) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION market_data.ensure_tick_month(date) TO plumbline_app;
--> statement-breakpoint
-- Each start of a process that numbers ticks takes one: its sequences lie above all earlier ones.
CREATE SEQUENCE market_data.tick_run;
--> statement-breakpoint
COMMENT ON TABLE market_data.tick IS 'append-only: what was accepted and published';
--> statement-breakpoint
COMMENT ON COLUMN market_data.tick.price IS 'units of 1e-8 of the currency of the instrument';
--> statement-breakpoint
CREATE VIEW published.last_prices AS
  SELECT p.instrument_id, i.symbol, p.price, p.bid, p.ask, p.currency, p.event_time, p.quality,
    p.sequence, p.source
  FROM market_data.last_price p
  JOIN market_data.instrument i USING (instrument_id);
--> statement-breakpoint
COMMENT ON COLUMN published.last_prices.price IS 'units of 1e-8 of the currency';
