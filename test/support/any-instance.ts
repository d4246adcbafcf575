import fc from 'fast-check';
import type { Instance } from '../../src/compute/model.ts';
import { INSTANCE_STATUSES, isTransitional, stateOf } from '../../src/compute/states.ts';

const text = fc.string({ minLength: 1, maxLength: 40 });
const time = fc
  .date({ min: new Date('2015-01-01'), max: new Date('2035-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().replace(/\.\d+Z$/, 'Z'));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const address = fc.record({
  network: text.filter((network) => network !== '__proto__'),
  address: fc.ipV4(),
  version: fc.constantFrom(4 as const, 6 as const),
  type: fc.constantFrom('fixed' as const, 'floating' as const),
  macAddress: maybe(text),
});

/** Any instance as a gateway shows it. */
export const anyInstance: fc.Arbitrary<Instance> = fc
  .record({
    id: fc.uuid(),
    name: text,
    status: fc.constantFrom(...INSTANCE_STATUSES),
    task: fc.constantFrom(null, 'powering-off', 'deleting', 'image_uploading', 'resize_prep', 'shelving'),
    imageId: maybe(fc.uuid()),
    flavorId: text,
    created: time,
    updated: time,
    metadata: fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      text,
      { maxKeys: 5 },
    ),
    userId: text,
    projectId: text,
    addresses: fc.array(address, { maxLength: 4 }),
    keypairName: maybe(text),
    availabilityZone: maybe(text),
    securityGroupNames: fc.uniqueArray(text, { maxLength: 3 }),
    locked: fc.boolean(),
    description: maybe(text),
    tags: fc.uniqueArray(text, { maxLength: 3 }),
    serverGroupId: maybe(fc.uuid()),
    volumes: fc.constant([]),
    fault: maybe(fc.record({ code: fc.nat(600), message: text, created: time })),
    publicAddress: maybe(fc.ipV4()),
    sshEnabled: fc.boolean(),
  })
  .map((fields) => {
    const state = stateOf(fields.status, fields.task);
    return { ...fields, state, inTransition: fields.task !== null || isTransitional(state) };
  });
