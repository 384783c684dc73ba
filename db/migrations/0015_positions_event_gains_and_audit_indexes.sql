ALTER TABLE "positions"."event_store" ADD COLUMN "realized_pnl" numeric(38, 8);--> statement-breakpoint
CREATE INDEX "event_by_time" ON "positions"."event_store" USING btree ("recorded_at");--> statement-breakpoint
CREATE INDEX "event_by_user" ON "positions"."event_store" USING btree ("user_id","recorded_at");--> statement-breakpoint
CREATE INDEX "event_by_correlation" ON "positions"."event_store" USING hash ("correlation_id");--> statement-breakpoint
CREATE INDEX "event_about_trade" ON "positions"."event_store" USING btree ("trade_id") WHERE event_type <> 'TRADE_APPLIED';--> statement-breakpoint
CREATE INDEX "event_by_type" ON "positions"."event_store" USING btree ("event_type","recorded_at") WHERE event_type <> 'TRADE_APPLIED';