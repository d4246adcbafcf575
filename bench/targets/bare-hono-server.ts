/**
 * A Hono handler that sends the same bytes for every request, on the same server as the gateway: what there would be without
 * one. Reads a `RecordedAnswer` from the file that its argument names.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { RecordedResponse } from './recorded-response.ts';

const [file = '', path = '/'] = process.argv.slice(2);
const { headers, body }: RecordedResponse = JSON.parse(readFileSync(file, 'utf8'));
const bytes = new TextEncoder().encode(body);

const app = new Hono().get(path, (c) => c.body(bytes, 200, headers));

const server = createAdaptorServer({ fetch: app.fetch });
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(`listens on ${address.port}`);
});
process.on('SIGTERM', () => process.exit(0));
