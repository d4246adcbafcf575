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

/** Ids and names of the right form that nothing has. */
const NOBODYS: Things = {
  instance: '3c9c5f5c-4acd-414a-aafc-3eab36ea1101',
  address: '192.0.2.99',
  'floating ip': '3c9c5f5c-4acd-414a-aafc-3eab36ea1109',
  port: '3c9c5f5c-4acd-414a-aafc-3eab36ea1102',
  network: '3c9c5f5c-4acd-414a-aafc-3eab36ea1103',
  image: '3c9c5f5c-4acd-414a-aafc-3eab36ea1104',
  'image name': 'nobodys-snapshot',
  keypair: 'nobodys-pair',
  group: '3c9c5f5c-4acd-414a-aafc-3eab36ea1105',
  'group name': 'nobodys-group',
  rule: '3c9c5f5c-4acd-414a-aafc-3eab36ea1106',
  'server group': '3c9c5f5c-4acd-414a-aafc-3eab36ea1107',
  volume: '3c9c5f5c-4acd-414a-aafc-3eab36ea1121',
  snapshot: '3c9c5f5c-4acd-414a-aafc-3eab36ea1122',
  'api key': 'zzzzzzzzzzzz',
  project: '3c9c5f5c4acd414aaafc3eab36ea1108',
  'project name': 'nobodys-project',
};

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

  /** What the caller reads of a refusal, without the values that it named itself. */
  async function refusal(method: string, attempt: Attempt, things: Things) {
    const tried = filledIn(attempt, things);
    const { status, body } = await acme.request(method, tried.path, tried.body);
    const blank = (text: string) =>
      Object.entries(things).reduce((rest, [thing, value]) => rest.replaceAll(value, `{${thing}}`), text);
    return { status, body: JSON.parse(blank(JSON.stringify(body))) };
  }

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

  function filledIn({ path, body, made }: Attempt, others: Things = foreign) {
    const { userName, password } = target.acme;
    const fill = (text: string) =>
      text.replaceAll(/\{(own )?([a-z ]+)\}/g, (_, isOwn: string | undefined, thing: string) => {
        const named: Readonly<Record<string, string>> = isOwn ? { ...own, user: userName, password } : others;
        const value = named[thing];
        if (value === undefined) throw new Error(`there is no ${thing}`);
        return value;
      });
    return {
      path: fill(path),
      body: body === undefined ? undefined : JSON.parse(fill(JSON.stringify(body))),
      made: made === undefined ? undefined : fill(made),
    };
  }
});
