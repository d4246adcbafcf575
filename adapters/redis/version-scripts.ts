/**
 * Project versions in Redis, `linguanova:version:{<region>/<project>}`, and the read leases of gateways, `linguanova:leases`. Versions are
 * microseconds of Redis's clock, so that none is reused even after Redis lost its data.
 */

import { defineScripts, type RedisClient } from './client.ts';

/** Retention of a version after its last use. */
export const VERSION_TTL_S = 86_400;

/** A hash: by gateway, its last registration; under `since`, from when on the hash is complete. */
export const LEASES_KEY = 'linguanova:leases';
/** Expiry of the hash without any gateway. */
const LEASES_TTL_MS = 60_000;

const VERSION = `
local function micros()
  local t = redis.call('time')
  return t[1] * 1000000 + t[2]
end
local function store(v)
  redis.call('set', KEYS[1], string.format('%.0f', v), 'ex', ARGV[1])
  return v
end
local old = tonumber(redis.call('get', KEYS[1]) or '0')
`;

/** Arguments: TTL, the highest number known to the gateway, which a failover may have lost. */
const CURRENT = `${VERSION}
local v = math.max(old, tonumber(ARGV[2]))
if v == 0 then v = micros() end
return store(v)`;

/** Arguments as of CURRENT. */
const NEXT = `${VERSION}
return store(math.max(math.max(old, tonumber(ARGV[2])) + 1, micros()))`;

const REGISTRY = `
local t = redis.call('time')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('hsetnx', KEYS[1], 'since', string.format('%.0f', now))
redis.call('pexpire', KEYS[1], ${LEASES_TTL_MS})
`;

/**
 * Arguments: gateway, its channel, the message. Messages published by scripts on this key are ordered, so a gateway that
 * receives this one has received all changes before it.
 */
const LEASE = `${REGISTRY}
redis.call('hset', KEYS[1], ARGV[1], string.format('%.0f', now))
redis.call('publish', ARGV[2], ARGV[3])
return 1`;

/** Arguments: channel, message, lifetime of a lease. Returns for how long the hash is complete, and possible lease holders. */
const ANNOUNCE = `${REGISTRY}
redis.call('publish', ARGV[1], ARGV[2])
local all = redis.call('hgetall', KEYS[1])
local found = { 0 }
for i = 1, #all, 2 do
  local age = now - tonumber(all[i + 1])
  if all[i] == 'since' then found[1] = age
  elseif age < tonumber(ARGV[3]) then found[#found + 1] = all[i]
  else redis.call('hdel', KEYS[1], all[i]) end
end
return found`;

export interface VersionScripts {
  linguanovaCurrent(key: string, ttlS: number, floor: number): Promise<number>;
  linguanovaNext(key: string, ttlS: number, floor: number): Promise<number>;
  linguanovaLease(leases: string, node: string, channel: string, message: string): Promise<number>;
  linguanovaAnnounce(
    leases: string,
    channel: string,
    message: string,
    leaseLifetimeMs: number,
  ): Promise<[completeForMs: number, ...nodes: string[]]>;
}

export function versionScripts(client: RedisClient): VersionScripts {
  return defineScripts<VersionScripts>(client, 1, {
    linguanovaCurrent: CURRENT,
    linguanovaNext: NEXT,
    linguanovaLease: LEASE,
    linguanovaAnnounce: ANNOUNCE,
  });
}
