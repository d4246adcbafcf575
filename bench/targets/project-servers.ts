import { createHash } from 'node:crypto';

interface Entry {
  readonly id: string;
  updated: number;
  /** As Nova prints it in a list. */
  json: string;
}

export const NETWORK_ID = 'a3d1e6b2-7c44-4c55-8e1f-2b9d0c3e4f5a';
const CREATED = Date.parse('2026-01-01T00:00:00Z');

/** The instances of one project as Nova lists them; each is serialized once. */
export class ProjectServers {
  readonly #project: string;
  readonly #base: string;
  readonly #entries: Entry[] = [];
  readonly #byId = new Map<string, Entry>();
  #pages = new Map<string, string>();
  readonly #ports = new Map<string, string>();
  #changes = 0;

  constructor(project: string, size: number, base: string) {
    this.#project = project;
    this.#base = base;
    for (let n = 0; n < size; n++) {
      const id = instanceId(project, n);
      const entry = { id, updated: CREATED + n * 1000, json: '' };
      entry.json = this.#print(entry, n, 'web');
      this.#entries.push(entry);
      this.#byId.set(id, entry);
    }
  }

  /** null when there is none. */
  server(id: string): string | null {
    const entry = this.#byId.get(id);
    return entry === undefined ? null : `{"server":${entry.json}}`;
  }

  /** `GET /servers/detail`. */
  page(url: URL, max: number): string {
    const known = this.#pages.get(url.search);
    if (known !== undefined) return known;
    const since = url.searchParams.get('changes-since');
    const changed = this.#entries.filter(({ updated }) => since === null || updated >= Date.parse(since));
    const marker = url.searchParams.get('marker');
    const from = marker === null ? 0 : changed.findIndex(({ id }) => id === marker) + 1;
    const limit = Math.min(Number(url.searchParams.get('limit') ?? max), max);
    const page = changed.slice(from, from + limit);
    const body = `{"servers":[${page.map(({ json }) => json).join(',')}]${this.#next(url, page, limit)}}`;
    this.#pages.set(url.search, body);
    return body;
  }

  /** `GET /ports`: one for each instance, or for those that `device_id` names. */
  ports(url: URL, groupId: string): string {
    const known = this.#ports.get(url.search);
    if (known !== undefined) return known;
    const named = new Set(url.searchParams.getAll('device_id'));
    const entries = this.#entries.filter(({ id }) => named.size === 0 || named.has(id));
    const ports = entries.map(({ id }) => ({
      id,
      name: '',
      project_id: this.#project,
      network_id: NETWORK_ID,
      description: '',
      device_id: id,
      device_owner: 'compute:nova',
      security_groups: [groupId],
      fixed_ips: [{ ip_address: '10.0.0.1' }],
      created_at: '2026-01-01T00:00:00Z',
      revision_number: 1,
    }));
    const body = JSON.stringify({ ports });
    if (named.size === 0) this.#ports.set(url.search, body);
    return body;
  }

  /** Renames `count` instances, now. */
  change(count: number): void {
    this.#pages = new Map();
    this.#changes += 1;
    for (let n = 0; n < count; n++) {
      const index = (n * 997 + this.#changes) % this.#entries.length;
      const entry = this.#entries[index];
      if (entry === undefined) continue;
      entry.updated = Date.now();
      entry.json = this.#print(entry, index, `changed-${this.#changes}`);
    }
  }

  #next(url: URL, page: readonly Entry[], limit: number): string {
    const last = page.at(-1);
    if (page.length < limit || last === undefined) return '';
    const next = new URL(url);
    next.searchParams.set('marker', last.id);
    return `,"servers_links":[{"rel":"next","href":${JSON.stringify(next.href)}}]`;
  }

  #print({ id, updated }: Entry, n: number, name: string): string {
    const iso = (at: number) => new Date(at).toISOString().replace(/\.\d+/, '');
    const link = (path: string) => `${this.#base}/${path}`;
    return JSON.stringify({
      id,
      name: `${name}-${n}`,
      status: 'ACTIVE',
      tenant_id: this.#project,
      user_id: '8dd614aa599049a189eebb54790636a4',
      metadata: { role: 'web', owner: 'bench' },
      hostId: 'acb987ae61e2ee736e1e9e18cc24eb5a079e72d14935c4bfbf29ea68',
      image: {
        id: '8b72c7e3-01b6-4a3c-8106-b39dbf8d2606',
        links: [{ rel: 'bookmark', href: link('images/8b72c7e3-01b6-4a3c-8106-b39dbf8d2606') }],
      },
      flavor: { id: 'm1.tiny', links: [{ rel: 'bookmark', href: link('flavors/m1.tiny') }] },
      created: iso(CREATED + n * 1000),
      updated: iso(updated),
      addresses: {
        private: [
          {
            version: 4,
            addr: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
            'OS-EXT-IPS:type': 'fixed',
            'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:75:55:84',
          },
        ],
      },
      accessIPv4: '',
      accessIPv6: '',
      links: [
        { rel: 'self', href: link(`v2.1/servers/${id}`) },
        { rel: 'bookmark', href: link(`servers/${id}`) },
      ],
      'OS-DCF:diskConfig': 'MANUAL',
      progress: 0,
      'OS-EXT-AZ:availability_zone': 'nova',
      config_drive: 'True',
      key_name: 'bench-key',
      'OS-SRV-USG:launched_at': '2026-01-01T00:00:01.000000',
      'OS-SRV-USG:terminated_at': null,
      security_groups: [{ name: 'default' }],
      'OS-EXT-STS:task_state': null,
      'OS-EXT-STS:vm_state': 'active',
      'OS-EXT-STS:power_state': 1,
      'os-extended-volumes:volumes_attached': [],
      locked: false,
      description: null,
      tags: [],
    });
  }
}

/** The id of the n-th instance of a project. */
export function instanceId(project: string, n: number): string {
  const hex = createHash('sha1').update(`${project}/${n}`).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
