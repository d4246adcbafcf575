/**
 * The versions of projects in Redis, `linguanova:version:{<project>}`, and the gateways that hold a lease on what they remember
 * of them, `linguanova:leases`. Numbers come from Redis's clock, in microseconds, so that none comes twice, also when Redis has
 * lost its memory. All keys of a script are in one slot of a cluster.
 *
 * @module
 */

import type { RedisClient } from './client.ts';

/** Seconds that a version is remembered after the last time a gateway asked for it, or made a new one. */
export const VERSION_TTL_S = 86_400;

/** A hash: by gateway, when it registered last; and under `since`, from when on it is complete. */
export const LEASES_KEY = 'linguanova:leases';
/** Milliseconds after which it is forgotten when no gateway is there. */
const LEASES_TTL_MS = 60_000;

const CLOCK = `
local function micros()
  local t = redis.call('time')
  return t[1] * 1000000 + t[2]
end
local function keep(v)
  redis.call('set', KEYS[1], string.format('%.0f', v), 'ex', ARGV[1])
  return v
end
local old = tonumber(redis.call('get', KEYS[1]) or '0')
`;

/** Arguments: life, the highest number the gateway knows of (a failover may have lost it). */
const CURRENT = `${CLOCK}
local v = math.max(old, tonumber(ARGV[2]))
if v == 0 then v = micros() end
return keep(v)`;

/** Arguments: life, that highest number. */
const NEXT = `${CLOCK}
return keep(math.max(math.max(old, tonumber(ARGV[2])) + 1, micros()))`;

const REGISTRY = `
local t = redis.call('time')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('hsetnx', KEYS[1], 'since', string.format('%.0f', now))
redis.call('pexpire', KEYS[1], ${LEASES_TTL_MS})
`;

/**
 * Arguments: gateway, its channel, what to say there. What is published on any channel by way of this key comes in that order, so
 * the gateway that has this message has all that was published before it.
 */
const LEASE = `${REGISTRY}
redis.call('hset', KEYS[1], ARGV[1], string.format('%.0f', now))
redis.call('publish', ARGV[2], ARGV[3])
return 1`;

/** Arguments: channel, message, lifetime of a lease. Returns for how long the list is complete, and who may hold a lease. */
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

interface Scripts {
  linguanovaCurrent(key: string, life: number, floor: number): Promise<number>;
  linguanovaNext(key: string, life: number, floor: number): Promise<number>;
  linguanovaLease(leases: string, node: string, channel: string, text: string): Promise<number>;
  linguanovaAnnounce(
    leases: string,
    channel: string,
    text: string,
    lifetime: number,
  ): Promise<[completeFor: number, ...nodes: string[]]>;
}

export function versionScripts(client: RedisClient): Scripts {
  client.defineCommand('linguanovaCurrent', { numberOfKeys: 1, lua: CURRENT });
  client.defineCommand('linguanovaNext', { numberOfKeys: 1, lua: NEXT });
  client.defineCommand('linguanovaLease', { numberOfKeys: 1, lua: LEASE });
  client.defineCommand('linguanovaAnnounce', { numberOfKeys: 1, lua: ANNOUNCE });
  // defineCommand has just put them there; its types cannot say so.
  return client as unknown as Scripts;
}

export function versionKey(projectId: string): string {
  return `linguanova:version:{${projectId}}`;
}
