alter table "api_key" add column "description" text;
alter table "api_key" add column "roles" text;
alter table "api_key" add column "access_rules" text;
