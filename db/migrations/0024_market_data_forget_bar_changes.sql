-- No longer append-only: rows are forgotten after 90 days, by the runtime role.
COMMENT ON TABLE market_data.bar_change IS 'which bars every statement wrote, for 90 days';
