import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatKey, parseKey } from '../../src/access/key-format.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { leaks, logText, printed, type Secrets, secretHalf, secretsOf, sentText } from './leaks.ts';
import { type Heard, type WatchedGateway, watchedGateway } from './watched-gateway.ts';

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const WRONG_ADMIN_TOKEN = 'wYhJq2Zt9-no-operator-has-this';
const WRONG_PASSWORD = 'hunter2-hunter2-hunter2';
const WRONG_SECRET = 'no-such-secret-Gh7TzR41';
const MALFORMED_KEY = 'ln_garbage_Kd83hSDk2lFgh39dkWm';

let watched: WatchedGateway;
/** Every key that was shown. */
const shown: string[] = [];
/** Answers as they were heard, the key that one shows taken out. */
const answers: string[] = [];
let secrets: Secrets;
let evidence: Readonly<Record<string, string>>;

/** As `ask`, for an answer that shows a key, once. */
async function issued(answer: Promise<Heard>): Promise<string> {
  const { status, body, text } = await answer;
  expect(status, text).toBe(201);
  expect(text.split(body.key)).toHaveLength(2);
  shown.push(body.key);
  return body.key;
}

const keyed = (key: string) => ({ 'x-api-key': key });
const idOf = (key: string) => parseKey(key)?.id ?? '';

beforeAll(async () => {
  watched = await watchedGateway();
  await everythingThatKeysGoThrough();
  await watched.gateway.flush();
  const rows = await watched.keys.list({}, { limit: 100, after: null });
  const { account, cloudSecrets, secret } = watched;
  secrets = new Map([
    ...shown.map((text, n) => [`key ${n}`, secretHalf(text)] as const),
    ['a guessed key', 'Z'.repeat(33)],
    ['a malformed key', MALFORMED_KEY],
    ['the password', account.password],
    ['a wrong password', WRONG_PASSWORD],
    ['the credential’s secret', account.applicationCredentialSecret],
    ['a wrong credential’s secret', WRONG_SECRET],
    ['the admin token', ADMIN_TOKEN],
    ['a wrong admin token', WRONG_ADMIN_TOKEN],
    ...[...cloudSecrets].map((value, n) => [`secret ${n} of the cloud`, value] as const),
    ...printed('the server’s secret', Buffer.from(secret, 'base64')),
    ...rows.flatMap(secretsOf),
  ]);
  const metrics = (await watched.ask('GET', '/metrics')).text;
  const audit = (await watched.ask('GET', '/admin/v1/audit?limit=1000', ADMIN)).text;
  for (const { text } of watched.heard) {
    answers.push(shown.reduce((rest, key) => rest.replace(`"key":"${key}"`, '"key":""'), text));
  }
  evidence = {
    'the log': logText(watched.gateway.logged),
    'the metrics': metrics,
    'the audit log': audit,
    'other responses': answers.join('\n'),
    'upstream requests': sentText(watched.sent),
  };
});
afterAll(() => watched.close());

