import { Hono } from 'hono';
import type { Access } from '../../src/access/access.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { Cloud } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { Instance } from '../../src/compute/model.ts';
import type { GatewayEnv } from '../../src/context.ts';
import { novaErrorResponse } from '../../src/dialects/nova/errors.ts';
import { translated } from '../../src/dialects/nova/translated/translation.ts';
import { versionDocuments } from '../../src/dialects/nova/translated/versions.ts';
import { DEFAULT_SCOPES, type Scope } from '../../src/scopes.ts';
import type { ProjectChange } from '../../src/traffic/versions/project-versions.ts';
import { silentLogger } from './silent-logger.ts';

export const URL_OF_GATEWAY = 'https://api.example.org';
export const ID = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
export const OTHER_ID = 'c3a29e87-5e7f-4f88-b8a2-44d6e8f19abc';
export const IMAGE_ID = 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234';
export const PROJECT_ID = '719015812e824d5b874b4190dde8f43c';

export const INSTANCE: Instance = {
  id: ID,
  name: 'web-production-01',
  status: 'ACTIVE',
  state: 'active',
  task: null,
  inTransition: false,
  imageId: IMAGE_ID,
  flavorId: 'm1.small',
  created: '2026-02-12T09:14:22Z',
  updated: '2026-02-12T09:16:03Z',
  metadata: { team: 'web' },
  userId: 'ab2399414c9248a09de5ed551c817f16',
  projectId: PROJECT_ID,
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
  publicAddress: null,
  sshEnabled: false,
};

/** Those of a redu cloud. */
const CAPABILITIES: Cloud['capabilities'] = {
  floatingIps: false,
  securityGroups: true,
  keyPairs: true,
  nativeAccessFlags: true,
};

/** A cloud with some methods; a call of any other fails the test. */
function partialCloud(methods: Partial<Cloud>): Cloud {
  return new Proxy({ capabilities: CAPABILITIES, log: silentLogger, ...methods } as Cloud, {
    get(target, method, receiver) {
      if (method in target) return Reflect.get(target, method, receiver);
      return () => {
        throw new Error(`unexpected call of the cloud: ${String(method)}`);
      };
    },
  });
}

/** The translated services as the dialect mounts them. */
export function novaApp(methods: Partial<Cloud> = {}, scopes: readonly Scope[] = DEFAULT_SCOPES) {
  const changes: ProjectChange[] = [];
  const app = new Hono<GatewayEnv>({ strict: false });
  app.use(versionDocuments(() => URL_OF_GATEWAY));
  app.use(async function signedIn(c, next) {
    c.set('requestId', 'req-1');
    c.set('log', silentLogger);
    c.set('trace', new CallTrace());
    c.set('region', '');
    c.set('principal', {
      keyId: 'key-1',
      familyId: 'key-1',
      projectId: PROJECT_ID,
      userId: INSTANCE.userId,
      scopes,
      plan: 'default',
      isBrowserKey: false,
      regions: null,
      accessRules: null,
      credential: { kind: 'redu_key', key: 'k' },
      sealingSecret: () => 's',
    });
    await next();
  });
  app.all(
    '/*',
    translated({
      access: { clouds: { open: () => partialCloud(methods) }, timeoutMs: 1_000 } as unknown as Access,
      versions: {
        current: async () => ({ number: 1, shared: false }),
        bump: async (change) => void changes.push(change),
        onChange() {},
      },
      requestTarget: (c) => c.req.url.slice('http://localhost'.length),
      requestBody: (c) => c.req.raw.body,
      publicUrl: () => URL_OF_GATEWAY,
      regionalUrl: () => URL_OF_GATEWAY,
    }),
  );
  app.onError((error, c) => novaErrorResponse(error, c, URL_OF_GATEWAY));
  app.notFound((c) =>
    novaErrorResponse(new ComputeError('not_found', 'There is nothing.'), c, URL_OF_GATEWAY),
  );

  /** @param target `GET /compute/v2.1/servers`. */
  async function call(target: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    const [method = '', path = ''] = target.split(' ');
    const response = await app.request(path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      json: text.startsWith('{') ? JSON.parse(text) : undefined,
    };
  }

  return { call, changes };
}
