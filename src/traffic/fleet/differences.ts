import type { CloudInstance } from '../../compute/model.ts';
import type { FleetState } from './merge.ts';

/** What is different between two states of one fleet, each part newest first. */
export interface FleetDifferences {
  readonly created: readonly CloudInstance[];
  readonly changed: readonly { readonly before: CloudInstance; readonly after: CloudInstance }[];
  readonly deleted: readonly CloudInstance[];
}

/**
 * What happened to a fleet from `before` to `after`, its later state. An instance that was made and deleted in between is not
 * told, nor each of several changes of one.
 */
export function differences(
  before: Pick<FleetState, 'instances' | 'byId'>,
  after: Pick<FleetState, 'instances' | 'byId'>,
): FleetDifferences {
  if (before.instances === after.instances) return { created: [], changed: [], deleted: [] };
  const created: CloudInstance[] = [];
  const changed: { before: CloudInstance; after: CloudInstance }[] = [];
  for (const instance of after.instances) {
    const known = before.byId.get(instance.id);
    if (known === undefined) created.push(instance);
    // What did not change remained the same object.
    else if (known !== instance) changed.push({ before: known, after: instance });
  }
  return { created, changed, deleted: before.instances.filter(({ id }) => !after.byId.has(id)) };
}
