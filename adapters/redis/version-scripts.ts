/**
 * The versions of projects in Redis: `linguanova:version:{<project>}`. Numbers come from Redis's clock, in microseconds, so that
 * none comes twice, also when Redis has lost its memory. All keys of a script are in one slot of a cluster.
 *
 * @module
 */

import type { RedisClient } from './client.ts';

/** Seconds that a version is remembered after the last time a gateway asked for it, or made a new one. */
export const VERSION_LIFE = 86_400;

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

/**
 * Arguments: life, that highest number, channel, what else to say. Answers the number and how many connections have been told.
 */
const CHANGE = `${CLOCK}
local v = keep(math.max(math.max(old, tonumber(ARGV[2])) + 1, micros()))
return { v, redis.call('publish', ARGV[3], string.format('%.0f', v) .. ' ' .. ARGV[4]) }`;

interface Scripts {
  linguanovaCurrent(key: string, life: number, floor: number): Promise<number>;
  linguanovaChange(
    key: string,
    life: number,
    floor: number,
    channel: string,
    text: string,
  ): Promise<[number: number, told: number]>;
}

export function versionScripts(client: RedisClient): Scripts {
  client.defineCommand('linguanovaCurrent', { numberOfKeys: 1, lua: CURRENT });
  client.defineCommand('linguanovaChange', { numberOfKeys: 1, lua: CHANGE });
  // defineCommand has just put them there; its types cannot say so.
  return client as unknown as Scripts;
}

export function versionKey(projectId: string): string {
  return `linguanova:version:{${projectId}}`;
}
