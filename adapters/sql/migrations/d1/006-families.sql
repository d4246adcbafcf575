alter table "api_key" add column "credential_expires_at" text;
update api_key set credential_expires_at = expires_at where owns_cloud_credential = 1;
create index if not exists "api_key_by_family" on "api_key" ("family_id");
create index if not exists "api_key_by_age" on "api_key" ("created_at", "id");
create index if not exists "api_key_by_project_and_age" on "api_key" ("project_id", "created_at", "id");
create index if not exists "api_key_by_user_and_age" on "api_key" ("user_id", "created_at", "id");
drop index if exists "api_key_by_project";
drop index if exists "api_key_by_user";
