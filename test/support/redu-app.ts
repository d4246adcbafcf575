import { Hono } from 'hono';
import type { Access } from '../../src/access/access.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { Cloud } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { Instance } from '../../src/compute/model.ts';
import type { GatewayEnv } from '../../src/context.ts';
import { reduDialect } from '../../src/dialects/redu/dialect.ts';
import { reduErrorResponse } from '../../src/dialects/redu/errors.ts';
import { DEFAULT_SCOPES, type Scope } from '../../src/scopes.ts';
import type { Logger } from '../../src/telemetry/logger.ts';

export const ID = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
export const OTHER_ID = 'c3a29e87-5e7f-4f88-b8a2-44d6e8f19abc';

export const INSTANCE: Instance = {
  id: ID,
  name: 'web-production-01',
  status: 'ACTIVE',
  state: 'active',
  task: null,
  inTransition: false,
  imageId: 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234',
  flavorId: 'm1.small',
  created: '2026-02-12T09:14:22Z',
  updated: '2026-02-12T09:16:03Z',
  metadata: { isPublic: 'false', team: 'web' },
  userId: 'ab2399414c9248a09de5ed551c817f16',
  projectId: '719015812e824d5b874b4190dde8f43c',
  addresses: [
    { network: 'private', address: '10.0.0.8', version: 4, type: 'fixed', macAddress: 'fa:16:3e:00:00:01' },
  ],
  keypairName: 'laptop',
  availabilityZone: 'nova',
  securityGroupNames: ['default'],
  locked: false,
  volumes: [],
  fault: null,
  description: null,
  tags: [],
  serverGroupId: null,
  publicAddress: '203.0.113.42',
  sshEnabled: true,
};

export const SILENT: Logger = { info() {}, warn() {}, error() {}, with: () => SILENT };

/** A cloud with the methods that a test gives; any other call fails the test. */
export function partialCloud(methods: Partial<Cloud> = {}): Cloud {
  return new Proxy(methods as Cloud, {
    get(target, method, receiver) {
      if (method in target) return Reflect.get(target, method, receiver);
      return () => {
        throw new Error(`unexpected call of the cloud: ${String(method)}`);
      };
    },
  });
}

/** The dialect as the gateway mounts it, and a client for it. */
export function reduApp(methods: Partial<Cloud> = {}, scopes: readonly Scope[] = DEFAULT_SCOPES) {
  const app = new Hono<GatewayEnv>({ strict: false });
  app.use(async function signedIn(c, next) {
    c.set('requestId', 'req-1');
    c.set('log', SILENT);
    c.set('trace', new CallTrace());
    c.set('region', '');
    c.set('cloud', partialCloud(methods));
    c.set('principal', {
      keyId: 'key-1',
      familyId: 'key-1',
      projectId: INSTANCE.projectId,
      userId: null,
      scopes,
      isBrowserKey: false,
      regions: null,
      accessRules: null,
      plan: 'default',
      credential: { kind: 'application_credential', id: 'ac', secret: 's' },
      sealingSecret: () => 's',
    });
    await next();
  });
  // Routes that need it have their tests where there is a store: test/keys.
  const access: Partial<Access> = { services: new Set() };
  app.route('/', reduDialect(access as Access));
  app.onError((error, c) => reduErrorResponse(error, c.var.requestId, c.var.log));
  app.notFound((c) => reduErrorResponse(new ComputeError('not_found', 'No such path.'), c.var.requestId));

  async function call(method: string, path: string, body?: unknown) {
    const response = await app.request(path, {
      method,
      ...(body !== undefined && {
        headers: { 'Content-Type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    });
    const text = await response.text();
    return { response, status: response.status, text, json: text === '' ? undefined : JSON.parse(text) };
  }

  /** The field errors of a refused request, as `field: message`. */
  async function problems(method: string, path: string, body?: unknown): Promise<string[]> {
    const { status, json } = await call(method, path, body);
    if (status !== 400) throw new Error(`status ${status}`);
    return json.error.details.map((p: { field: string; message: string }) => `${p.field}: ${p.message}`);
  }

  return { app, call, problems };
}
