import { reduDriver } from '../../adapters/redu/index.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import { DEFAULT_SCOPES, type Scope } from '../../src/scopes.ts';
import type { Customer, Target } from '../conformance/target.ts';
import { startGateway } from './gateway.ts';
import { ReduClient } from './redu-client.ts';

/**
 * A gateway whose cloud speaks redu: behind it stands the gateway of `inner`. A customer's key here carries a key of the
 * customer there, with the given scopes.
 */
export async function reduChainTarget(inner: Target): Promise<Target> {
  const clouds = reduDriver({ url: inner.url, fetch });
  const gateway = await startGateway(clouds);
  const customer = (there: Customer): Customer => {
    const credential = async (scopes?: readonly Scope[]): Promise<CloudCredential> => ({
      kind: 'redu_key',
      key: (await there.client(scopes)).key,
    });
    return {
      ...there,
      client: async (scopes = DEFAULT_SCOPES) =>
        new ReduClient(gateway.url, await gateway.keyFor(await credential(scopes), scopes)),
    };
  };
  return {
    ...inner,
    url: gateway.url,
    acme: customer(inner.acme),
    globex: customer(inner.globex),
    async close() {
      await gateway.stop();
      await inner.close();
    },
  };
}
