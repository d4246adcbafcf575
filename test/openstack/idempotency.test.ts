import { killedGateway } from '../idempotency/killed.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { requireOpenStack } from './target.ts';

killedGateway('before a real OpenStack', async () => {
  const variables = requireOpenStack();
  const authUrl = variables.OS_AUTH_URL ?? '';
  const credential = { id: variables.ACME_APP_CRED_ID ?? '', secret: variables.ACME_APP_CRED_SECRET ?? '' };
  return {
    authUrl,
    credential,
    openStack: new OpenStackClient(fetch, authUrl, credential),
    close: async () => {},
  };
});
