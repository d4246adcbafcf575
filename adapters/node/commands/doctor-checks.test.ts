import { expect, test } from 'vitest';
import { importServerSecret } from '../../../src/access/server-secret.ts';
import { deadlineIn } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
import type { Config } from '../../../src/config/config.ts';
import { memoryKeyStore } from '../../../test/support/memory-key-store.ts';
import { silentLogger } from '../../../test/support/silent-logger.ts';
import { fetchTransport } from '../../openstack/http/fetch.ts';
import { openStackDriver } from '../../openstack/index.ts';
import { createSandbox } from '../../sandbox/index.ts';
import { formatReport, runChecks } from './doctor-checks.ts';

/** What doctor finds with the service account of this user. */
async function findings(roleOf: 'admin' | 'member') {
  const sandbox = createSandbox();
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const { userId, password, projectId } = roleOf === 'admin' ? sandbox.admin : account;
  const clouds = openStackDriver({
    transport: fetchTransport((request) => sandbox.fetch(request)),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: { kind: 'password', user: { id: userId }, password, project: { id: projectId } },
  });
  return runChecks({
    config: {
      reduUrl: null,
      openStack: {},
      secret: null,
      regions: { region: null, served: [], given: [] },
    } as unknown as Config,
    importSecret: () => importServerSecret(btoa('0123456789abcdef0123456789abcdef')),
    openKeys: async () => memoryKeyStore(),
    openRedis: async () => null,
    clouds,
    operatorCloud: (call) => clouds.openAsServiceAccount(call),
    regions: () => clouds.regions.served(),
    isServed: () => true,
    call: () => ({
      region: '',
      deadline: deadlineIn(5_000),
      requestId: 'req-doctor',
      log: silentLogger,
      trace: new CallTrace(),
    }),
  });
}

test('doctor warns of a service account with the role admin, and of no other', async () => {
  const administrator = await findings('admin');
  const of = (name: string) => administrator.find((finding) => finding.name === name);
  expect(of('service account')).toMatchObject({
    ok: true,
    warning: expect.stringContaining('scope "admin"'),
  });
  expect(formatReport(administrator)).toMatch(/^WARN {4}service account .*"admin"/m);

  const member = await findings('member');
  expect(member.every(({ ok, warning }) => ok && warning === undefined)).toBe(true);
  expect(formatReport(member)).not.toContain('WARN');
});
