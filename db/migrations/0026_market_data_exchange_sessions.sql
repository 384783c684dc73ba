CREATE TABLE "market_data"."exchange_session" (
	"mic" text NOT NULL,
	"session_date" date NOT NULL,
	"opens_at" timestamptz NOT NULL,
	"closes_at" timestamptz NOT NULL,
	"break_start" timestamptz,
	"break_end" timestamptz,
	"source" text NOT NULL,
	CONSTRAINT "exchange_session_pkey" PRIMARY KEY("mic","session_date")
);
