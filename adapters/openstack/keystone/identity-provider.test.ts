import { expect, test } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
import { byPassword } from '../../../test/support/sandbox-client.ts';
import { silentLogger } from '../../../test/support/silent-logger.ts';
import { createSandbox } from '../../sandbox/index.ts';
import { fetchTransport } from '../http/fetch.ts';
import { openStackDriver } from '../index.ts';

const CALL = {
  region: '',
  deadline: deadlineIn(5_000),
  requestId: 'req-1',
  trace: new CallTrace(),
  log: silentLogger,
};

test('a credential without its user is not deleted, and not reported as deleted', async () => {
  const { authUrl, admin, accounts, fetch } = createSandbox();
  const sent: string[] = [];
  const { identities } = openStackDriver({
    transport: fetchTransport((request) => {
      sent.push(request.url);
      return fetch(request);
    }),
    authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { id: admin.userId },
      password: admin.password,
      project: { id: admin.projectId },
    },
  });
  const id = accounts[0]?.applicationCredentialId ?? '';
  expect(await identities.deleteCredential('', id, CALL)).toBe(false);
  expect(sent).toEqual([]);
});

test.each([
  ['without an account', null],
  [
    'with an application credential, which is of one project',
    { kind: 'application_credential', id: 'a', secret: 's' },
  ],
] as const)('%s no service key is identified, and nothing is sent', async (_, serviceAccount) => {
  const sent: string[] = [];
  const { identities } = openStackDriver({
    transport: fetchTransport(async ({ url }) => {
      sent.push(url);
      return new Response(null, { status: 503 });
    }),
    authUrl: 'https://keystone.example.org/v3',
    endpoints: { region: null, interface: 'public' },
    serviceAccount,
  });
  expect(await identities.identify({ kind: 'service', projectId: 'p' }, CALL)).toBeNull();
  expect(sent).toEqual([]);
});

test('a credential is deleted by another of its user where the cloud rejects the account', async () => {
  const sandbox = createSandbox();
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const { identities } = openStackDriver({
    transport: fetchTransport(sandbox.fetch),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { id: sandbox.admin.userId },
      password: 'not its password',
      project: { id: sandbox.admin.projectId },
    },
  });
  const user = await byPassword(sandbox, account);
  const make = async (unrestricted: boolean) => {
    const wish = { application_credential: { name: crypto.randomUUID(), unrestricted } };
    const { body } = await user('POST', `/identity/v3/users/${account.userId}/application_credentials`, wish);
    const { id, secret } = body.application_credential;
    return { kind: 'application_credential', id, secret } as const;
  };
  const [old, own] = [await make(false), await make(true)];
  expect(await identities.deleteCredential(account.userId, old.id, CALL, own)).toBe(true);
  await expect(identities.deleteCredential(account.userId, own.id, CALL)).rejects.toMatchObject({
    code: 'unavailable',
  });
});
