alter table "api_key" add column "allowed_origins" text default '[]' not null;
create index if not exists "api_key_with_origins" on "api_key" ("id") where "allowed_origins" <> '[]';
