create index if not exists "api_key_by_family" on "api_key" ("family_id");
create index if not exists "api_key_by_age" on "api_key" ("created_at", "id");
create index if not exists "api_key_by_owner" on "api_key" ("project_id", "user_id", "created_at", "id");
