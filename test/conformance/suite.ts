import { afterAll, beforeAll, describe } from 'vitest';
import { adminKeyConformance } from './admin-keys.ts';
import { apiKeyConformance } from './api-keys.ts';
import { catalogConformance } from './catalog.ts';
import { clientConformance } from './client.ts';
import { eventConformance } from './events.ts';
import { floatingIpConformance } from './floating-ips.ts';
import { idempotencyConformance } from './idempotency.ts';
import { imageConformance } from './images.ts';
import { instanceActionConformance } from './instance-actions.ts';
import { instanceLabelConformance } from './instance-labels.ts';
import { instanceNetworkConformance } from './instance-networks.ts';
import { instanceOperationConformance } from './instance-operations.ts';
import { instanceConformance } from './instances.ts';
import { keypairConformance } from './keypairs.ts';
import { legacyConformance } from './legacy.ts';
import { networkConformance } from './networks.ts';
import { novaConformance } from './nova.ts';
import { passThroughConformance } from './nova-pass-through.ts';
import { publicAccessConformance } from './public-access.ts';
import { reconcileConformance } from './reconcile.ts';
import { securityGroupConformance } from './security-groups.ts';
import { serverGroupConformance } from './server-groups.ts';
import { serviceKeyPairConformance } from './service-key-pairs.ts';
import type { Target } from './target.ts';
import { tenantConformance } from './tenants.ts';
import { usageConformance } from './usage.ts';
import { volumeDriverConformance } from './volume-driver.ts';
import { volumeConformance } from './volumes.ts';

type Part = (running: () => Target) => void;

/** Parts for every kind of cloud. */
const COMPUTE: readonly Part[] = [
  catalogConformance,
  instanceConformance,
  instanceActionConformance,
  instanceOperationConformance,
  instanceLabelConformance,
  publicAccessConformance,
  keypairConformance,
  imageConformance,
  securityGroupConformance,
  serverGroupConformance,
  networkConformance,
  floatingIpConformance,
  instanceNetworkConformance,
  legacyConformance,
  tenantConformance,
  clientConformance,
  eventConformance,
  novaConformance,
  volumeConformance,
];

/** Parts that need an OpenStack: its users, credentials and ports. */
const OPENSTACK: readonly Part[] = [
  reconcileConformance,
  serviceKeyPairConformance,
  adminKeyConformance,
  apiKeyConformance,
  usageConformance,
  idempotencyConformance,
  passThroughConformance,
  volumeDriverConformance,
];

/** The complete suite, for every OpenStack and runtime. */
export function conformance(name: string, start: () => Promise<Target>): void {
  run(name, start, [...COMPUTE, ...OPENSTACK]);
}

/** The suite for every kind of cloud. */
export function computeConformance(name: string, start: () => Promise<Target>): void {
  run(name, start, COMPUTE);
}

/** A single part. */
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
