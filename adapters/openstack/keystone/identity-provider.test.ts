import { expect, test } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
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
