import { beforeEach, describe, expect, test } from 'vitest';
import type { Access } from './access/access.ts';
import { authenticate } from './access/authenticate.ts';
import type { Principal } from './access/principal.ts';
import type { Stage } from './context.ts';
import { fastPath } from './fast-path.ts';
import { requestLog } from './http/request-log.ts';
import type { LogFields, Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { CacheResult } from './traffic/cache/cache-store.ts';
import { toResponse } from './traffic/cache/to-response.ts';

const principal = { keyId: 'k1', projectId: 'p1' } as Principal;
const cached: CacheResult = {
  response: {
    body: new TextEncoder().encode('["ä"]'),
    headers: { 'content-type': 'application/json', vary: 'x-api-key, Authorization, Origin' },
    etag: 'W/"1"',
    generatedAt: performance.now(),
    freshnessLifetimeMs: 5_000,
    version: 1,
  },
  result: 'hit',
  revalidationFailed: false,
};

/** What the stages know, and what they did. */
let state: {
  principal: Principal | null;
  isCached: boolean;
  points: number;
  done: string[];
  lines: LogFields[];
};
beforeEach(() => {
  state = { principal, isCached: true, points: 1, done: [], lines: [] };
});

const log = { info: (_: string, fields: LogFields) => state.lines.push(fields) } as unknown as Logger;
const metrics = {
  count: (name: string) => state.done.push(name),
  observe: (name: string) => state.done.push(name),
} as unknown as Metrics;
const access = {
  verifier: { cachedPrincipal: (text: string | undefined) => (text === 'good' ? state.principal : null) },
  clientAddress: () => null,
  journal: { recordUse: (id: string) => state.done.push(`used ${id}`) },
  metrics,
} as unknown as Access;

const limit: Stage = {
  handle: (_, next) => next(),
  check: () => state.points > 0,
  commit(c) {
    state.points -= 1;
    c.get('responseHeaders').set('X-RateLimit-Remaining', String(state.points));
  },
};
const stages = [requestLog(log, metrics), authenticate(access), limit];

const serve = fastPath([
  {
    prefixes: ['/v1/'],
    stages,
    findHit(c) {
      if (!state.isCached || !c.req.url.endsWith('/v1/instances?a')) return null;
      const respond = () => {
        state.done.push('served');
        return toResponse(c.get('responseHeaders'), c.req.header('If-None-Match'), cached, performance.now());
      };
      return { route: '/v1/instances', respond };
    },
  },
  {
    prefixes: ['/compute/'],
    stages,
    findHit: (c) => ({
      route: '/compute/*',
      respond: () => c.get('responseHeaders').respond('{}', 200, {}),
    }),
  },
  {
    prefixes: ['/unchecked/'],
    stages: [...stages, { handle: (_, next) => next() }],
    findHit: (c) => ({
      route: '/unchecked/*',
      respond: () => c.get('responseHeaders').respond('{}', 200, {}),
    }),
  },
]);

const get = (target = '/v1/instances?a', headers: Record<string, string> = {}, method = 'GET') =>
  serve(new Request(`http://gateway${target}`, { method, headers: { 'x-api-key': 'good', ...headers } }), {});

test('a hit is counted and logged like a normal hit', async () => {
  const response = get();
  expect(await response?.text()).toBe('["ä"]');
  const { 'x-request-id': id, ...headers } = Object.fromEntries(response?.headers ?? []);
  expect(id).toMatch(/^req-[0-9a-f-]{36}$/);
  expect(headers).toEqual({
    age: '0',
    'cache-control': 'private, max-age=0, must-revalidate',
    'content-type': 'application/json',
    etag: 'W/"1"',
    vary: 'x-api-key, Authorization, Origin',
    'x-cache': 'HIT',
    'x-ratelimit-remaining': '0',
  });
  expect(state.done).toEqual([
    'key_verifications',
    'used k1',
    'served',
    'requests',
    'request_duration_seconds',
  ]);
  expect(state.lines).toMatchObject([
    {
      request_id: id,
      key: 'k1',
      project: 'p1',
      method: 'GET',
      route: '/v1/instances',
      dialect: 'redu',
      status: 200,
    },
  ]);
});

test('runs the pipeline of the dialect whose path it is', async () => {
  expect(await get('/compute/v2.1/flavors')?.text()).toBe('{}');
  expect(state.lines).toMatchObject([{ route: '/compute/*', dialect: 'nova' }]);
});

test('returns 304 when If-None-Match matches', () => {
  expect(get('/v1/instances?a', { 'if-none-match': 'W/"1"' })?.status).toBe(304);
});

describe('returns null without side effects', () => {
  const nothing = () => {};
  test.each([
    ['for a write', nothing, () => get(undefined, {}, 'POST')],
    ['for HEAD', nothing, () => get(undefined, {}, 'HEAD')],
    ['for a page of another origin', nothing, () => get(undefined, { origin: 'https://console.example' })],
    ['without a key', nothing, () => get(undefined, { 'x-api-key': '' })],
    ['for a key that is not verified', nothing, () => get(undefined, { 'x-api-key': 'bad' })],
    ['for another target', nothing, () => get('/v1/instances?b')],
    ['for a path of no pipeline', nothing, () => get('/healthz')],
    ['if a stage has no check', nothing, () => get('/unchecked/x')],
    ['if the key has to be read again', () => Object.assign(state, { principal: null }), get],
    ['if no response is fresh', () => Object.assign(state, { isCached: false }), get],
    ['if the limit has no leased points', () => Object.assign(state, { points: 0 }), get],
  ])('%s', (_, change, request) => {
    change();
    const { points } = state;
    expect(request()).toBeNull();
    expect(state).toMatchObject({ points, done: [], lines: [] });
  });
});
