import { Agent, get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventReader } from '../events/event-reader.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { type SlowCloud, startSlowCloud } from '../support/slow-cloud.ts';

const ADMIN_TOKEN = 'admin-token-of-the-tests';
const SLOWNESS_MILLISECONDS = 3_000;

let cloud: SlowCloud;
beforeAll(async () => {
  cloud = await startSlowCloud(SLOWNESS_MILLISECONDS);
});
afterAll(() => cloud.stop());

async function startInFrontOfSlowCloud(): Promise<{ gateway: GatewayProcess; key: string }> {
  const gateway = await startProcess({
    OS_AUTH_URL: cloud.authUrl,
    LINGUANOVA_SECRET: Buffer.alloc(32, 7).toString('base64'),
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
    LOG_LEVEL: 'silent',
  });
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = cloud.account;
  const response = await fetch(`${gateway.url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'stop', application_credential: { id, secret } }),
  });
  const { key } = (await response.json()) as { key: string };
  return { gateway, key };
}

test('SIGTERM lets a slow request finish, rejects new ones and exits with 0', async () => {
  const { gateway, key } = await startInFrontOfSlowCloud();
  const slow = ask(`${gateway.url}/v1/instances`, { 'x-api-key': key });
  await until(() => cloud.waiting() > 0);
  const ended = gateway.end('SIGTERM');
  const connect = () => ask(`${gateway.url}/healthz`).then(() => 'served', String);
  await expect.poll(connect, { message: 'a new connection' }).toContain('ECONNREFUSED');

  const { status, text } = await slow;
  expect(status).toBe(200);
  expect(JSON.parse(text)).toHaveLength(2);
  expect(await ended).toBe(0);
  expect(gateway.stderr()).toBe('');
});

test('a second signal does not abort a request', async () => {
  const { gateway, key } = await startInFrontOfSlowCloud();
  const slow = ask(`${gateway.url}/v1/instances`, { 'x-api-key': key });
  await until(() => cloud.waiting() > 0);
  const ended = gateway.end('SIGTERM');
  gateway.child.kill('SIGINT');
  expect((await slow).status).toBe(200);
  expect(await ended).toBe(0);
});

test('open event streams are ended', async () => {
  const { gateway, key } = await startInFrontOfSlowCloud();
  const readers = await Promise.all(Array.from({ length: 5 }, () => EventReader.open(gateway.url, key)));
  await Promise.all(readers.map((reader) => reader.until(({ event }) => event === 'ready')));
  const ended = gateway.end('SIGTERM');
  await Promise.all(readers.map((reader) => reader.ended()));
  expect(await ended).toBe(0);
  expect(gateway.stderr()).toBe('');
});

test('an idle connection does not delay the shutdown', async () => {
  const gateway = await startProcess({ LOG_LEVEL: 'silent' });
  const agent = new Agent({ keepAlive: true });
  await ask(`${gateway.url}/healthz`, {}, agent);
  const started = Date.now();
  expect(await gateway.end('SIGTERM')).toBe(0);
  expect(Date.now() - started).toBeLessThan(4_500);
  agent.destroy();
});

test('busy keep-alive clients see no reset during the shutdown', async () => {
  const gateway = await startProcess({ LOG_LEVEL: 'silent' });
  let served = 0;
  let stopping = false;
  const client = async (): Promise<string> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (;;) {
        const { status } = await ask(`${gateway.url}/healthz`, {}, agent);
        if (status !== 200) return `status ${status}`;
        served += 1;
      }
    } catch (error) {
      // A new connection is refused once it stops; one that is there already must be let go in an orderly way.
      return stopping
        ? ((error as NodeJS.ErrnoException).code ?? String(error))
        : `before the stop: ${error}`;
    } finally {
      agent.destroy();
    }
  };
  const ends = Promise.all(Array.from({ length: 50 }, client));
  await until(() => served > 1_000);
  stopping = true;
  expect(await gateway.end('SIGTERM')).toBe(0);
  expect(new Set(await ends)).toEqual(new Set(['ECONNREFUSED']));
});

/** One request. Unlike `fetch` it never sends one again by itself. */
function ask(
  url: string,
  headers: Record<string, string> = {},
  agent: Agent | false = false,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent, timeout: 15_000 }, (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('timeout', () => request.destroy(new Error('no response in time')));
    request.on('error', reject);
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition(); ) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
