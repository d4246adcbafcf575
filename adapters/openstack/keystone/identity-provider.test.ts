import { expect, test } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
import { silentLogger } from '../../../test/support/silent-logger.ts';
import { createSandbox } from '../../sandbox/index.ts';
import { fetchTransport } from '../http/fetch.ts';
import { openStackDriver } from '../index.ts';

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
  const call = {
    region: '',
    deadline: deadlineIn(5_000),
    requestId: 'req-1',
    trace: new CallTrace(),
    log: silentLogger,
  };
  const id = accounts[0]?.applicationCredentialId ?? '';
  expect(await identities.deleteCredential('', id, call)).toBe(false);
  expect(sent).toEqual([]);
});
