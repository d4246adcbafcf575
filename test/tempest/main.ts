/**
 * `npm run tempest [-- REGEX]`: OpenStack's own test suite against the real OpenStack of this machine, directly and through the
 * gateway, with the same accounts; and where the two differ. Ends with 1 when a test passes directly and not through the gateway.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { parseKey } from '../../src/access/key-format.ts';
import { DEFAULT_SCOPES, SCOPES } from '../../src/access/scopes.ts';
import { startGateway } from '../support/gateway.ts';
import { realOpenStack } from '../support/real-openstack.ts';
import { makeAccounts } from './accounts.ts';
import { type Outcome, runTempest, type TempestRun } from './run-tempest.ts';

const CONCURRENCY = 2;
/** Two for each worker, as tests ask for a second customer. */
const MEMBERS = 2 * CONCURRENCY;
const OUTPUT = 'test/tempest/output';

const [regex = 'tempest\\.api\\.compute', only = 'both'] = process.argv.slice(2);
const variables = realOpenStack();
if (variables === null) throw new Error('no OpenStack is running on this machine: start one first');
const read = (name: string) => variables[name] ?? '';
const setUp = '../shared/openstack/tempest-setup';
const home = process.env.OPENSTACK_HOME ?? '/tmp/openstack-real';
execFileSync(process.env.TEMPEST_SETUP ?? setUp, { stdio: 'inherit' });
mkdirSync(OUTPUT, { recursive: true });

const accounts = await makeAccounts(
  {
    authUrl: read('OS_AUTH_URL'),
    user: read('ADMIN_USER'),
    password: read('ADMIN_PASSWORD'),
    project: read('ADMIN_PROJECT'),
    neutronUrl: read('NEUTRON_URL'),
    publicNetworkId: read('PUBLIC_NETWORK_ID'),
  },
  { members: MEMBERS, admins: CONCURRENCY },
);
const common = {
  settings: join(home, 'tempest/etc/tempest.conf'),
  accounts,
  concurrency: CONCURRENCY,
  regex,
} satisfies Partial<TempestRun>;

const direct =
  only === 'gateway'
    ? new Map<string, Outcome>()
    : await runTempest({
        ...common,
        authUrl: read('OS_AUTH_URL'),
        signIn: ({ userName, password }) => ({ userName, password }),
        log: join(OUTPUT, 'direct.log'),
      });

const clouds = openStackDriver({
  transport: undiciTransport(),
  authUrl: read('OS_AUTH_URL'),
  endpoints: { region: read('OS_REGION_NAME'), interface: 'public' },
  serviceAccount: null,
});
const gateway = await startGateway(clouds);
const keys = new Map<string, string>();
for (const { userName, credential, isAdmin } of accounts) {
  keys.set(userName, await gateway.keyFor(credential, isAdmin ? SCOPES : DEFAULT_SCOPES));
}
const through = await runTempest({
  ...common,
  authUrl: `${gateway.url}/identity/v3`,
  signIn({ userName }) {
    const key = keys.get(userName) ?? '';
    return { userName: parseKey(key)?.id ?? '', password: key };
  },
  log: join(OUTPUT, 'gateway.log'),
});
await gateway.stop();
await clouds.close();

const tell = (name: string, outcomes: Map<string, Outcome>) => {
  const count = (outcome: Outcome) => [...outcomes.values()].filter((one) => one === outcome).length;
  console.log(`${name}: ${count('ok')} passed, ${count('FAILED')} failed, ${count('SKIPPED')} skipped`);
};
tell('directly', direct);
tell('through the gateway', through);
const differences = [...direct].filter(([test, outcome]) => through.get(test) !== outcome);
for (const [test, outcome] of differences) {
  console.log(`${test}: ${outcome} directly, ${through.get(test) ?? 'not run'} through the gateway`);
}
if (differences.some(([, outcome]) => outcome === 'ok')) process.exitCode = 1;
