import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { sendNova } from '../support/nova-client.ts';
import { byPassword } from '../support/sandbox-client.ts';

/** Allows the list of flavors only, as both dialects request it. */
const RULES = [
  { service: 'compute', method: 'GET', path: '/v2.1/flavors' },
  { service: 'compute', method: 'GET', path: '/v2.1/flavors/detail' },
];

let gateway: RunningGateway;
let full: string;
let narrow: string;
beforeAll(async () => {
  const sandbox = createSandbox({
    bootMilliseconds: 60,
    projects: [{ name: 'acme', withExampleServers: true }],
  });
  const [acme] = sandbox.accounts;
  if (acme === undefined) throw new Error('the sandbox has no account');
  const clouds = openStackDriver({
    transport: fetchTransport((request) => sandbox.fetch(request)),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  gateway = await startGateway(clouds);
  const user = await byPassword(sandbox, acme);
  const keyWith = async (name: string, more: object) => {
    const path = `/identity/v3/users/${acme.userId}/application_credentials`;
    const { body } = await user('POST', path, { application_credential: { name, ...more } });
    const { id, secret } = body.application_credential;
    return gateway.keyFor({ kind: 'application_credential', id, secret });
  };
  full = await keyWith('full', {});
  narrow = await keyWith('narrow', { access_rules: RULES });
});
afterAll(() => gateway.stop());

const redu = (key: string, path: string) => sendNova(gateway.url, `GET ${path}`, { 'x-api-key': key });
const nova = (key: string, path: string) => sendNova(gateway.url, `GET ${path}`, { 'x-auth-token': key });

describe('a credential with access rules', () => {
  test.each([
    '/v1/instances',
    '/v1/instances?limit=1',
    '/v1/keypairs',
    '/v1/security_groups',
    '/v1/quotas',
    '/v1/images',
    '/v1/networks',
  ])('gets 403 for %s, also while another key of its user has it cached', async (path) => {
    for (let round = 0; round < 2; round++) {
      expect((await redu(full, path)).status).toBe(200);
      expect((await redu(narrow, path)).status).toBe(403);
    }
  });

  test.each([
    '/compute/v2.1/servers/detail',
    '/compute/v2.1/flavors/m1.tiny',
    '/image/v2/images',
    '/networking/v2.0/networks',
  ])('gets 403 for %s, also while another key of its user has it cached', async (path) => {
    for (let round = 0; round < 2; round++) {
      expect((await nova(full, path)).status).toBe(200);
      expect((await nova(narrow, path)).status).toBe(403);
    }
  });

  test('is allowed what its rules permit', async () => {
    expect((await nova(narrow, '/compute/v2.1/flavors')).status).toBe(200);
  });

  test('receives no events of its project while another key is subscribed', async () => {
    const listen = async (key: string) => {
      const aborting = new AbortController();
      const response = await fetch(`${gateway.url}/v1/events`, {
        headers: { 'x-api-key': key },
        signal: aborting.signal,
      });
      const first = response.ok ? await response.body?.getReader().read() : undefined;
      return { status: response.status, first, end: () => aborting.abort() };
    };
    const one = await listen(full);
    expect(one.status).toBe(200);
    const other = await listen(narrow);
    expect(other.status).toBe(403);
    one.end();
    other.end();
  });
});
