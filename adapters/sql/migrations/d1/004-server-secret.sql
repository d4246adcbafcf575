create table if not exists "server_secret" ("id" text not null primary key, "current_check" text not null, "current_store_key" blob not null, "previous_check" text, "previous_store_key" blob);
alter table "api_key" add column "sealed_under" text;
