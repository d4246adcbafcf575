import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import type { Customer, Target } from '../conformance/target.ts';
import { ADMIN_TOKEN, startGateway } from '../support/gateway.ts';
import { KeystoneAdmin } from '../support/keystone-admin.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { realOpenStack } from '../support/real-openstack.ts';
import { ReduClient } from '../support/redu-client.ts';
import { sharedKeys } from '../support/shared-keys.ts';
import { silentLogger } from '../support/silent-logger.ts';

/** The variables of the real OpenStack; a test of this folder makes no sense without one. */
export function requireOpenStack(): Readonly<Record<string, string>> {
  const variables = realOpenStack();
  if (variables === null) throw new Error('no OpenStack is running on this machine: start one first');
  return variables;
}

/** Instead of a minute: a test waits for it. */
const CONFIRM_AFTER = 1_500;

/** A gateway in this process in front of the real OpenStack. */
export async function openStackTarget(): Promise<Target> {
  const variables = requireOpenStack();
  const read = (name: string) => variables[name] ?? '';
  const clouds = openStackDriver({
    transport: undiciTransport(),
    authUrl: read('OS_AUTH_URL'),
    endpoints: { region: read('OS_REGION_NAME'), interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { name: read('ADMIN_USER'), domain: { name: 'Default' } },
      password: read('ADMIN_PASSWORD'),
      project: { name: read('ADMIN_PROJECT'), domain: { name: 'Default' } },
    },
    confirmAfterMs: CONFIRM_AFTER,
  });
  const keystone = new KeystoneAdmin(fetch, read('OS_AUTH_URL'), {
    user: read('ADMIN_USER'),
    password: read('ADMIN_PASSWORD'),
    project: read('ADMIN_PROJECT'),
  });
  // The service account of service keys.
  for (const project of ['ACME', 'GLOBEX']) await keystone.join(read(`${project}_PROJECT_ID`));
  const shared = sharedKeys();
  const node = async () => startGateway(clouds, { ...(await shared.openStores()), secret: shared.secret });
  const [gateway, second] = [await node(), await node()];
  const customer = (name: 'ACME' | 'GLOBEX'): Customer => {
    const secret = { id: read(`${name}_APP_CRED_ID`), secret: read(`${name}_APP_CRED_SECRET`) };
    const credential: CloudCredential = { kind: 'application_credential', ...secret };
    return {
      projectId: read(`${name}_PROJECT_ID`),
      projectName: read(`${name}_PROJECT`),
      userId: read(`${name}_USER_ID`),
      userName: read(`${name}_USER`),
      password: read(`${name}_PASSWORD`),
      applicationCredential: secret,
      networkId: read(`${name}_NETWORK_ID`),
      openStack: new OpenStackClient(fetch, read('OS_AUTH_URL'), secret),
      client: async (scopes) => new ReduClient(gateway.url, await gateway.keyFor(credential, scopes)),
      cloud: () =>
        clouds.open(credential, {
          region: '',
          deadline: deadlineIn(60_000),
          requestId: `req-${crypto.randomUUID()}`,
          trace: new CallTrace(),
          log: silentLogger,
        }),
    };
  };
  return {
    url: gateway.url,
    secondUrl: second.url,
    adminToken: ADMIN_TOKEN,
    keystone,
    confirmAfter: CONFIRM_AFTER,
    acme: customer('ACME'),
    globex: customer('GLOBEX'),
    async close() {
      await Promise.all([gateway.stop(), second.stop()]);
      await Promise.all([clouds.close(), shared.close()]);
    },
  };
}
