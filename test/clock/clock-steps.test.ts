import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { EventReader } from '../events/event-reader.ts';
import { debianProgram } from '../support/debian-package.ts';
import { type GatewayProcess, runCommand, startProcess } from '../support/gateway-process.ts';
import { byCredential, keyIdOf, sendNova } from '../support/nova-client.ts';

const ADMIN_TOKEN = 'admin-token-of-the-tests';
const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const HOUR_SECONDS = 3_600;
const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

const faketime = await debianProgram(LIBRARY, ['faketime'], 'steps of the wall clock');
let gateway: GatewayProcess | undefined;
afterEach(async () => {
  await gateway?.end('SIGKILL');
});

/** A gateway whose wall clock can be set, and nothing else of its time. */
async function started() {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-clock-'));
  const offset = join(folder, 'offset');
  const settings = {
    DATABASE_URL: `sqlite:${join(folder, 'keys.db')}`,
    LINGUANOVA_SANDBOX: '1',
    LINGUANOVA_SECRET: Buffer.alloc(32, 5).toString('base64'),
  };
  writeFileSync(offset, '+0');
  gateway = await startProcess({
    ...settings,
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
    LINGUANOVA_PLANS: 'default=100000/60,small=5/2',
    LINGUANOVA_CACHE_SECONDS: '1',
    LD_PRELOAD: LIBRARY,
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_NO_CACHE: '1',
    FAKETIME_TIMESTAMP_FILE: offset,
  });
  const { url, stdout } = gateway;
  const key = /ln_[0-9a-zA-Z]+_[0-9a-zA-Z]+/.exec(stdout())?.[0] ?? '';
  const get = (path: string, headers: Record<string, string> = { 'x-api-key': key }) =>
    sendNova(url, `GET ${path}`, headers);
  return {
    url,
    key,
    get,
    step: (seconds: number) => writeFileSync(offset, `${seconds < 0 ? '' : '+'}${seconds}`),
    /** As another node with the same database. */
    revoke: () => runCommand(['keys', 'revoke', keyIdOf(key)], settings),
  };
}

describe.skipIf(faketime === null).each([
  ['back', -HOUR_SECONDS],
  ['forward', HOUR_SECONDS],
])('a wall clock that is set %s by an hour', (_, seconds) => {
  test('extends the use of a revoked key by at most half a second', async () => {
    const { get, step, revoke } = await started();
    expect((await get('/v1/me')).status).toBe(200);
    step(seconds);
    expect((await revoke()).code).toBe(0);
    await expect.poll(async () => (await get('/v1/me')).status, { timeout: 5_000 }).toBe(401);
  });

  test('neither extends failure limits nor locks clients out', async () => {
    const { get, step } = await started();
    const wrong = () => get('/admin/v1/keys', { authorization: 'Bearer wrong-wrong-wrong' });
    for (let n = 0; n < 10; n++) expect((await wrong()).status).toBe(401);
    step(seconds);
    const { status, headers } = await wrong();
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await get('/admin/v1/keys', ADMIN)).status).toBe(200);
  });

  test('changes neither windows of rate limits nor how long responses are cached', async () => {
    const { url, get, step } = await started();
    const { project_id } = (await get('/v1/me')).body;
    const made = await sendNova(url, 'POST /admin/v1/keys', ADMIN, {
      name: 'small',
      plan: 'small',
      project_id,
    });
    expect(made.status).toBe(201);
    const small = () => get('/v1/me', { 'x-api-key': made.body.key });
    await get('/v1/flavors');
    expect((await small()).status).toBe(200);
    step(seconds);
    await expect.poll(async () => (await small()).status).toBe(429);
    expect(Number((await small()).headers.get('retry-after'))).toBeLessThanOrEqual(2);
    await expect.poll(async () => (await small()).status, { timeout: 10_000 }).toBe(200);
    const { headers } = await get('/v1/instances');
    expect(Number(headers.get('age'))).toBeLessThanOrEqual(1);
    await expect
      .poll(async () => (await get('/v1/instances')).headers.get('x-cache'), {
        timeout: 5_000,
        interval: 300,
      })
      .not.toBe('HIT');
  });

  test('ends no event stream, and cloud tokens stay valid', async () => {
    const { url, key, get, step } = await started();
    const reader = await EventReader.open(url, key);
    await reader.until(({ event }) => event === 'ready');
    step(seconds);
    const { body: flavors } = await get('/v1/flavors');
    const { body: images } = await get('/v1/images');
    const flavor = flavors.items[0];
    const image = images.items[0];
    const made = await sendNova(
      url,
      'POST /v1/instances',
      { 'x-api-key': key },
      {
        name: 'after-the-step',
        flavor_id: flavor.id,
        image_id: image.id,
      },
    );
    expect(made.status, JSON.stringify(made.body)).toBe(202);
    expect(await reader.until(({ event }) => event === 'instance.created')).toBeDefined();
    reader.close();
  });

  test('does not shorten the lifetime of tokens issued afterwards', async () => {
    const { url, key, step } = await started();
    step(seconds);
    const body = byCredential({ id: keyIdOf(key), secret: key });
    const { status, headers } = await sendNova(url, 'POST /identity/v3/auth/tokens', {}, body);
    expect(status).toBe(201);
    const token = { 'x-auth-token': headers.get('x-subject-token') ?? '' };
    expect((await sendNova(url, 'GET /compute/v2.1/servers', token)).status).toBe(200);
  });
});
