import { afterAll, beforeAll } from 'vitest';
import { conformance } from '../conformance/suite.ts';
import { startWranglerDev, type WranglerDev } from '../support/wrangler-dev.ts';
import { edgeTarget } from './target.ts';

let dev: WranglerDev;
const outside = globalThis.fetch;
let clients = 0;
beforeAll(async () => {
  dev = await startWranglerDev('test/edge/wrangler.toml');
  // Each request from an address of its own, so that tests which fail to sign in do not slow each other down.
  globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    clients += 1;
    if (request.url.startsWith(dev.url) && !request.headers.has('x-forwarded-for')) {
      request.headers.set('x-forwarded-for', `2001:db8:${(clients % 65_536).toString(16)}::1`);
    }
    return outside(request);
  };
});
afterAll(async () => {
  globalThis.fetch = outside;
  await dev?.close();
});

conformance('wrangler dev, over HTTP', () => edgeTarget(dev.url));
