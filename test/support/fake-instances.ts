import type { CloudInstance } from '../../src/compute/model.ts';

/** For tests: an instance that is running and at rest, but for `change`. */
export function instance(id: string, change: Partial<CloudInstance> = {}): CloudInstance {
  return {
    id,
    name: id,
    status: 'ACTIVE',
    state: 'active',
    task: null,
    inTransition: false,
    imageId: 'ubuntu',
    flavorId: 'small',
    created: '2026-03-01T12:00:00Z',
    updated: '2026-03-01T12:00:00Z',
    metadata: {},
    userId: 'user',
    projectId: 'project',
    addresses: [],
    keypairName: null,
    availabilityZone: 'nova',
    securityGroupNames: ['default'],
    locked: false,
    volumes: [],
    fault: null,
    description: null,
    tags: [],
    serverGroupId: null,
    ...change,
  };
}

/** Seconds after the tests' beginning, as clouds print times. */
export function at(seconds: number): string {
  return new Date(Date.parse('2026-03-01T12:00:00Z') + seconds * 1000).toISOString().replace('.000Z', 'Z');
}