async function everythingThatKeysGoThrough(): Promise<void> {
  const { ask, account } = watched;
  const carried = { id: account.applicationCredentialId, secret: account.applicationCredentialSecret };
  const byPassword = {
    username: account.userName,
    password: account.password,
    project_id: account.projectId,
  };
  const byCredential = {
    application_credential_id: carried.id,
    application_credential_secret: carried.secret,
  };
  const signUp = (name: string, credentials: object) =>
    ask('POST', '/v1/api_keys', {}, { name, credentials });
  const create = (body: object) => ask('POST', '/admin/v1/keys', ADMIN, body);

  const operators = await issued(create({ name: 'carried', application_credential: carried }));
  const service = await issued(create({ name: 'service', project_id: account.projectId }));
  const own = await issued(signUp('by password', byPassword));
  const copied = await issued(signUp('by credential', byCredential));

  for (const key of [operators, service, own, copied]) {
    for (const path of ['/v1/me', '/v1/instances', '/v1/api_keys', `/v1/api_keys/${idOf(key)}`]) {
      expect((await ask('GET', path, keyed(key))).status).toBe(200);
    }
    expect((await ask('GET', `/admin/v1/keys/${idOf(key)}`, ADMIN)).status).toBe(200);
    expect((await ask('GET', '/v1/me', { authorization: `Bearer ${key}` })).status).toBe(200);
  }
  expect((await ask('GET', '/admin/v1/keys', ADMIN)).body.items).toHaveLength(4);

  const guessed = formatKey({ id: idOf(own), secret: 'Z'.repeat(33) });
  for (const refused of [
    ask('GET', '/v1/me', keyed(guessed)),
    ask('GET', '/v1/me', keyed(MALFORMED_KEY)),
    ask('GET', `/v1/instances?api_key=${own}`),
    ask('GET', '/admin/v1/keys', { authorization: `Bearer ${WRONG_ADMIN_TOKEN}` }),
    ask('GET', '/admin/v1/keys', { authorization: `Bearer ${own}` }),
    signUp('refused', { ...byPassword, password: WRONG_PASSWORD }),
    signUp('refused', { ...byCredential, application_credential_secret: WRONG_SECRET }),
  ]) {
    expect((await refused).status).toBe(401);
  }
  for (const [path, headers, body] of [
    ['/admin/v1/keys', ADMIN, { name: 'x', application_credential: { ...carried, secret: WRONG_SECRET } }],
    ['/admin/v1/keys', ADMIN, { name: '', application_credential: carried }],
    ['/v1/api_keys', {}, { name: '', credentials: byPassword }],
    ['/v1/api_keys', {}, { name: 'x', credentials: { ...byCredential, ...byPassword } }],
    ['/v1/api_keys', {}, { name: 'x', roles: ['admin'], credentials: byPassword }],
  ] as const) {
    expect((await ask('POST', path, headers, body)).status).toBe(400);
  }

  const rotate = `/admin/v1/keys/${idOf(operators)}/rotate`;
  await issued(ask('POST', rotate, ADMIN, { overlap_seconds: 60, application_credential: carried }));
  const successor = await issued(
    ask('POST', `/v1/api_keys/${idOf(own)}/rotate`, keyed(own), { overlap_seconds: 60 }),
  );
  expect((await ask('GET', '/v1/instances', keyed(successor))).status).toBe(200);
  expect((await ask('DELETE', `/v1/api_keys/${idOf(own)}`, keyed(successor))).status).toBe(204);
  expect((await ask('DELETE', `/v1/api_keys/${idOf(successor)}`, keyed(successor))).status).toBe(204);
  expect((await ask('DELETE', `/admin/v1/keys/${idOf(service)}`, ADMIN)).status).toBe(204);
  expect((await ask('GET', '/v1/me', keyed(service))).status).toBe(401);

  watched.disturb = ({ url }) => {
    if (url.includes('/auth/tokens') || url.includes('/application_credentials')) return failed(503);
    throw new TypeError('the connection broke');
  };
  expect((await ask('GET', '/v1/instances', keyed(copied))).status).toBe(500);
  expect((await signUp('while the cloud is away', byPassword)).status).toBe(503);
  expect(
    (await create({ name: 'x', application_credential: { ...carried, secret: `${WRONG_SECRET}-2` } })).status,
  ).toBe(503);
  watched.disturb = () => undefined;
}

function failed(status: number) {
  return { status, headers: {}, body: new TextEncoder().encode('{"error": {"message": "out of order"}}') };
}

describe('over the whole life of keys their secrets are not in', () => {
  test.each(['the log', 'the metrics', 'the audit log', 'other responses', 'upstream requests'])(
    '%s',
    (where) => {
      const text = evidence[where] ?? '';
      expect(text.length).toBeGreaterThan(1_000);
      expect(leaks(text, secrets)).toEqual([]);
    },
  );

  test('keys are not in sign-ins at the cloud', () => {
    const ofKeys = new Map(shown.map((text, n) => [`key ${n}`, secretHalf(text)]));
    expect(leaks(JSON.stringify(watched.sent), ofKeys)).toEqual([]);
  });

  test('the searched secrets exist', () => {
    expect(shown).toHaveLength(6);
    expect(watched.cloudSecrets.size).toBeGreaterThan(4);
    const everything = JSON.stringify([watched.sent, watched.heard]);
    const found = leaks(everything, secrets);
    expect(found).toEqual(
      expect.arrayContaining(['key 0', 'key 5', 'the password', 'secret 1 of the cloud']),
    );
    for (const name of ['key_refused', 'request_failed_upstream', 'request_failed']) {
      expect(evidence['the log']).toContain(name);
    }
  });
});
