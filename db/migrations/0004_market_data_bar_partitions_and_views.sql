-- Bars lie by decade: a series of fifteen years touches two or three partitions, and an import of
-- new days leaves the old ones alone. Made ahead, because the running role may not create tables.
CREATE TABLE market_data.price_bar_before_1990 PARTITION OF market_data.price_bar
  FOR VALUES FROM (MINVALUE) TO ('1990-01-01');
--> statement-breakpoint
CREATE TABLE market_data.price_bar_1990 PARTITION OF market_data.price_bar
  FOR VALUES FROM ('1990-01-01') TO ('2000-01-01');
--> statement-breakpoint
CREATE TABLE market_data.price_bar_2000 PARTITION OF market_data.price_bar
  FOR VALUES FROM ('2000-01-01') TO ('2010-01-01');
--> statement-breakpoint
CREATE TABLE market_data.price_bar_2010 PARTITION OF market_data.price_bar
  FOR VALUES FROM ('2010-01-01') TO ('2020-01-01');
--> statement-breakpoint
CREATE TABLE market_data.price_bar_2020 PARTITION OF market_data.price_bar
  FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
--> statement-breakpoint
CREATE TABLE market_data.price_bar_2030 PARTITION OF market_data.price_bar
  FOR VALUES FROM ('2030-01-01') TO ('2040-01-01');
--> statement-breakpoint
CREATE TABLE market_data.price_bar_from_2040 PARTITION OF market_data.price_bar
  FOR VALUES FROM ('2040-01-01') TO (MAXVALUE);
--> statement-breakpoint
-- Nothing is lost: whoever changes a bar or a fixing, its former value goes to the history.
CREATE FUNCTION market_data.keep_former_bar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO market_data.price_bar_history
    (series_id, business_date, open, high, low, close, volume, revision, recorded_at)
  VALUES (old.series_id, old.business_date, old.open, old.high, old.low, old.close, old.volume,
    old.revision, old.recorded_at);
  new.revision := old.revision + 1;
  new.recorded_at := clock_timestamp();
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER price_bar_keep_former BEFORE UPDATE ON market_data.price_bar
  FOR EACH ROW EXECUTE FUNCTION market_data.keep_former_bar();
--> statement-breakpoint
CREATE FUNCTION market_data.keep_former_fixing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO market_data.fx_fixing_history
    (currency, fixed_on, units_per_eur, source, revision, recorded_at)
  VALUES (old.currency, old.fixed_on, old.units_per_eur, old.source, old.revision,
    old.recorded_at);
  new.revision := old.revision + 1;
  new.recorded_at := clock_timestamp();
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER fx_fixing_keep_former BEFORE UPDATE ON market_data.fx_fixing
  FOR EACH ROW EXECUTE FUNCTION market_data.keep_former_fixing();
--> statement-breakpoint
COMMENT ON TABLE market_data.price_bar_history IS 'append-only: bars as they were';
--> statement-breakpoint
COMMENT ON TABLE market_data.fx_fixing_history IS 'append-only: fixings as they were';
--> statement-breakpoint
CREATE VIEW published.instruments AS
  SELECT instrument_id, symbol, name, asset_class, currency, sector, mic
  FROM market_data.instrument;
--> statement-breakpoint
CREATE VIEW published.daily_closes AS
  SELECT i.instrument_id, i.symbol, b.business_date, b.close, i.currency, s.source
  FROM market_data.instrument i
  JOIN market_data.price_series s USING (instrument_id)
  JOIN market_data.price_bar b USING (series_id)
  WHERE s.is_preferred AND s.interval = 'DAY_1';
--> statement-breakpoint
COMMENT ON COLUMN published.daily_closes.close IS 'units of 1e-8 of the currency';
--> statement-breakpoint
CREATE VIEW published.fx_rates AS
  SELECT currency, fixed_on AS business_date, units_per_eur FROM market_data.fx_fixing;
