import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { run } from './run.ts';

const SEED = JSON.parse(readFileSync(join(import.meta.dirname, 'seed-instances.json'), 'utf8'));
const CURL = '/usr/bin/curl';
/** Debian's Python, whose `requests` is the package python3-requests. */
const PYTHON = '/usr/bin/python3';

const noPython = await reasonAgainst(PYTHON, ['-c', 'import requests']);
const noGo = await reasonAgainst('go', ['version']);

let target: SandboxTarget;
let acme: ReduClient;
beforeAll(async () => {
  target = await sandboxTarget({ withExampleServers: true });
  acme = await target.acme.client();
});
afterAll(() => target.close());

/** Runs one of `samples/`, which must succeed, and returns its output. */
async function sample(program: string, file: string, args: readonly string[] = [], timeout = 60_000) {
  const command = program === 'go' ? ['run', sampleFile(file)] : [sampleFile(file)];
  const finished = await run(
    program,
    [...command, ...args],
    { REDU_URL: target.url, REDU_API_KEY: acme.key, NETWORK_ID: target.acme.networkId },
    { timeout },
  );
  expect(finished.code, finished.stderr).toBe(0);
  return finished.stdout;
}

describe("the seed's two instances come out key by key equal to the seed", () => {
  test.each(['/v1/instances', '/cloud/v1/compute/instances/list'])('%s', async (path) => {
    const { status, body } = await acme.get(path);
    expect(status).toBe(200);
    expect(body).toEqual(SEED);
    // The keys in the documented order, too.
    expect(JSON.stringify(body, null, 2)).toBe(JSON.stringify(SEED, null, 2));
  });

  test('curl, as documented', async () => {
    expect(JSON.parse(await sample('/bin/sh', 'list-instances.sh'))).toEqual(SEED);
  });

  test.each(['fetch', 'axios'])('%s, as documented', async (client) => {
    expect(JSON.parse(await sample(process.execPath, `list-instances-${client}.mjs`))).toEqual(SEED);
  });

  test.skipIf(noPython !== null)('Python requests, as documented', async () => {
    expect(JSON.parse(await sample(PYTHON, 'list_instances.py'))).toEqual(SEED);
  });

  // The first build of its standard library takes a while.
  test.skipIf(noGo !== null)('Go, as documented, on the older path', { timeout: 180_000 }, async () => {
    expect(JSON.parse(await sample('go', 'list_instances.go', [], 170_000))).toEqual(SEED);
  });

  test('the documented 401, with curl', async () => {
    const { stdout } = await run(CURL, ['-s', '-H', 'x-api-key: YOUR_API_KEY', `${target.url}/v1/instances`]);
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'unauthorized', message: 'Invalid API key' } });
  });
});

describe('the samples of the compute API reference, on these paths', () => {
  test.each([
    ['status=ACTIVE', ['web-production-01']],
    ['status=SHUTOFF', ['api-staging']],
    ['status=BUILD', []],
    ['status=ERROR', []],
    ['name=%5Eapi-', ['api-staging']],
    ['flavor=m1.small', ['web-production-01']],
    [`image=${SEED[1].image_id}`, ['api-staging']],
    ['limit=1', ['web-production-01']],
    [`limit=1&marker=${SEED[0].id}`, ['api-staging']],
  ])('filter %s', async (query, names) => {
    const found: { name: string }[] = JSON.parse(await sample('/bin/sh', 'filter.sh', [query]));
    expect(found.map(({ name }) => name)).toEqual(names);
  });

  test('all_tenants requires an administrator', async () => {
    const { error } = JSON.parse(await sample('/bin/sh', 'filter.sh', ['all_tenants=1']));
    expect(error.code).toBe('forbidden');
  });

  describe('create, then act', () => {
    beforeAll(async () => {
      await acme.post('/v1/keypairs', { name: 'my-keypair' });
      await acme.post('/v1/security_groups', { name: 'web-servers' });
    });

    test('curl', async () => {
      const created = JSON.parse(await sample('/bin/sh', 'create-instance.sh'));
      expect(created).toMatchObject({ name: 'web-server-01', flavor_id: 'm1.medium', status: 'BUILD' });
      const { id } = created;
      const instance = await acme.until(id, ({ state }) => state === 'active');
      expect(instance).toMatchObject({
        keypair_name: 'my-keypair',
        security_group_names: ['web-servers'],
      });
      for (const [body, state] of ACTIONS) {
        const output = JSON.parse(await sample('/bin/sh', 'act.sh', [id, JSON.stringify(body)]));
        expect(output.error).toBeUndefined();
        await acme.until(id, (now) => now.state === state);
      }
      const snapshot = JSON.parse(await sample('/bin/sh', 'act.sh', [id, JSON.stringify(SNAPSHOT)]));
      expect(snapshot).toEqual({ image_id: expect.any(String) });
      await acme.remove(id);
    });

    test.skipIf(noPython !== null)('Python', async () => {
      const id = (await sample(PYTHON, 'create_instance.py')).trim();
      expect((await acme.get(`/v1/instances/${id}`)).body.name).toBe('web-server-01');
      await acme.remove(id);
    });
  });
});

/** The actions of the reference in this API's words, and the state each ends in. */
const ACTIONS = [
  [{ action: 'reboot', type: 'SOFT' }, 'active'],
  [{ action: 'reboot', type: 'HARD' }, 'active'],
  [{ action: 'stop' }, 'stopped'],
  [{ action: 'start' }, 'active'],
  [{ action: 'resize', flavor_id: 'm1.large' }, 'resized'],
  [{ action: 'confirm_resize' }, 'active'],
] as const;
const SNAPSHOT = { action: 'snapshot', name: 'web-server-01-snapshot', metadata: {} };

function sampleFile(file: string): string {
  return join(import.meta.dirname, 'samples', file);
}

/** Why samples of this language cannot run here, printed; null when they can. */
async function reasonAgainst(program: string, args: readonly string[]): Promise<string | null> {
  const { code, stderr } = await run(program, args);
  if (code === 0) return null;
  const reason = stderr.trim().split('\n').at(-1) ?? `exit code ${code}`;
  console.warn(`samples that need ${program} are skipped: ${reason}`);
  return reason;
}
