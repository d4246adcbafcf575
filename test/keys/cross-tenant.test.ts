import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Access } from '../../src/access/access.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import { reduDialect } from '../../src/dialects/redu/dialect.ts';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import type { Customer } from '../conformance/target.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { ACTIONS, ATTEMPTS, type Attempt, STREAMS } from './foreign-attempts.ts';
import { everythingOf, makeThings, type Things } from './foreign-things.ts';
import { fillIn, NOBODYS, refusalOf } from './refusals.ts';

test('every route has its attempts, and every attempt its route', () => {
  const routes = reduDialect({} as Access)
    .routes.filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`);
  expect([...Object.keys(ATTEMPTS), ...STREAMS].sort()).toEqual([...new Set(routes)].sort());
  for (const [route, attempts] of Object.entries(ATTEMPTS)) {
    const [method, path = ''] = route.split(' ');
    expect(attempts, route).not.toHaveLength(0);
    const pattern = new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
    for (const attempt of attempts) expect(`${attempt.path.split('?')[0]}`, `${method}`).toMatch(pattern);
  }
  expect(ACTIONS).toEqual(expect.arrayContaining(['stop', 'reboot', 'resize', 'rebuild', 'snapshot']));
});

type Kind = Exclude<CloudCredential['kind'], 'redu_key'>;

/** To an administrator the cloud's services narrow nothing; the scope `admin`, which would open it here too, none of them has. */
const CALLERS: readonly (readonly [string, Kind, 'member' | 'admin'])[] = [
  ['the credential of a member', 'application_credential', 'member'],
  ['a service account that is a member', 'service', 'member'],
  ['the credential of an administrator', 'application_credential', 'admin'],
  ['a service account that is an administrator', 'service', 'admin'],
];

/** Each kind of key against the same kind: two service keys share the account that they act as. */
describe.each(CALLERS)('acme with %s', (_caller, kind, role) => {
  let target: SandboxTarget;
  let acme: ReduClient;
  let globex: ReduClient;
  let own: Things;
  let foreign: Things;
  /** What globex has before any attempt, and after each. */
  let globexHad: Awaited<ReturnType<typeof globexHas>>;
  beforeAll(async () => {
    target = await sandboxTarget();
    if (role === 'admin' && kind === 'service') {
      for (const { projectId } of [target.acme, target.globex]) await target.keystone.join(projectId, role);
    }
    acme =
      role === 'admin' && kind === 'application_credential'
        ? await administratorOf(target.acme)
        : await clientOf(target.acme, kind);
    globex = await clientOf(target.globex, kind);
    own = await makeThings(target.acme, acme, 'acme');
    foreign = await makeThings(target.globex, globex, 'globex');
    globexHad = await globexHas();
    const statuses = globexHad.map(({ status }) => status);
    expect([200, ...(kind === 'service' ? [501] : [])]).toEqual(expect.arrayContaining(statuses));
  });
  afterAll(() => target.close());

  async function clientOf({ applicationCredential, projectId }: Customer, of: Kind): Promise<ReduClient> {
    const credential = of === 'service' ? { kind: of, projectId } : { kind: of, ...applicationCredential };
    const { url, keyFor } = target.gateway;
    return new ReduClient(url, await keyFor(credential, DEFAULT_SCOPES));
  }

  /** A key of acme, given for the password of its user, who is an administrator of the cloud now. */
  async function administratorOf(customer: Customer): Promise<ReduClient> {
    const { projectId, userId, userName: username, password } = customer;
    await target.keystone.giveRole(projectId, userId, 'admin');
    const { url } = target.gateway;
    const body = { name: 'administrator', credentials: { username, password, project_id: projectId } };
    const made = await new ReduClient(url, '').post('/v1/api_keys', body);
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const me = await new ReduClient(url, made.body.key).get('/v1/me');
    expect(me.body).toMatchObject({ roles: expect.arrayContaining(['admin']) });
    expect(me.body.scopes).not.toContain('admin');
    return new ReduClient(url, made.body.key);
  }

  const globexHas = () => everythingOf(target.globex.openStack, globex, foreign);
  const acmeHas = () => target.acme.openStack.belongings();

  const rows = Object.entries(ATTEMPTS).flatMap(([route, attempts]) => {
    const [method = ''] = route.split(' ');
    return attempts.map((attempt) => {
      const body = attempt.body === undefined ? '' : ` ${JSON.stringify(attempt.body)}`;
      return [`${method} ${attempt.path}${body}`, method, attempt] as const;
    });
  });
  test.each(rows)('%s', async (_, method, attempt) => {
    const acmeHad = await acmeHas();
    const tried = filledIn(attempt);
    const answer =
      attempt.data === undefined
        ? await acme.request(method, tried.path, tried.body)
        : await acme.upload(tried.path, attempt.data);
    if (method === 'POST' && answer.status < 300) {
      await takeBack(answer.headers.get('location') ?? tried.made);
    }
    const expected = [attempt.status, ...(kind === 'service' && isAboutKeypairs(attempt) ? [501] : [])];
    expect.soft(expected, JSON.stringify(answer.body)).toContain(answer.status);
    expect.soft(await globexHas()).toEqual(globexHad);
    expect.soft(await acmeHas(), 'left half made').toEqual(acmeHad);
    if (answer.status < 300) expect(leaked(answer.body, JSON.stringify(tried))).toEqual([]);
    else
      expect.soft(await refusal(method, attempt, foreign)).toEqual(await refusal(method, attempt, NOBODYS));
  });

  /** All service keys act as one user, and key pairs are the user's: such keys may have none at all. */
  function isAboutKeypairs({ path, body }: Attempt): boolean {
    return path.includes('keypairs') || JSON.stringify(body)?.includes('{keypair}') === true;
  }

  /** So that attempts do not see what others made. */
  async function takeBack(location: string | undefined): Promise<void> {
    const instance = /^\/v1\/instances\/(.+)$/.exec(location ?? '')?.[1];
    if (instance !== undefined) await acme.remove(instance);
    else if (location !== undefined) await acme.delete(location);
  }

  /** Values of globex in a response that were not in its request. */
  function leaked(body: unknown, question: string): string[] {
    const text = JSON.stringify(body);
    return Object.entries(foreign)
      .filter(
        ([thing, value]) => thing !== 'project name' && text.includes(value) && !question.includes(value),
      )
      .map(([thing]) => thing);
  }

  function filledIn(attempt: Attempt, others: Things = foreign) {
    const { userName: user, password } = target.acme;
    return fillIn(attempt, { ...own, user, password }, others);
  }

  function refusal(method: string, attempt: Attempt, things: Things) {
    return refusalOf(acme, method, filledIn(attempt, things), things);
  }
});
