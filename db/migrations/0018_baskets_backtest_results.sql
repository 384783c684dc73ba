CREATE TABLE "baskets"."backtest_result" (
	"inputs_hash" text PRIMARY KEY NOT NULL,
	"report" "bytea" NOT NULL,
	"weights" "bytea" NOT NULL,
	"computed_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE TABLE "baskets"."data_snapshot" (
	"marker" text PRIMARY KEY NOT NULL,
	"snapshot" text NOT NULL,
	"noted_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE TABLE "market_data"."bar_change" (
	"number" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "market_data"."bar_change_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"series_ids" integer[] NOT NULL,
	"first_date" date NOT NULL,
	"last_date" date NOT NULL,
	"recorded_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE INDEX "bar_change_by_time" ON "market_data"."bar_change" USING btree ("recorded_at");--> statement-breakpoint
ALTER TABLE "baskets"."backtest" DROP COLUMN "result";--> statement-breakpoint
ALTER TABLE "baskets"."backtest" DROP COLUMN "warnings";