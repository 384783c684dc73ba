COMMENT ON TABLE market_data.bar_change IS 'append-only: which bars every statement wrote';
--> statement-breakpoint
COMMENT ON TABLE baskets.backtest_result IS 'append-only: what equal inputs have led to';
--> statement-breakpoint
-- Numbers without pattern: trying to compress them costs time and saves nothing.
ALTER TABLE baskets.backtest_result ALTER COLUMN weights SET STORAGE EXTERNAL;
--> statement-breakpoint
CREATE FUNCTION market_data.note_bar_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO market_data.bar_change (series_ids, first_date, last_date, recorded_at)
  SELECT array_agg(DISTINCT series_id ORDER BY series_id), min(business_date), max(business_date),
    clock_timestamp()
  FROM written
  HAVING count(*) > 0;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER price_bar_note_insert AFTER INSERT ON market_data.price_bar
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION market_data.note_bar_change();
--> statement-breakpoint
CREATE TRIGGER price_bar_note_update AFTER UPDATE ON market_data.price_bar
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION market_data.note_bar_change();
--> statement-breakpoint
CREATE VIEW published.daily_series AS
  SELECT s.series_id, i.instrument_id, i.symbol, i.currency, s.source, s.is_adjusted
  FROM market_data.instrument i
  JOIN market_data.price_series s USING (instrument_id)
  WHERE s.is_preferred AND s.interval = 'DAY_1';
--> statement-breakpoint
CREATE VIEW published.daily_bars AS
  SELECT series_id, business_date, open, close FROM market_data.price_bar;
--> statement-breakpoint
COMMENT ON VIEW published.daily_bars IS
  'of every series, also those that are not preferred; prices in units of 1e-8 of its currency';
--> statement-breakpoint
CREATE VIEW published.bar_changes AS
  SELECT number, series_ids, first_date, last_date, recorded_at FROM market_data.bar_change;
