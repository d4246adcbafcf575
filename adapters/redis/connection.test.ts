import { expect, test } from 'vitest';
import { RedisFailure, toRedisFailure } from './connection.ts';

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'. script: 1a2b, on @user_script:1.", 'full'],
  ["READONLY You can't write against a read only replica. script: 1a2b", 'read_only'],
  ['LOADING Redis is loading the dataset in memory', 'loading'],
  ['CLUSTERDOWN The cluster is down', 'loading'],
  ['NOAUTH Authentication required.', 'unauthorized'],
  ['WRONGPASS invalid username-password pair', 'unauthorized'],
  ['connect ECONNREFUSED 127.0.0.1:6379', 'unreachable'],
  ["Stream isn't writeable and enableOfflineQueue options is false", 'unreachable'],
  ['Connection is closed.', 'unreachable'],
])('%s', (message, reason) => {
  const failure = toRedisFailure(new Error(message));
  expect(failure.reason).toBe(reason);
  expect(failure.message, 'nothing of it is repeated').toBe(`Redis: ${reason}`);
});

test('a RedisFailure is returned unchanged', () => {
  const failure = new RedisFailure('timeout');
  expect(toRedisFailure(failure)).toBe(failure);
});
