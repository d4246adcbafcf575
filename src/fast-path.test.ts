import { beforeEach, describe, expect, test } from 'vitest';
import type { Access } from './access/access.ts';
import { presentedKey } from './access/authenticate.ts';
import type { Principal } from './access/principal.ts';
import { shortWay } from './fast-path.ts';
import type { LogFields } from './telemetry/logger.ts';
import type { CacheResult } from './traffic/cache/cache-store.ts';
import type { CacheHit } from './traffic/cache/fast-path-source.ts';
import { toResponse } from './traffic/cache/to-response.ts';

const principal = { keyId: 'k1', projectId: 'p1' } as Principal;
const told: CacheResult = {
  response: {
    body: new TextEncoder().encode('["ä"]'),
    headers: { 'content-type': 'application/json', vary: 'x-api-key, Authorization, Origin' },
    etag: 'W/"1"',
    generatedAt: performance.now(),
    freshnessLifetime: 5_000,
    version: 1,
  },
  result: 'hit',
  revalidationFailed: false,
};

/** What each stage says, and what was done. */
let state: {
  known: Principal | null;
  found: boolean;
  points: number;
  done: string[];
  lines: LogFields[];
};
beforeEach(() => {
  state = { known: principal, found: true, points: 1, done: [], lines: [] };
});

const access = {
  verifier: { cachedPrincipal: (text: string | undefined) => (text === 'good' ? state.known : null) },
  clientAddress: () => null,
  journal: { recordUse: (id: string) => state.done.push(`used ${id}`) },
  metrics: {
    count: (name: string) => state.done.push(name),
    observe: (name: string) => state.done.push(name),
  },
  log: { info: (_: string, fields: LogFields) => state.lines.push(fields) },
} as unknown as Access;

const answer = shortWay({
  unreadable: () => null,
  access,
  limits: {
    stage: (_, next) => next(),
    tryConsume(_, headers) {
      if (state.points === 0) return false;
      state.points -= 1;
      headers.set('X-RateLimit-Remaining', String(state.points));
      return true;
    },
    consumeSignUp: async () => {},
  },
  sources: [
    {
      keyIn: presentedKey,
      find: (_, c): CacheHit | null => {
        if (!state.found || !c.req.url.endsWith('/v1/instances?a')) return null;
        const respond: CacheHit['respond'] = (beside) =>
          toResponse(beside, c.req.header('If-None-Match'), told, performance.now());
        return { route: '/v1/instances', respond };
      },
    },
    {
      keyIn: (c) => c.req.header('x-auth-token'),
      find: () => ({
        route: '/compute/*',
        respond: (beside) => beside.respond('{}', 200, {}),
      }),
    },
  ],
});

const ask = (
  target = '/v1/instances?a',
  headers: Record<string, string | undefined> = {},
  method = 'GET',
) => {
  const given = Object.entries({ 'x-api-key': 'good', ...headers }).filter(
    (field): field is [string, string] => field[1] !== undefined,
  );
  return answer(new Request(`http://gateway${target}`, { method, headers: given }), {});
};

test('what is at hand is told at once, counted and logged as by all stages', async () => {
  const response = ask();
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
    'cache_requests',
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

test('what another dialect told is looked for where that has its keys', async () => {
  const response = ask('/compute/v2.1/flavors', { 'x-api-key': undefined, 'x-auth-token': 'good' });
  expect(await response?.text()).toBe('{}');
  expect(state.lines).toMatchObject([{ route: '/compute/*', dialect: 'nova' }]);
});

test('a client that has it hears 304', () => {
  expect(ask('/v1/instances?a', { 'if-none-match': 'W/"1"' })?.status).toBe(304);
});

describe('the long way is left to', () => {
  const nothing = () => {};
  test.each([
    ['a write', nothing, () => ask(undefined, {}, 'POST')],
    ['HEAD', nothing, () => ask(undefined, {}, 'HEAD')],
    ['a page of another origin', nothing, () => ask(undefined, { origin: 'https://console.example' })],
    ['no key', nothing, () => ask(undefined, { 'x-api-key': '' })],
    ['another key', nothing, () => ask(undefined, { 'x-api-key': 'bad' })],
    ['another target', nothing, () => ask('/v1/instances?b')],
    ['a key that has to be read again', () => Object.assign(state, { known: null }), ask],
    ['an answer that is not fresh', () => Object.assign(state, { found: false }), ask],
    ['a limit that has nothing left, or must ask', () => Object.assign(state, { points: 0 }), ask],
  ])('%s, and nothing was done', (_, change, asked) => {
    change();
    const { points } = state;
    expect(asked()).toBeNull();
    expect(state).toMatchObject({ points, done: [], lines: [] });
  });
});
