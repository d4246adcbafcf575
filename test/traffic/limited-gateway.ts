import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import type { Plan } from '../../src/traffic/limit/plans.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';
import { ReduClient } from '../support/redu-client.ts';

/** A gateway with limits, in front of a sandbox with two projects. */
export interface LimitedGateway {
  readonly gateway: RunningGateway;
  /** A customer with a new key on this plan. */
  client(project?: 'acme' | 'globex', plan?: string): Promise<ReduClient>;
  close(): Promise<void>;
}

export async function limitedGateway(options: GatewayUnderTest): Promise<LimitedGateway> {
  const sandbox = createSandbox({ bootMilliseconds: 10, projects: [{ name: 'acme' }, { name: 'globex' }] });
  const clouds = openStackDriver({
    transport: fetchTransport((request) => sandbox.fetch(request)),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  const gateway = await startGateway(clouds, options);
  return {
    gateway,
    async client(project = 'acme', planName = 'default') {
      const account = sandbox.accounts.find(({ projectName }) => projectName === project);
      if (account === undefined) throw new Error(`the sandbox has no project ${project}`);
      const { applicationCredentialId: id, applicationCredentialSecret: secret } = account;
      const credential: CloudCredential = { kind: 'application_credential', id, secret };
      return new ReduClient(gateway.url, await gateway.keyFor(credential, undefined, planName));
    },
    async close() {
      await gateway.stop();
      await clouds.close();
    },
  };
}

/** `projectPoints` as many as `points`, unless named. */
export function plan(name: string, points: number, seconds: number, projectPoints = points): Plan {
  return { name, points, seconds, projectPoints };
}

/** A read that any key may do and that makes no upstream call. */
export function readOnce(client: ReduClient) {
  return client.get('/v1/api_keys?limit=1');
}

/** Sends reads until one is rejected, at most `atMost`; returns the number admitted. */
export async function admittedOf(client: ReduClient, atMost: number): Promise<number> {
  let admitted = 0;
  for (; admitted < atMost && (await readOnce(client)).status === 200; admitted++);
  return admitted;
}
