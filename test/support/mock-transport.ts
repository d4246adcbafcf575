import { readFileSync } from 'node:fs';
import {
  type Transport,
  TransportError,
  type UpstreamRequest,
} from '../../adapters/openstack/http/transport.ts';
import {
  type OpenStackDriver,
  type OpenStackOptions,
  openStackDriver,
} from '../../adapters/openstack/index.ts';
import { deadlineIn, wallMs, wallTime } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { Cloud, CloudCredential } from '../../src/compute/cloud.ts';
import type { Logger } from '../../src/telemetry/logger.ts';

/** A scripted response: a status with a JSON body, or a broken connection. */
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly breaks: 'before sending' | 'after sending' };

/** A cloud whose every response the test scripts. */
export interface ScriptedCloud {
  readonly transport: Transport;
  /** Every request that was sent, in order; sign-ins and version documents too. */
  readonly requests: UpstreamRequest[];
  readonly driver: OpenStackDriver;
  open(credential?: CloudCredential): Cloud;
}

const TOKEN = JSON.parse(
  readFileSync(new URL('../../adapters/openstack/fixtures/token.json', import.meta.url), 'utf8'),
);

export const CREDENTIAL: CloudCredential = { kind: 'application_credential', id: 'ac', secret: 's' };

/**
 * Responds to sign-ins with the recorded token (unless `reply` does), Nova's version document with 2.93, and everything else
 * by `reply`.
 */
export function scriptedCloud(
  reply: (request: UpstreamRequest) => Reply | undefined,
  options: Pick<OpenStackOptions, 'confirmAfterMs'> = {},
): ScriptedCloud {
  const requests: UpstreamRequest[] = [];
  const transport: Transport = {
    async open(request) {
      requests.push(request);
      const scripted = reply(request) ?? standardReply(request);
      if ('breaks' in scripted) {
        throw new TransportError('broken', { sent: scripted.breaks === 'after sending', timedOut: false });
      }
      return {
        status: scripted.status,
        headers: scripted.headers ?? {},
        body: scripted.body === undefined ? null : new TextEncoder().encode(JSON.stringify(scripted.body)),
      };
    },
    close: async () => {},
  };
  const driver = openStackDriver({
    ...options,
    transport,
    authUrl: 'http://keystone.test/v3',
    endpoints: { region: null, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { name: 'gateway', domain: { name: 'Default' } },
      password: 'p',
      project: null,
    },
  });
  return {
    transport,
    requests,
    driver,
    open: (credential = CREDENTIAL) =>
      driver.open(credential, {
        region: '',
        deadline: deadlineIn(5_000),
        requestId: 'req-test',
        log: silent,
        trace: new CallTrace(),
      }),
  };
}

function standardReply(request: UpstreamRequest): Reply {
  if (request.url.endsWith('/auth/tokens')) {
    const times = { issued_at: wallTime(), expires_at: new Date(wallMs() + 3_600_000).toISOString() };
    const body = { token: { ...TOKEN.token, ...times } };
    return { status: 201, body, headers: { 'x-subject-token': `token-${crypto.randomUUID()}` } };
  }
  if (request.url.endsWith('/v2.1'))
    return { status: 200, body: { version: { version: '2.93', min_version: '2.1' } } };
  return { status: 599 };
}

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {}, with: () => silent };
