/**
 * The log of a feed in Redis: three keys in one slot of a cluster, with the prefix `linguanova:feed:{<region>/<project>}:<digest>`.
 * `:lease` holds the leader. `:log` is a stream; its ids are a time that names the log, and a number without gaps. `:snapshot` is
 * a hash of the state after the last entry, by instance, with the name of the log. Only the lease holder can write.
 */

import { defineScripts, type RedisClient } from './client.ts';

/** A message is the key of a log that has new entries. */
export const EVENTS_CHANNEL = 'linguanova:events';
/** The hash field with the name of the log; not a valid instance id. */
export const LOG_FIELD = 'log';

const IF_LEADER = `
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
local function retain()
  redis.call('pexpire', KEYS[2], ARGV[2])
  redis.call('pexpire', KEYS[3], ARGV[2])
end
`;

/** Arguments: owner, retention, TTL of the lease. Returns 0: another leads; 1: elected; 2: renewed. */
const LEAD = `
local owner = redis.call('get', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[3])
redis.call('pexpire', KEYS[2], ARGV[2])
redis.call('pexpire', KEYS[3], ARGV[2])
return owner and 2 or 1`;

/** Arguments: owner, retention, 1 to delete log and snapshot first, then instances: id and snapshot. */
const SHOW = `${IF_LEADER}
if ARGV[3] == '1' then redis.call('del', KEYS[2], KEYS[3]) end
for i = 4, #ARGV, 2 do redis.call('hset', KEYS[3], ARGV[i], ARGV[i + 1]) end
retain()
return 1`;

/** Arguments: owner, retention, channel. */
const BEGIN = `${IF_LEADER}
local t = redis.call('time')
local log = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
redis.call('hset', KEYS[3], '${LOG_FIELD}', log)
redis.call('xadd', KEYS[2], log .. '-1', 'change', '')
retain()
redis.call('publish', ARGV[3], KEYS[2])
return 1`;

/** Arguments: owner, retention, channel, maximum length of the log, then changes: kind, instance and change. */
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
retain()
redis.call('publish', ARGV[3], KEYS[2])
return 1`;

export type LogKeys = readonly [lease: string, log: string, snapshot: string];
type Owned = [...LogKeys, owner: string, retentionMs: number];

export interface EventScripts {
  linguanovaLead(...args: [...Owned, leaseTtlMs: number]): Promise<number>;
  linguanovaShow(...args: [...Owned, reset: 0 | 1, ...pairs: string[]]): Promise<number>;
  linguanovaBegin(...args: [...Owned, channel: string]): Promise<number>;
  linguanovaAdd(
    ...args: [...Owned, channel: string, maxLength: number, ...triples: string[]]
  ): Promise<number>;
}

export function eventScripts(client: RedisClient): EventScripts {
  return defineScripts<EventScripts>(client, 3, {
    linguanovaLead: LEAD,
    linguanovaShow: SHOW,
    linguanovaBegin: BEGIN,
    linguanovaAdd: ADD,
  });
}
