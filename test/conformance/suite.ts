import { afterAll, beforeAll, describe } from 'vitest';
import { adminKeyConformance } from './admin-keys.ts';
import { apiKeyConformance } from './api-keys.ts';
import { catalogConformance } from './catalog.ts';
import { clientConformance } from './client.ts';
import { eventConformance } from './events.ts';
import { idempotencyConformance } from './idempotency.ts';
import { instanceActionConformance } from './instance-actions.ts';
import { instanceConformance } from './instances.ts';
import { keypairConformance } from './keypairs.ts';
import { legacyConformance } from './legacy.ts';
import { novaConformance } from './nova.ts';
import { passThroughConformance } from './nova-pass-through.ts';
import { publicAccessConformance } from './public-access.ts';
import { reconcileConformance } from './reconcile.ts';
import { securityGroupConformance } from './security-groups.ts';
import { serverGroupConformance } from './server-groups.ts';
import type { Target } from './target.ts';
import { tenantConformance } from './tenants.ts';

type Part = (running: () => Target) => void;

/** What does not depend on what kind of cloud is behind the gateway. */
const COMPUTE: readonly Part[] = [
  catalogConformance,
  instanceConformance,
  instanceActionConformance,
  publicAccessConformance,
  keypairConformance,
  securityGroupConformance,
  serverGroupConformance,
  legacyConformance,
  tenantConformance,
  clientConformance,
  eventConformance,
  novaConformance,
];

/** What needs an OpenStack: its users and credentials, and ports that can be left behind. */
const OPENSTACK: readonly Part[] = [
  reconcileConformance,
  adminKeyConformance,
  apiKeyConformance,
  idempotencyConformance,
  passThroughConformance,
];

/** Everything a customer can rely on, whatever OpenStack is behind the gateway and whatever runtime it runs on. */
export function conformance(name: string, start: () => Promise<Target>): void {
  run(name, start, [...COMPUTE, ...OPENSTACK]);
}

/** The same as far as any kind of cloud goes. */
export function computeConformance(name: string, start: () => Promise<Target>): void {
  run(name, start, COMPUTE);
}

/** One part alone. */
export function partConformance(name: string, start: () => Promise<Target>, part: Part): void {
  run(name, start, [part]);
}

function run(name: string, start: () => Promise<Target>, parts: readonly Part[]): void {
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
    for (const part of parts) part(running);
  });
}
