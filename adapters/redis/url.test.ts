import { expect, test } from 'vitest';
import { parseRedisUrl } from './url.ts';

const PLAIN = { tls: false, username: undefined, password: undefined, db: 0, master: '' };

test.each([
  ['redis://cache', { kind: 'single', addresses: [{ host: 'cache', port: 6379 }] }],
  ['redis://127.0.0.1:6380/2', { kind: 'single', addresses: [{ host: '127.0.0.1', port: 6380 }], db: 2 }],
  ['redis://[::1]:6380', { kind: 'single', addresses: [{ host: '::1', port: 6380 }] }],
  [
    'rediss://me:p%40ss@cache:6379/',
    { tls: true, username: 'me', password: 'p@ss', addresses: [{ host: 'cache', port: 6379 }] },
  ],
  ['redis://:secret@cache', { password: 'secret', username: undefined }],
  [
    'redis://a:7000,b:7001,c',
    {
      kind: 'cluster',
      addresses: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
        { host: 'c', port: 6379 },
      ],
    },
  ],
  ['rediss://:s@a:7000, rediss://b:7001', { kind: 'cluster', tls: true, password: 's' }],
  [
    'sentinel://:s@a,b:26380/main:1',
    {
      kind: 'sentinel',
      master: 'main',
      db: 1,
      password: 's',
      addresses: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
      ],
    },
  ],
  ['sentinels://a/main', { kind: 'sentinel', tls: true, master: 'main' }],
])('%s', (text, expected) => {
  expect(parseRedisUrl(text)).toMatchObject({ ...PLAIN, ...expected });
});

test.each([
  '',
  'cache',
  'cache:6379',
  'http://cache',
  'redis://',
  'redis://cache:port',
  'redis://cache:0',
  'redis://cache:65536',
  'redis://cache/main',
  'redis://cache?db=1',
  'redis://a,b/1',
  'redis://a,,b',
  'redis://a,rediss://b',
  'redis://%zz@cache',
  'sentinel://a',
  'sentinel://a/',
  'redis://cache/1/2',
])('rejects %s', (text) => {
  expect(parseRedisUrl(text)).toBeNull();
});
