import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import type { CloudDriver } from '../../src/compute/cloud.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';

export interface SandboxGateway extends RunningGateway {
  /** A key of the sandbox's project. */
  readonly key: string;
  /** `METHOD url` of everything that was sent to the cloud, in order. */
  readonly requests: readonly string[];
}

/** A gateway with these options in front of a sandbox of its own. */
export async function sandboxGateway(
  options: GatewayUnderTest = {},
  cloud: Partial<CloudDriver> = {},
): Promise<SandboxGateway> {
  const sandbox = createSandbox({ projects: [{ name: 'acme' }] });
  const requests: string[] = [];
  const driver = openStackDriver({
    transport: fetchTransport((request) => {
      requests.push(`${request.method} ${request.url}`);
      return sandbox.fetch(request);
    }),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const gateway = await startGateway({ ...driver, ...cloud }, options);
  const key = await gateway.keyFor({
    kind: 'application_credential',
    id: account.applicationCredentialId,
    secret: account.applicationCredentialSecret,
  });
  return {
    ...gateway,
    key,
    requests,
    async stop() {
      await gateway.stop();
      await driver.close();
    },
  };
}
