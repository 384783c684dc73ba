COMMENT ON TABLE baskets.event_store IS 'append-only: the facts about baskets';
--> statement-breakpoint
COMMENT ON TABLE baskets.transition IS 'append-only: the audit trail, chained by hashes';
--> statement-breakpoint
ALTER TABLE baskets.constituent
	ADD CONSTRAINT weight_above_zero CHECK (weight > 0),
	ADD CONSTRAINT units_above_zero CHECK (units > 0);
--> statement-breakpoint
ALTER TABLE baskets.level
	ADD CONSTRAINT level_above_zero CHECK (level > 0),
	ADD CONSTRAINT divisor_above_zero CHECK (divisor > 0);
--> statement-breakpoint
CREATE VIEW published.basket_constituents AS
SELECT
	b.code,
	c.version_number AS version,
	c.instrument_id,
	c.symbol,
	c.weight,
	c.units,
	c.currency
FROM baskets.basket b
JOIN baskets.constituent c ON c.basket_id = b.basket_id AND c.version_number = b.current_version;
--> statement-breakpoint
COMMENT ON VIEW published.basket_constituents IS
	'Constituents of the current version of each basket; weight and units x 10^8, units null until the index has a base.';
