import { afterAll, beforeAll, describe } from 'vitest';
import { adminKeyConformance } from './admin-keys.ts';
import { apiKeyConformance } from './api-keys.ts';
import { catalogConformance } from './catalog.ts';
import { instanceActionConformance } from './instance-actions.ts';
import { instanceConformance } from './instances.ts';
import { keypairConformance } from './keypairs.ts';
import { legacyConformance } from './legacy.ts';
import { novaConformance } from './nova.ts';
import { publicAccessConformance } from './public-access.ts';
import { reconcileConformance } from './reconcile.ts';
import { securityGroupConformance } from './security-groups.ts';
import { serverGroupConformance } from './server-groups.ts';
import type { Target } from './target.ts';
import { tenantConformance } from './tenants.ts';

/** Everything a customer can rely on, whatever OpenStack is behind the gateway and whatever runtime it runs on. */
export function conformance(name: string, start: () => Promise<Target>): void {
  describe(`conformance: ${name}`, () => {
    let target: Target | undefined;
    beforeAll(async () => {
      target = await start();
    });
    afterAll(() => target?.close());
    const running = (): Target => {
      if (target === undefined) throw new Error('the target did not start');
      return target;
    };

    catalogConformance(running);
    instanceConformance(running);
    instanceActionConformance(running);
    publicAccessConformance(running);
    reconcileConformance(running);
    keypairConformance(running);
    securityGroupConformance(running);
    serverGroupConformance(running);
    legacyConformance(running);
    tenantConformance(running);
    adminKeyConformance(running);
    apiKeyConformance(running);
    novaConformance(running);
  });
}
