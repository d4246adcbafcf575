import { expect, test } from 'vitest';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import { startGateway } from '../support/gateway.ts';

test('what is thrown and no Error is 500 with the error body, a request id and a log line', async () => {
  const sandbox = createSandbox({ projects: [{ name: 'acme' }] });
  const driver = openStackDriver({
    transport: fetchTransport((request) => sandbox.fetch(request)),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const gateway = await startGateway({
    ...driver,
    open() {
      // As a request's own AbortSignal does when its reason is a text.
      throw 'Client connection prematurely closed.';
    },
  });
  const key = await gateway.keyFor({
    kind: 'application_credential',
    id: account.applicationCredentialId,
    secret: account.applicationCredentialSecret,
  });
  const response = await fetch(`${gateway.url}/v1/quotas`, { headers: { 'x-api-key': key } });
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ error: { code: 'internalError' } });
  const id = response.headers.get('x-request-id');
  expect(id).toMatch(/^req-/);
  expect(gateway.logged.filter(({ event }) => event === 'request_failed')).toMatchObject([
    { fields: { request_id: id } },
  ]);
  await gateway.stop();
  await driver.close();
});
