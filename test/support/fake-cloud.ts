import type { Cloud, CloudCredential, InstanceFilter } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { CloudInstance, Port } from '../../src/compute/model.ts';
import { at, instance } from './fake-instances.ts';

export const CREDENTIAL: CloudCredential = { kind: 'application_credential', id: 'ac', secret: 's' };

/**
 * For tests: as much of a cloud as a fleet needs, as Nova does it. Deleted instances appear in change lists; one that was not
 * scheduled leaves no trace; some changes do not touch `updated`.
 */
export class FakeCloud {
  readonly #instances = new Map<string, CloudInstance>();
  #made = 0;
  /** Seconds since the beginning. */
  time = 0;
  /** `list`, `changes`, `look <id>`, `groups`, `ports` and `ports of <ids>`, in order. */
  calls: string[] = [];
  /** Runs before each response. */
  gate: () => Promise<void> = async () => {};
  roles: readonly string[] = ['member'];
  ports: readonly Port[] = [];
  /** Requests for the external networks. */
  askedExternals = 0;

  /** @param count Instances, made a minute apart. */
  constructor(count: number) {
    for (; count > 0; count--) {
      this.create();
      this.time += 60;
    }
  }

  create(change: Partial<CloudInstance> = {}): string {
    this.#made += 1;
    const id = `i${String(this.#made).padStart(4, '0')}`;
    this.#instances.set(id, instance(id, { created: at(this.time), updated: at(this.time), ...change }));
    return id;
  }

  /** @param skew How many seconds the clock of the host that writes is ahead. */
  change(id: string, change: Partial<CloudInstance>, skew = 0): void {
    this.silently(id, { ...change, updated: at(this.time + skew) });
  }

  /** Without `updated`. */
  silently(id: string, change: Partial<CloudInstance>): void {
    const known = this.#instances.get(id);
    if (known !== undefined && known.status !== 'DELETED') this.#instances.set(id, { ...known, ...change });
  }

  delete(id: string): void {
    this.change(id, { status: 'DELETED', state: 'deleted', inTransition: false });
  }

  vanish(id: string): void {
    this.#instances.delete(id);
  }

  /** The full list. */
  list(): CloudInstance[] {
    return this.#listed({});
  }

  open(): Cloud {
    const respond = async <T>(what: string, result: () => T): Promise<T> => {
      this.calls.push(what);
      await this.gate();
      return result();
    };
    const cloud: Partial<Cloud> = {
      capabilities: { floatingIps: true, securityGroups: true, keyPairs: true, nativeAccessFlags: false },
      detached: () => this.open(),
      caller: async () => ({ region: '', userId: 'user', projectId: 'project', roles: this.roles }),
      listInstances: (filter) =>
        respond(filter.changedSince === undefined ? 'list' : 'changes', () => ({
          instances: this.#listed(filter),
          more: false,
        })),
      getInstance: (id) => respond(`look ${id}`, () => this.#one(id)),
      listSecurityGroups: () => respond('groups', () => []),
      listPorts: ({ instanceIds }) =>
        respond(instanceIds ? `ports of ${instanceIds.toSorted().join(' ')}` : 'ports', () =>
          this.ports.filter(({ instanceId }) => instanceIds?.includes(instanceId ?? '') ?? true),
        ),
      listExternalNetworkIds: () => {
        this.askedExternals += 1;
        return Promise.resolve(new Set<string>());
      },
      listServerGroups: async () => [],
      changeInstance: (id, change) =>
        respond(`rename ${id}`, () => {
          this.change(id, change);
          return null;
        }),
      deleteMetadata: (id) => respond(`unset ${id}`, () => this.silently(id, { metadata: {} })),
      deleteFloatingIp: (id) => respond(`release ${id}`, () => {}),
      createInstance: () => respond('create', () => this.create()),
    };
    return cloud as Cloud;
  }

  #listed({ changedSince, name }: InstanceFilter): CloudInstance[] {
    return [...this.#instances.values()]
      .filter(({ status, updated }) =>
        changedSince === undefined ? status !== 'DELETED' : updated >= changedSince,
      )
      .filter((known) => name === undefined || known.name.includes(name))
      .sort((a, b) => b.created.localeCompare(a.created) || a.id.localeCompare(b.id));
  }

  #one(id: string): CloudInstance {
    const known = this.#instances.get(id);
    if (known === undefined || known.status === 'DELETED') throw new ComputeError('not_found', 'gone');
    return known;
  }
}
