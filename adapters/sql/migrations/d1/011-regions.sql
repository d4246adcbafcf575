alter table "api_key" add column "regions" text;
