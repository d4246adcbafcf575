/**
 * The log of a feed in Redis: three keys in one slot of a cluster, made from `linguanova:feed:{<project>}:<digest>`. `:lease`
 * says who leads; `:log` is a stream of what happened, its ids a time that names the log and numbers without a gap; `:snapshot` is a
 * hash of what it has come to, by instance, and which log that is of. Who does not hold the lease changes nothing.
 *
 * @module
 */

import type { RedisClient } from './client.ts';

/** Where it is told that a log has become longer: the message is the stream's key. */
export const EVENTS_CHANNEL = 'linguanova:events';
/** The field of the hash that names the log. No instance is called so. */
export const LOG_FIELD = 'log';

const IF_LEADER = `
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
local function keep()
  redis.call('pexpire', KEYS[2], ARGV[2])
  redis.call('pexpire', KEYS[3], ARGV[2])
end
`;

/** Arguments: owner, life of what is remembered, life of the lease. Answers 0: another leads; 1: since now; 2: as before. */
const LEAD = `
local owner = redis.call('get', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[3])
redis.call('pexpire', KEYS[2], ARGV[2])
redis.call('pexpire', KEYS[3], ARGV[2])
return owner and 2 or 1`;

/** Arguments: owner, life, 1 to forget what was before, then instances: id and what is shown. */
const SHOW = `${IF_LEADER}
if ARGV[3] == '1' then redis.call('del', KEYS[2], KEYS[3]) end
for i = 4, #ARGV, 2 do redis.call('hset', KEYS[3], ARGV[i], ARGV[i + 1]) end
keep()
return 1`;

/** Arguments: owner, life, channel. */
const BEGIN = `${IF_LEADER}
local t = redis.call('time')
local log = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
redis.call('hset', KEYS[3], '${LOG_FIELD}', log)
redis.call('xadd', KEYS[2], log .. '-1', 'change', '')
keep()
redis.call('publish', ARGV[3], KEYS[2])
return 1`;

/** Arguments: owner, life, channel, how many entries may remain, then changes: kind, instance and all of it. */
const ADD = `${IF_LEADER}
local last = redis.call('xrevrange', KEYS[2], '+', '-', 'count', 1)[1]
if not last then return 0 end
local log, n = string.match(last[1], '(%d+)-(%d+)')
for i = 5, #ARGV, 3 do
  n = string.format('%.0f', n + 1)
  redis.call('xadd', KEYS[2], 'maxlen', ARGV[4], log .. '-' .. n, 'change', ARGV[i + 2])
  if ARGV[i] == 'deleted' then redis.call('hdel', KEYS[3], ARGV[i + 1])
  else redis.call('hset', KEYS[3], ARGV[i + 1], ARGV[i + 2]) end
end
keep()
redis.call('publish', ARGV[3], KEYS[2])
return 1`;

/** Lease, stream and hash. */
export type LogKeys = readonly [lease: string, log: string, shown: string];

interface Scripts {
  linguanovaLead(...args: [...LogKeys, owner: string, life: number, lease: number]): Promise<number>;
  linguanovaShow(
    ...args: [...LogKeys, owner: string, life: number, anew: 0 | 1, ...pairs: string[]]
  ): Promise<number>;
  linguanovaBegin(...args: [...LogKeys, owner: string, life: number, channel: string]): Promise<number>;
  linguanovaAdd(
    ...args: [...LogKeys, owner: string, life: number, channel: string, remain: number, ...triples: string[]]
  ): Promise<number>;
}

export function eventScripts(client: RedisClient): Scripts {
  const scripts = { linguanovaLead: LEAD, linguanovaShow: SHOW, linguanovaBegin: BEGIN, linguanovaAdd: ADD };
  for (const [name, lua] of Object.entries(scripts)) client.defineCommand(name, { numberOfKeys: 3, lua });
  // defineCommand has just put them there; its types cannot say so.
  return client as unknown as Scripts;
}
