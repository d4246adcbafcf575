import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { INSTANCE_STATUSES, stateOf } from '../../src/compute/states.ts';
import { reduDialect } from '../../src/dialects/redu/dialect.ts';
import { REDU_ERRORS } from '../../src/dialects/redu/errors.ts';
import { code, read, rows, section } from './pages.ts';

const PAGE = read('docs/redu.md');

/** What the dialect is made with opens nothing before a request comes; none does here. */
const NOTHING = [{}] as unknown as Parameters<typeof reduDialect>;

test('every route is described, and every route that is named exists', () => {
  const named = [...PAGE.matchAll(/`(GET|POST|PATCH|PUT|DELETE) (\/[^\s`?]*)/g)].map(
    ([, method = '', path = '']) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
  );
  expect(new Set(named)).toEqual(new Set([...routesOfDialect(), ...routesBeforeAuthentication()]));
});

test('the table of errors is that of the dialect', () => {
  const documented = rows(section(PAGE, 'Errors')).map(([status, name]) => `${status} ${code(name)}`);
  const real = Object.values(REDU_ERRORS).map((row) => `${row.status} ${row.code}`);
  expect(documented).toEqual([...new Set(real)]);
});

test('the table of states is that of the gateway', () => {
  const table = rows(section(PAGE, 'States')).map(([word, state]) => [code(word), code(state)] as const);
  const statuses = table.filter(([word]) => word === word.toUpperCase());
  expect(statuses).toEqual(INSTANCE_STATUSES.map((status) => [status, stateOf(status, null)]));
  const tasks = table.filter(([word]) => word !== word.toUpperCase());
  expect(tasks.map(([task]) => task)).toEqual(tasksThatCount());
  for (const [task, state] of tasks) expect(stateOf('ACTIVE', task)).toBe(state);
});

test('the example of an error body is one', () => {
  const [example = ''] = /^```json\n([\s\S]*?)^```$/m.exec(section(PAGE, 'Errors'))?.slice(1) ?? [];
  const { error } = JSON.parse(example);
  expect(Object.keys(error)).toEqual(['code', 'message', 'details']);
  expect(error.code).toBe(REDU_ERRORS.invalid.code);
});

function routesOfDialect(): string[] {
  const mounted = new Hono().route('/', reduDialect(...NOTHING)).routes;
  return mounted
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path === '/' ? path : path.replace(/\/$/, '')}`);
}

/** Those that the gateway itself mounts for customers, since they come without a key. */
function routesBeforeAuthentication(): string[] {
  const mounted = read('src/gateway.ts').matchAll(/app\.(get|post|patch|put|delete)\('(\/v1\/[^']*)'/g);
  return [...mounted].map(([, method = '', path]) => `${method.toUpperCase()} ${path}`);
}

/** The keys of `STATE_OF_TASK`, which the gateway keeps to itself. */
function tasksThatCount(): string[] {
  const [, body = ''] = /const STATE_OF_TASK = \{([\s\S]*?)\}/.exec(read('src/compute/states.ts')) ?? [];
  return [...body.matchAll(/^\s*'?([\w-]+)'?:/gm)].map(([, task = '']) => task);
}
