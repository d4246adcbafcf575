import { describe, expect, test } from 'vitest';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import { startGateway } from '../support/gateway.ts';
import { sendNova } from '../support/nova-client.ts';

/** A gateway in front of a sandbox with rewritten responses. */
async function gatewayWith(rewrite: (path: string, body: string, projectId: string) => string) {
  const sandbox = createSandbox();
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const clouds = openStackDriver({
    transport: fetchTransport(async (request) => {
      const response = await sandbox.fetch(request);
      if (!response.headers.get('content-type')?.includes('json')) return response;
      const body = rewrite(new URL(request.url).pathname, await response.text(), account.projectId);
      const { status, headers } = response;
      return new Response(request.method === 'HEAD' ? null : body, { status, headers });
    }),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  const gateway = await startGateway(clouds);
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = account;
  return { gateway, key: await gateway.keyFor({ kind: 'application_credential', id, secret }) };
}

const isSignIn = (path: string) => path.endsWith('/auth/tokens');

describe('both dialects work', () => {
  test.each([
    ['compute/v2.1', 'compute'],
    ['compute/v2.1', 'compute/'],
    ['compute/v2.1', 'compute/v2.1/'],
    ['compute/v2.1', 'compute/v2'],
    ['compute/v2.1', 'compute/v2.1/{project}'],
    ['networking', 'networking/v2.0'],
    ['networking', 'networking/v2.0/'],
    ['image', 'image/v2'],
    ['image', 'image/v2/'],
    ['image', 'image/'],
  ])('where the catalog has %s as %s', async (usual, form) => {
    const { gateway, key } = await gatewayWith((path, body, projectId) =>
      isSignIn(path)
        ? body.replaceAll(
            `"http://sandbox.invalid/${usual}"`,
            `"http://sandbox.invalid/${form.replace('{project}', projectId)}"`,
          )
        : body,
    );
    for (const path of ['/v1/flavors', '/v1/instances', '/v1/networks', '/v1/images']) {
      expect((await sendNova(gateway.url, `GET ${path}`, { 'x-api-key': key })).status, path).toBe(200);
    }
    for (const path of ['/compute/v2.1/servers', '/networking/v2.0/networks', '/image/v2/images']) {
      expect((await sendNova(gateway.url, `GET ${path}`, { 'x-auth-token': key })).status, path).toBe(200);
    }
    await gateway.stop();
  });
});

test.each([
  ['https://sandbox.invalid', 'http://sandbox.invalid'],
  ['https://sandbox.invalid', 'http://sandbox.invalid:80'],
  ['https://sandbox.invalid', 'http://SANDBOX.invalid:443'],
  ['http://sandbox.invalid', 'https://sandbox.invalid'],
])(
  'links point to the gateway where the catalog has %s and the services print %s',
  async (listed, printed) => {
    const { gateway, key } = await gatewayWith((path, body) =>
      body.replaceAll('http://sandbox.invalid', isSignIn(path) ? listed : printed),
    );
    const paths = [
      '/compute/v2.1/flavors?limit=1',
      '/compute/v2.1/flavors/detail',
      '/compute',
      '/compute/v2.1/',
      '/networking/',
      '/networking/v2.0/networks?limit=1',
      '/image/',
    ];
    for (const path of paths) {
      const { body } = await sendNova(gateway.url, `GET ${path}`, { 'x-auth-token': key });
      expect(JSON.stringify(body), path).toContain(gateway.url);
      expect(JSON.stringify(body), path).not.toMatch(/sandbox\.invalid/i);
    }
    await gateway.stop();
  },
);
