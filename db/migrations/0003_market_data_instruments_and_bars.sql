CREATE SCHEMA "market_data";
--> statement-breakpoint
CREATE TABLE "market_data"."fx_fixing" (
	"currency" text NOT NULL,
	"fixed_on" date NOT NULL,
	"units_per_eur" numeric(38, 8) NOT NULL,
	"source" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "fx_fixing_pkey" PRIMARY KEY("currency","fixed_on")
);
--> statement-breakpoint
CREATE TABLE "market_data"."fx_fixing_history" (
	"currency" text NOT NULL,
	"fixed_on" date NOT NULL,
	"units_per_eur" numeric(38, 8) NOT NULL,
	"source" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"replaced_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "fx_fixing_history_pkey" PRIMARY KEY("currency","fixed_on","revision")
);
--> statement-breakpoint
CREATE TABLE "market_data"."import_run" (
	"run_id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "market_data"."import_run_run_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"file_name" text NOT NULL,
	"source" text NOT NULL,
	"status" text NOT NULL,
	"rows_read" integer DEFAULT 0 NOT NULL,
	"values_stored" integer DEFAULT 0 NOT NULL,
	"values_unchanged" integer DEFAULT 0 NOT NULL,
	"fault_count" integer DEFAULT 0 NOT NULL,
	"faults" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"failure" text,
	"started_at" timestamptz NOT NULL,
	"finished_at" timestamptz
);
--> statement-breakpoint
CREATE TABLE "market_data"."instrument" (
	"instrument_id" text PRIMARY KEY NOT NULL,
	"symbol" text NOT NULL,
	"name" text NOT NULL,
	"asset_class" text NOT NULL,
	"currency" text NOT NULL,
	"sector" text,
	"mic" text,
	"isin" text,
	"figi" text,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "instrument_symbol_unique" UNIQUE("symbol")
);
--> statement-breakpoint
CREATE TABLE "market_data"."price_bar" (
	"series_id" integer NOT NULL,
	"business_date" date NOT NULL,
	"open" bigint,
	"high" bigint,
	"low" bigint,
	"close" bigint NOT NULL,
	"volume" bigint,
	"revision" integer DEFAULT 1 NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "price_bar_pkey" PRIMARY KEY("series_id","business_date")
) PARTITION BY RANGE ("business_date");
--> statement-breakpoint
CREATE TABLE "market_data"."price_bar_history" (
	"series_id" integer NOT NULL,
	"business_date" date NOT NULL,
	"open" bigint,
	"high" bigint,
	"low" bigint,
	"close" bigint NOT NULL,
	"volume" bigint,
	"revision" integer DEFAULT 1 NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"replaced_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "price_bar_history_pkey" PRIMARY KEY("series_id","business_date","revision")
);
--> statement-breakpoint
CREATE TABLE "market_data"."price_series" (
	"series_id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "market_data"."price_series_series_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"instrument_id" text NOT NULL,
	"source" text NOT NULL,
	"interval" text NOT NULL,
	"is_adjusted" boolean NOT NULL,
	"is_chosen" boolean DEFAULT false NOT NULL,
	"is_preferred" boolean DEFAULT false NOT NULL,
	"first_date" date,
	"last_date" date,
	"bar_count" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "price_series_identity" UNIQUE("instrument_id","interval","source")
);
--> statement-breakpoint
CREATE INDEX "import_run_running" ON "market_data"."import_run" USING btree ("status") WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX "instrument_by_sector" ON "market_data"."instrument" USING btree ("sector");--> statement-breakpoint
CREATE UNIQUE INDEX "price_series_preferred" ON "market_data"."price_series" USING btree ("instrument_id","interval") WHERE is_preferred;