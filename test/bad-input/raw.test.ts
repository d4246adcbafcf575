import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { RAW_REQUESTS } from './raw-rows.ts';

const TIMEOUT_MS = 5_000;
/** Time for the effects of a disconnect, which has no response to wait for. */
const SETTLE_MS = 50;

let target: SandboxTarget;
let key: string;
beforeAll(async () => {
  target = await sandboxTarget();
  key = (await target.acme.client()).key;
});
afterAll(() => target.close());

describe('malformed bytes on the wire', () => {
  test.each(RAW_REQUESTS)('$name', async ({ bytes, statuses, hangUp }) => {
    const before = target.requests.length;
    const response = await exchange(bytes.replaceAll('{key}', key), hangUp ?? false);
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(response) ?? [];
    expect(statuses, response.slice(0, 300)).toContain(status === undefined ? null : Number(status));
    expect(response, 'a single response').not.toMatch(/\r\n\r\n[\s\S]*HTTP\/1\.1 [125]/);
    if (hangUp) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    expect(target.requests.slice(before), 'requests to the cloud').toEqual([]);
    expect(target.gateway.logged.filter(({ event }) => event === 'request_failed')).toEqual([]);
    expect((await fetch(`${target.url}/healthz`)).status, 'it still serves').toBe(200);
  });
});

/** Sends bytes (Latin-1) and returns the bytes received until a complete response or the end of the connection. */
function exchange(bytes: string, hangUp: boolean): Promise<string> {
  const { hostname, port } = new URL(target.url);
  return new Promise((resolve, reject) => {
    let response = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(Buffer.from(bytes, 'latin1'));
      if (hangUp) socket.end();
    });
    socket.setTimeout(TIMEOUT_MS, () => {
      socket.destroy();
      reject(new Error(`neither a response nor an end: ${response.slice(0, 300)}`));
    });
    socket.on('data', (data) => {
      response += data.toString('latin1');
      if (isWhole(response)) socket.end();
    });
    // A reset ends the connection.
    socket.on('error', () => {});
    socket.on('close', () => resolve(response));
  });
}

/** Whether head and body are complete, by Content-Length. */
function isWhole(response: string): boolean {
  const [head = '', body] = response.split(/\r\n\r\n(.*)/s);
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  return body !== undefined && length !== undefined && body.length >= Number(length);
}
