import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Access } from '../../src/access/access.ts';
import { importServerSecret } from '../../src/access/server-secret.ts';
import type { GatewayEnv } from '../../src/context.ts';
import { novaDialect } from '../../src/dialects/nova/dialect.ts';
import type { PassThrough } from '../../src/dialects/nova/pass-through.ts';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import type { ResponseCache } from '../../src/traffic/cache/response-cache.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type { Customer } from '../conformance/target.ts';
import { everythingOf, makeThings, type Things } from '../keys/foreign-things.ts';
import { sendNova } from '../support/nova-client.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import {
  IDENTITY_ATTEMPTS,
  KEYSTONE_ATTEMPTS,
  type NovaAttempt,
  PASSED_ATTEMPTS,
} from './foreign-attempts.ts';

test('every route of the facade and of pass-through has an attempt', async () => {
  const secret = await importServerSecret(btoa('0123456789abcdef0123456789abcdef'));
  const router = new Hono<GatewayEnv>().route(
    '/',
    novaDialect({
      access: { secret } as Access,
      services: { forward: {} } as unknown as PassThrough,
      versions: new LocalVersions(),
      requestTarget: () => '',
      requestBody: () => null,
      cache: { responses: {} as ResponseCache, isOn: true, waitUntil() {} },
      headTimeoutMs: 1_000,
      publicUrl: () => '',
      regionalUrl: () => '',
      limit: { handle: (_, next) => next() },
      region: [],
    }).routes,
  );
  const routes = new Set(
    router.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`),
  );
  expect(Object.keys(IDENTITY_ATTEMPTS).sort()).toEqual([...routes].sort());
  const passed = new Set(
    router.routes
      .filter(({ path }) => path.endsWith('/*') && !path.startsWith('/identity/'))
      .map(({ path }) => path.slice(0, -1)),
  );
  const tried = new Set(PASSED_ATTEMPTS.map(({ target }) => `${/ (\/\w+\/)/.exec(target)?.[1]}`));
  expect([...tried].sort()).toEqual([...passed].sort());
});

type Kind = 'application_credential' | 'service';

describe.each<Kind>(['application_credential', 'service'])('acme with a key of the kind %s', (kind) => {
  let target: SandboxTarget;
  let acme: ReduClient;
  let globex: ReduClient;
  let own: Things;
  let foreign: Things;
  /** The user that the cloud has for acme's key. */
  let ownUser: string;
  beforeAll(async () => {
    target = await sandboxTarget();
    acme = await clientOf(target.acme);
    globex = await clientOf(target.globex);
    own = await makeThings(target.acme, acme, 'acme');
    foreign = await makeThings(target.globex, globex, 'globex');
    const headers = { 'x-auth-token': acme.key, 'x-subject-token': acme.key };
    ownUser = (await sendNova(target.url, 'GET /identity/v3/auth/tokens', headers)).body.token.user.id;
  });
  afterAll(() => target.close());

  async function clientOf({ applicationCredential, projectId }: Customer): Promise<ReduClient> {
    const credential =
      kind === 'service' ? ({ kind, projectId } as const) : ({ kind, ...applicationCredential } as const);
    return new ReduClient(target.url, await target.gateway.keyFor(credential, DEFAULT_SCOPES));
  }
  const globexHas = () => everythingOf(target.globex.openStack, globex, foreign);
  const acmeHas = () => target.acme.openStack.belongings();

  const rows = [...Object.values(IDENTITY_ATTEMPTS).flat(), ...KEYSTONE_ATTEMPTS, ...PASSED_ATTEMPTS].map(
    (attempt) => [`${attempt.target} ${JSON.stringify(attempt.body) ?? ''}`, attempt] as const,
  );
  test.each(rows)('%s', async (_, attempt) => {
    const before = [await globexHas(), await acmeHas()];
    const { target: line, body } = filledIn(attempt);
    const headers = {
      'x-auth-token': acme.key,
      'x-subject-token': globex.key,
      ...(attempt.microversion !== undefined && { 'x-openstack-nova-api-version': attempt.microversion }),
    };
    const response = await sendNova(target.url, line, headers, body);
    if (attempt.statuses === undefined) expect.soft(response.status).toBeGreaterThanOrEqual(400);
    else expect.soft(attempt.statuses).toContain(response.status);
    expect.soft(response.status).toBeLessThan(kind === 'service' ? 502 : 500);
    expect.soft([await globexHas(), await acmeHas()]).toEqual(before);
    if (response.status < 300) expect(leaked(response.body, line + JSON.stringify(body))).toEqual([]);
  });

  /** Data of globex in a response that the request did not contain. */
  function leaked(body: unknown, question: string): string[] {
    const text = JSON.stringify(body);
    return Object.entries(foreign)
      .filter(
        ([thing, value]) => thing !== 'project name' && text.includes(value) && !question.includes(value),
      )
      .map(([thing]) => thing);
  }

  function filledIn({ target: line, body }: NovaAttempt) {
    const things: Readonly<Record<string, string>> = {
      ...foreign,
      user: target.globex.userId,
      ...Object.fromEntries(Object.entries(own).map(([thing, value]) => [`own ${thing}`, value])),
      'own key': acme.key,
      'own user': ownUser,
    };
    const fill = (text: string) =>
      text.replaceAll(/\{([a-z ]+)\}/g, (_, thing: string) => {
        const value = things[thing];
        if (value === undefined) throw new Error(`there is no ${thing}`);
        return value;
      });
    return {
      target: fill(line),
      body: body === undefined ? undefined : JSON.parse(fill(JSON.stringify(body))),
    };
  }
});
