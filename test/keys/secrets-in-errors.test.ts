import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TransportError, type UpstreamRequest } from '../../adapters/openstack/http/transport.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { memoryKeyStore } from '../support/memory-key-store.ts';
import { leaks, logText, type Secrets } from './leaks.ts';
import { type Disturbance, type Heard, type WatchedGateway, watchedGateway } from './watched-gateway.ts';

let store: KeyStore;
let watched: WatchedGateway;
afterEach(() => {
  watched.disturb = () => undefined;
});

/** For the tests of one group: what the cloud has refused is remembered for a while. */
function ownGateway(): void {
  beforeAll(async () => {
    store = memoryKeyStore();
    watched = await watchedGateway(store);
  });
  afterAll(() => watched.close());
}

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };

/** Everything that makes the gateway sign in somewhere, each with secrets of its own. */
async function everySignIn(): Promise<Heard[]> {
  const { ask, account } = watched;
  const application_credential = {
    id: account.applicationCredentialId,
    secret: account.applicationCredentialSecret,
  };
  const password = {
    username: account.userName,
    password: account.password,
    project_id: account.projectId,
  };
  const credential = {
    application_credential_id: application_credential.id,
    application_credential_secret: application_credential.secret,
  };
  return [
    await ask('POST', '/admin/v1/keys', ADMIN, { name: 'x', application_credential }),
    await ask('POST', '/admin/v1/keys', ADMIN, { name: 'x', project_id: account.projectId }),
    await ask('POST', '/v1/api_keys', {}, { name: 'x', credentials: password }),
    await ask('POST', '/v1/api_keys', {}, { name: 'x', credentials: credential }),
  ];
}

function secretsOfCloud(): Secrets {
  const { account, cloudSecrets } = watched;
  return new Map([
    ['the password', account.password],
    ['the credential’s secret', account.applicationCredentialSecret],
    ...[...cloudSecrets].map((value, n) => [`secret ${n} of the cloud`, value] as const),
  ]);
}

/** As Keystone's schema validation does: "Invalid input for field 'secret': '...' is too long". */
function echo(status: number): Disturbance {
  return ({ body }) => {
    const message = `Invalid input: ${body} is too long`;
    return {
      status,
      headers: {},
      body: new TextEncoder().encode(JSON.stringify({ error: { code: status, message } })),
    };
  };
}

function throwing(make: (said: string) => Error): Disturbance {
  return (request: UpstreamRequest) => {
    throw make(JSON.stringify(request));
  };
}

describe('a cloud that echoes the sign-in request', () => {
  ownGateway();
  test.each([400, 403, 409, 500, 401])('in a %i: neither log nor response contain it', async (status) => {
    const before = watched.gateway.logged.length;
    watched.disturb = echo(status);
    const heard = await everySignIn();
    for (const answer of heard) expect(answer.status).toBeGreaterThanOrEqual(400);
    const clients = heard.map(({ text }) => text).join('\n');
    expect.soft(leaks(clients, secretsOfCloud()), 'clients').toEqual([]);
    const log = logText(watched.gateway.logged.slice(before));
    expect(leaks(log, secretsOfCloud()), 'the log').toEqual([]);
  });
});

describe('an error with secrets does not reach clients', () => {
  ownGateway();
  const CAUSE = 'postgres://gateway:s3cr3t-of-the-database@db.internal/keys';
  const INSIDE = new Map([
    ['the cause', 's3cr3t-of-the-database'],
    ['the host', 'db.internal'],
  ]);

  test.each<[string, (said: string) => Error]>([
    [
      'no answer',
      (said) => new TransportError(said, { sent: true, timedOut: false, cause: new Error(CAUSE) }),
    ],
    ['a defect', (said) => new TypeError(said, { cause: new Error(CAUSE) })],
    ['an error of the closed set', (said) => new ComputeError('internal', CAUSE, { cause: new Error(said) })],
    [
      'bad gateway',
      (said) => new ComputeError('bad_gateway', 'The cloud failed.', { cause: new Error(said + CAUSE) }),
    ],
  ])('thrown by an upstream call: %s', async (_, make) => {
    watched.disturb = throwing(make);
    for (const { status, text } of await everySignIn()) {
      expect.soft(status).toBeGreaterThanOrEqual(500);
      expect.soft(leaks(text, new Map([...secretsOfCloud(), ...INSIDE]))).toEqual([]);
    }
  });

  test.each(['find', 'insert', 'list', 'listAudit', 'ping'] as const)(
    'thrown by the database: %s',
    async (method) => {
      const { account, ask, gateway } = watched;
      const key = await gateway.keyFor({ kind: 'service', projectId: account.projectId });
      const working = store[method];
      Object.assign(store, { [method]: () => Promise.reject(new Error(CAUSE, { cause: new Error(CAUSE) })) });
      const heard = [
        ...(await everySignIn()),
        await ask('GET', '/v1/me', { 'x-api-key': key }),
        await ask('GET', '/admin/v1/keys', ADMIN),
        await ask('GET', '/admin/v1/audit', ADMIN),
        await ask('GET', '/readyz'),
      ];
      Object.assign(store, { [method]: working });
      const text = heard.map((answer) => answer.text).join('\n');
      expect(text).toMatch(method === 'ping' ? /"status":/ : /internalError/);
      expect(leaks(text, INSIDE)).toEqual([]);
    },
  );
});
