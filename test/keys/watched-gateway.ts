import { randomBytes } from 'node:crypto';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import type {
  StreamedResponse,
  Transport,
  UpstreamRequest,
} from '../../adapters/openstack/http/transport.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { type Account, createSandbox } from '../../adapters/sandbox/index.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { memoryKeyStore } from '../support/memory-key-store.ts';

/** An answer that a client got. */
export interface Heard {
  readonly status: number;
  /** Status, headers and body, as one text. */
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the gateway answered
  readonly body: any;
}

/** What takes the cloud's place for one call: an answer, an exception, or undefined to let it through. */
export type Disturbance = (request: UpstreamRequest) => StreamedResponse | undefined;

/** A gateway before a sandbox, with everything that goes into the cloud and comes out to clients kept. */
export interface WatchedGateway {
  readonly gateway: RunningGateway;
  readonly keys: KeyStore;
  readonly account: Account;
  /** `LINGUANOVA_SECRET`. */
  readonly secret: string;
  /** What went to the cloud. */
  readonly sent: readonly UpstreamRequest[];
  readonly heard: readonly Heard[];
  /** Tokens, and secrets of the application credentials that the cloud made. */
  readonly cloudSecrets: ReadonlySet<string>;
  disturb: Disturbance;
  ask(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Heard>;
  close(): Promise<void>;
}

export async function watchedGateway(keys: KeyStore = memoryKeyStore()): Promise<WatchedGateway> {
  const sandbox = createSandbox({ bootMilliseconds: 60 });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const secret = randomBytes(32).toString('base64');
  const sent: UpstreamRequest[] = [];
  const heard: Heard[] = [];
  const cloudSecrets = new Set<string>();
  const inner = fetchTransport((request) => sandbox.fetch(request));
  const transport: Transport = {
    async open(request, deadline) {
      if (!request.buffered) return inner.open(request, deadline);
      sent.push(request);
      const answer = watched.disturb(request) ?? (await inner.open(request, deadline));
      for (const made of secretsIn(answer)) cloudSecrets.add(made);
      return answer;
    },
    close: () => inner.close(),
  };
  const clouds = openStackDriver({
    transport,
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { id: sandbox.admin.userId },
      password: sandbox.admin.password,
      project: { id: sandbox.admin.projectId },
    },
  });
  cloudSecrets.add(sandbox.admin.password);
  const gateway = await startGateway(clouds, { keys, secret });
  const watched: WatchedGateway = {
    gateway,
    keys,
    account,
    secret,
    sent,
    heard,
    cloudSecrets,
    disturb: () => undefined,
    async ask(method, path, headers = {}, body) {
      const response = await fetch(gateway.url + path, {
        method,
        headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
      const answer = {
        status: response.status,
        text: [response.status, ...[...response.headers].map((pair) => pair.join(': ')), text].join('\n'),
        body: isJson && text !== '' ? JSON.parse(text) : text,
      };
      heard.push(answer);
      return answer;
    },
    async close() {
      await gateway.stop();
      await clouds.close();
    },
  };
  return watched;
}

function secretsIn({ headers, body }: StreamedResponse): string[] {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : '';
  const made = /"secret": ?"([^"]+)"/.exec(text)?.[1];
  return [headers['x-subject-token'], made].filter((value) => value !== undefined);
}
