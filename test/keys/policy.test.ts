import { expect, test } from 'vitest';
import { policyConformance } from '../conformance/policy.ts';
import { partConformance } from '../conformance/suite.ts';
import { sendNova } from '../support/nova-client.ts';
import { ReduClient } from '../support/redu-client.ts';
import { sandboxTarget } from '../support/sandbox-target.ts';

partConformance('the sandbox', () => sandboxTarget(), policyConformance);

// Neutron shows the ports of all projects to it.
test('a credential with the role service needs a key with the scope admin in the nova dialect', async () => {
  const target = await sandboxTarget();
  try {
    const { acme, keystone, url } = target;
    await keystone.giveRole(acme.projectId, acme.userId, 'service');
    const { userName: username, password, projectId: project_id } = acme;
    const wish = { name: 'service', credentials: { username, password, project_id } };
    const { key } = (await new ReduClient(url, '').post('/v1/api_keys', wish)).body;
    const refused = await sendNova(url, 'GET /networking/v2.0/ports', { 'x-auth-token': key });
    expect([refused.status, refused.body.NeutronError.message]).toEqual([
      403,
      expect.stringContaining('"service" and lacks the scope "admin"'),
    ]);
    expect((await new ReduClient(url, key).get('/v1/instances')).status).toBe(200);
  } finally {
    await target.close();
  }
});
