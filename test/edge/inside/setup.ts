import { applyD1Migrations, type Migration } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeAll } from 'vitest';

/** Where the suites find the worker. */
export const INSIDE_URL = 'http://edge.invalid';

/** A request comes from the address that it says itself, else each from another one, as in `test/support/gateway.ts`. */
let clients = 0;
const outside = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const request = new Request(input, init);
  if (!request.url.startsWith(INSIDE_URL)) return outside(request);
  clients += 1;
  const address = request.headers.get('x-forwarded-for') ?? `2001:db8:${(clients % 65_536).toString(16)}::1`;
  request.headers.set('cf-connecting-ip', address);
  return exports.default.fetch(request);
};

beforeAll(async () => {
  const { KEYS, MIGRATIONS } = env as { KEYS: unknown; MIGRATIONS: readonly Migration[] };
  await applyD1Migrations(KEYS, MIGRATIONS);
});
