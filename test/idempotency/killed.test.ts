import { OpenStackClient } from '../support/openstack-client.ts';
import { sandboxServer } from '../support/sandbox-server.ts';
import { type CloudUnderTest, killedGateway } from './killed.ts';

killedGateway('before a sandbox over HTTP', async (): Promise<CloudUnderTest> => {
  const { sandbox, close } = await sandboxServer({ bootMilliseconds: 60, projects: [{ name: 'acme' }] });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const credential = { id: account.applicationCredentialId, secret: account.applicationCredentialSecret };
  return {
    authUrl: sandbox.authUrl,
    credential,
    openStack: new OpenStackClient(fetch, sandbox.authUrl, credential),
    close: async () => close(),
  };
});
