local redis = require "nginx.redis"
local LIMIT, WINDOW = 100000000, 60

local function refuse(status, message)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.say('{"error":{"message":"' .. message .. '"}}')
  return ngx.exit(status)
end

local key = ngx.var.http_x_api_key
if not key then return refuse(401, "no key") end

local link = redis:new()
link:set_timeout(1000)
local connected = link:connect("127.0.0.1", ${REDIS_PORT})
if not connected then return refuse(503, "no Redis") end

local digest = ngx.encode_base64(ngx.hmac_sha1("server secret", key))
local project = link:get("key:" .. digest)
if project == ngx.null or not project then return refuse(401, "unknown key") end

link:init_pipeline(3)
link:incr("count:key:" .. digest)
link:incr("count:project:" .. project)
link:get("body:" .. project .. ":" .. ngx.var.request_uri)
local answers = link:commit_pipeline()
if not answers then return refuse(503, "no Redis") end
local of_key, of_project, body = answers[1], answers[2], answers[3]
if of_key == 1 then link:expire("count:key:" .. digest, WINDOW) end
if of_project == 1 then link:expire("count:project:" .. project, WINDOW) end
link:set_keepalive(60000, 256)
if of_key > LIMIT or of_project > LIMIT then return refuse(429, "too many requests") end
if body == ngx.null then return refuse(502, "not cached") end

local headers = ngx.header
${HEADERS}
headers["Content-Length"] = #body
headers["X-Request-Id"] = ngx.var.request_id
headers["X-RateLimit-Remaining"] = LIMIT - of_key
ngx.print(body)
