CREATE TABLE "market_data"."last_price" (
	"instrument_id" text PRIMARY KEY NOT NULL,
	"price" bigint NOT NULL,
	"bid" bigint,
	"ask" bigint,
	"currency" text NOT NULL,
	"event_time" timestamptz NOT NULL,
	"received_at" timestamptz NOT NULL,
	"quality" text NOT NULL,
	"sequence" bigint NOT NULL,
	"source" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "market_data"."quarantined_tick" (
	"quarantine_id" text PRIMARY KEY NOT NULL,
	"instrument_id" text NOT NULL,
	"symbol" text NOT NULL,
	"price" bigint NOT NULL,
	"bid" bigint,
	"ask" bigint,
	"size" bigint,
	"event_time" timestamptz NOT NULL,
	"received_at" timestamptz NOT NULL,
	"source" text NOT NULL,
	"source_sequence" text,
	"rule" text NOT NULL,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"resolved_at" timestamptz
);
--> statement-breakpoint
CREATE TABLE "market_data"."source_position" (
	"instrument_id" text NOT NULL,
	"source" text NOT NULL,
	"last_sequence" numeric(30, 0) NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "source_position_pkey" PRIMARY KEY("instrument_id","source")
);
--> statement-breakpoint
CREATE TABLE "market_data"."tick" (
	"instrument_id" text NOT NULL,
	"event_time" timestamptz NOT NULL,
	"sequence" bigint NOT NULL,
	"price" bigint NOT NULL,
	"bid" bigint,
	"ask" bigint,
	"size" bigint,
	"quality" text NOT NULL,
	"received_at" timestamptz NOT NULL,
	"source" text NOT NULL,
	"source_sequence" text,
	"recorded_event_time" timestamptz,
	"flags" text NOT NULL,
	"supersedes" bigint,
	CONSTRAINT "tick_pkey" PRIMARY KEY("instrument_id","event_time","sequence")
) PARTITION BY RANGE ("event_time");
--> statement-breakpoint
CREATE INDEX "quarantined_tick_newest" ON "market_data"."quarantined_tick" USING btree ("received_at","quarantine_id");--> statement-breakpoint
CREATE INDEX "quarantined_tick_of_symbol" ON "market_data"."quarantined_tick" USING btree ("symbol","received_at","quarantine_id");--> statement-breakpoint
CREATE INDEX "quarantined_tick_held" ON "market_data"."quarantined_tick" USING btree ("quarantine_id") WHERE status = 'HELD';