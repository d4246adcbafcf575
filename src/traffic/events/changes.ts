/**
 * What has become of a project's instances between two looks, as listeners are told it. Pure.
 *
 * @module
 */

/** An instance as a dialect shows it. */
export interface InstanceSnapshot {
  readonly state: string;
  /** All of it, JSON. */
  readonly text: string;
}

/** By id. */
export type ProjectSnapshot = ReadonlyMap<string, InstanceSnapshot>;

export type ChangeKind = 'created' | 'state_changed' | 'updated' | 'deleted';

export interface Change {
  readonly kind: ChangeKind;
  readonly instanceId: string;
  /** As it is shown now; a deleted one as it was last, but for its state. */
  readonly snapshot: InstanceSnapshot;
  /** null for one that was created. */
  readonly previousState: string | null;
  /** When it was seen, ISO 8601. */
  readonly at: string;
}

/**
 * In the order: what is gone, what is different, what is new, the oldest first. Of several changes of one instance the last is
 * told; one that came and went in between is not.
 *
 * @param after In the order of the cloud's list, newest first.
 * @param asDeleted How an instance is shown once it is deleted.
 */
export function diffSnapshots(
  before: ProjectSnapshot,
  after: ProjectSnapshot,
  at: string,
  asDeleted: (last: InstanceSnapshot) => InstanceSnapshot,
): Change[] {
  const deleted: Change[] = [];
  const changed: Change[] = [];
  for (const [instanceId, last] of before) {
    const snapshot = after.get(instanceId);
    const previousState = last.state;
    if (snapshot === undefined) {
      deleted.push({ kind: 'deleted', instanceId, snapshot: asDeleted(last), previousState, at });
    } else if (snapshot.text !== last.text) {
      const kind = snapshot.state === last.state ? 'updated' : 'state_changed';
      changed.push({ kind, instanceId, snapshot: snapshot, previousState, at });
    }
  }
  const created = [...after]
    .filter(([instanceId]) => !before.has(instanceId))
    .map(
      ([instanceId, snapshot]): Change => ({
        kind: 'created',
        instanceId,
        snapshot: snapshot,
        previousState: null,
        at,
      }),
    )
    .reverse();
  return [...deleted, ...changed, ...created];
}
