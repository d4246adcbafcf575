import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import { createSandbox, type Sandbox } from '../../adapters/sandbox/index.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { type CloudUnderTest, killedGateway } from './killed.ts';

killedGateway('before a sandbox over HTTP', async (): Promise<CloudUnderTest> => {
  let sandbox: Sandbox | undefined;
  const server = createAdaptorServer({
    fetch: (request) => sandbox?.fetch(request) ?? new Response(null, { status: 503 }),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  sandbox = createSandbox({
    baseUrl: `http://127.0.0.1:${port}`,
    bootMilliseconds: 60,
    projects: [{ name: 'acme' }],
  });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const credential = { id: account.applicationCredentialId, secret: account.applicationCredentialSecret };
  return {
    authUrl: sandbox.authUrl,
    credential,
    openStack: new OpenStackClient(fetch, sandbox.authUrl, credential),
    async close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
});
