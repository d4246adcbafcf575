import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import type { Account, AdminAccount } from '../../adapters/sandbox/index.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { Customer, Target } from '../conformance/target.ts';
import { KeystoneAdmin } from '../support/keystone-admin.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { ReduClient } from '../support/redu-client.ts';
import { silentLogger } from '../support/silent-logger.ts';

/** As `wrangler.toml` of this folder has it. */
export const ADMIN_TOKEN = 'admin-token-of-the-tests';
/** As `worker.ts` of this folder has it. */
const CONFIRM_AFTER = 100;
const SANDBOX_URL = 'http://sandbox.invalid';

/** The worker of this folder at `url`, reached by `fetch` alone: from inside the runtime, or over HTTP from outside. */
export async function edgeTarget(url: string): Promise<Target> {
  const toSandbox = (request: Request): Promise<Response> =>
    fetch(new Request(request.url.replace(SANDBOX_URL, `${url}/@sandbox`), request));
  const access = await (await fetch(`${url}/@access`)).json();
  const { accounts, admin, authUrl } = access as {
    accounts: Account[];
    admin: AdminAccount;
    authUrl: string;
  };

  const clouds = openStackDriver({
    transport: fetchTransport(toSandbox),
    authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });

  const customer = (name: string): Customer => {
    const account = accounts.find(({ projectName }) => projectName === name);
    if (account === undefined) throw new Error(`the sandbox has no project ${name}`);
    const secret = { id: account.applicationCredentialId, secret: account.applicationCredentialSecret };
    return {
      projectId: account.projectId,
      projectName: account.projectName,
      userId: account.userId,
      userName: account.userName,
      password: account.password,
      applicationCredential: secret,
      networkId: account.networkId,
      openStack: new OpenStackClient(toSandbox, authUrl, secret),
      async client(scopes) {
        const response = await fetch(`${url}/admin/v1/keys`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'test', application_credential: secret, ...(scopes && { scopes }) }),
        });
        const body = (await response.json()) as { key?: string };
        if (body.key === undefined) throw new Error(`no key: ${response.status} ${JSON.stringify(body)}`);
        return new ReduClient(url, body.key);
      },
      cloud: () =>
        clouds.open(
          { kind: 'application_credential', ...secret },
          {
            region: '',
            deadline: deadlineIn(60_000),
            requestId: `req-${crypto.randomUUID()}`,
            trace: new CallTrace(),
            log: silentLogger,
          },
        ),
    };
  };

  return {
    url,
    secondUrl: `${url}/@second`,
    adminToken: ADMIN_TOKEN,
    keystone: new KeystoneAdmin(toSandbox, authUrl, {
      user: admin.userName,
      password: admin.password,
      project: admin.projectName,
    }),
    confirmAfter: CONFIRM_AFTER,
    acme: customer('acme'),
    globex: customer('globex'),
    close: () => clouds.close(),
  };
}
