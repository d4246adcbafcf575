/**
 * `npm run tempest [-- REGEX [WAY]]`: OpenStack's own test suite against the real OpenStack of this machine, directly and through
 * the gateway, with the same accounts; and where the two differ. Ends with 1 when a test passes directly and not through the
 * gateway. WAY is `direct` for that run alone, `gateway` to compare with the last one, or `redu`: through a gateway on the redu
 * dialect of another one.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { reduDriver } from '../../adapters/redu/index.ts';
import { parseKey } from '../../src/access/key-format.ts';
import { DEFAULT_SCOPES, SCOPES } from '../../src/scopes.ts';
import { CloudProjects } from '../support/cloud-projects.ts';
import { startGateway } from '../support/gateway.ts';
import { openStackHome, realOpenStack } from '../support/real-openstack.ts';
import { makeAccounts } from './accounts.ts';
import { type Outcome, outcomesIn, runTempest, type TempestRun } from './run-tempest.ts';

const CONCURRENCY = 2;
/** Two for each worker, as tests require a second customer. */
const MEMBERS = 2 * CONCURRENCY;
const OUTPUT = `test/tempest/output/${basename(openStackHome())}`;
const DIRECT_LOG = join(OUTPUT, 'direct.log');
/** It knows one microversion, and sets no passwords; Nova can be configured so, too. */
const OF_A_REDU_CLOUD = [
  { section: 'compute', line: 'max_microversion = 2.1' },
  { section: 'compute-feature-enabled', line: 'enable_instance_password = false' },
];

const [regex = 'tempest\\.api\\.(compute|image|network|identity\\.(v3|admin\\.v3))', only = 'both'] =
  process.argv.slice(2);
const variables = realOpenStack();
if (variables === null) throw new Error('no OpenStack is running on this machine: start one first');
const read = (name: string) => variables[name] ?? '';
const setUp = '../shared/openstack/tempest-setup';
const home = openStackHome();
execFileSync(process.env.TEMPEST_SETUP ?? setUp, {
  stdio: 'inherit',
  env: { TEMPEST_MAX_MICROVERSION: 'latest', ...process.env },
});
mkdirSync(OUTPUT, { recursive: true });

const { accounts, remove } = await makeAccounts(await CloudProjects.of(variables), {
  members: MEMBERS,
  admins: CONCURRENCY,
});
const common = {
  settings: join(home, 'tempest/etc/tempest.conf'),
  accounts,
  concurrency: CONCURRENCY,
  regex,
} satisfies Partial<TempestRun>;

let direct: Map<string, Outcome>;
let through: Map<string, Outcome>;
try {
  direct = only === 'both' || only === 'direct' ? await runDirectly() : earlier(DIRECT_LOG);
  through = only === 'direct' ? direct : await runThroughGateway();
} finally {
  await remove();
}

function runDirectly(): Promise<Map<string, Outcome>> {
  return runTempest({
    ...common,
    authUrl: read('OS_AUTH_URL'),
    signIn: ({ userName, password, projectName }) => ({ userName, password, projectName }),
    log: DIRECT_LOG,
  });
}

/** The outcomes of an earlier run; none where there was none. */
function earlier(log: string): Map<string, Outcome> {
  return existsSync(log) ? outcomesIn(readFileSync(log, 'utf8')) : new Map();
}

async function runThroughGateway(): Promise<Map<string, Outcome>> {
  const clouds = openStackDriver({
    transport: undiciTransport(),
    authUrl: read('OS_AUTH_URL'),
    endpoints: { region: read('OS_REGION_NAME'), interface: 'public' },
    serviceAccount: null,
  });
  const gateway = await startGateway(clouds);
  const last = only === 'redu' ? await startGateway(reduDriver({ url: gateway.url, fetch })) : gateway;
  const keys = new Map<string, string>();
  for (const { userName, credential, isAdmin } of accounts) {
    const scopes = isAdmin ? SCOPES : DEFAULT_SCOPES;
    const key = await gateway.keyFor(credential, scopes);
    keys.set(userName, last === gateway ? key : await last.keyFor({ kind: 'redu_key', key }, scopes));
  }
  const outcomes = await runTempest({
    ...common,
    authUrl: `${last.url}/identity/v3`,
    signIn({ userName, projectId, projectName }) {
      const key = keys.get(userName) ?? '';
      if (last === gateway) return { userName, password: key, projectName };
      // A redu cloud reports the names neither of its users nor of its projects.
      return { userName: parseKey(key)?.id ?? '', password: key, projectName: projectId };
    },
    changed: last === gateway ? [] : OF_A_REDU_CLOUD,
    log: join(OUTPUT, `${only}.log`),
  });
  if (last !== gateway) await last.stop();
  await gateway.stop();
  await clouds.close();
  return outcomes;
}

const printOutcomes = (name: string, outcomes: Map<string, Outcome>) => {
  const count = (outcome: Outcome) => [...outcomes.values()].filter((one) => one === outcome).length;
  console.log(`${name}: ${count('ok')} passed, ${count('FAILED')} failed, ${count('SKIPPED')} skipped`);
};
printOutcomes('directly', direct);
printOutcomes('through the gateway', through);
const differences = [...direct].filter(([test, outcome]) => through.get(test) !== outcome);
for (const [test, outcome] of differences) {
  console.log(`${test}: ${outcome} directly, ${through.get(test) ?? 'not run'} through the gateway`);
}
if (differences.some(([, outcome]) => outcome === 'ok')) process.exitCode = 1;
