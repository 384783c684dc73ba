CREATE TABLE "baskets"."level_valuation" (
	"basket_id" text NOT NULL,
	"at" timestamptz NOT NULL,
	"version_number" integer NOT NULL,
	"divisor" numeric(60, 24) NOT NULL,
	"segment" text NOT NULL,
	"names" jsonb NOT NULL,
	"close_of" date,
	CONSTRAINT "level_valuation_pkey" PRIMARY KEY("basket_id","at","segment")
);
