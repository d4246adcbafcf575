import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { reduDialect } from '../../src/dialects/redu/dialect.ts';
import { REDU_ERRORS } from '../../src/dialects/redu/errors.ts';
import { code, read, rows, section } from './pages.ts';

const PAGE = read('docs/redu.md');

/** What the dialect is made with opens nothing before a request comes; none does here. */
const NOTHING = [{}] as unknown as Parameters<typeof reduDialect>;

test('the reference lists the routes that the dialect serves', () => {
  const documented = rows(section(read('docs/redu-reference.md'), 'Routes')).map(([route]) => code(route));
  const ofCustomers = documented.filter((route) => !route.includes(' /admin/')).map(asMounted);
  expect(new Set(ofCustomers)).toEqual(new Set(routesOfDialect()));
});

test('the guide names only routes that exist', () => {
  const named = [...PAGE.matchAll(/`((?:GET|POST|PATCH|PUT|DELETE) \/[^\s`?]*)/g)].map(([, route = '']) =>
    asMounted(route),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((route) => !routesOfDialect().includes(route))).toEqual([]);
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

/** `/v1/instances/:id` of `/v1/instances/{id}`. */
function asMounted(route: string): string {
  return route.replaceAll(/\{(\w+)\}/g, ':$1');
}
