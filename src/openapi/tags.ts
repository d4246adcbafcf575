/** Groups of operations in the contract: what customers use, what operators use, and what is left from redu's first version. */

interface Tag {
  readonly name: string;
  readonly description: string;
}

const CUSTOMER: readonly Tag[] = [
  { name: 'account', description: 'The caller, its quotas and its usage.' },
  { name: 'instances', description: 'Virtual machines: life cycle, actions, networks, volumes, console.' },
  { name: 'events', description: 'Changes of instances as server-sent events.' },
  { name: 'flavors', description: 'Sizes of instances.' },
  { name: 'images', description: 'What instances boot from.' },
  { name: 'networks', description: 'Networks of the project, and those it may use.' },
  { name: 'floating ips', description: 'Public addresses.' },
  { name: 'keypairs', description: 'Public keys for SSH.' },
  { name: 'security groups', description: 'Firewall rules of instances.' },
  { name: 'server groups', description: 'Placement of instances: together or apart.' },
  { name: 'availability zones', description: 'Where instances can run.' },
  { name: 'volumes', description: 'Block storage.' },
  { name: 'volume snapshots', description: 'Copies of volumes.' },
  { name: 'api keys', description: 'The user’s own API keys.' },
];

const OPERATOR: readonly Tag[] = [
  {
    name: 'admin',
    description: 'For operators, with `LINGUANOVA_ADMIN_TOKEN`: all API keys and the audit log.',
  },
  { name: 'health', description: 'For probes and Prometheus; not for the public.' },
];

const LEGACY: readonly Tag[] = [
  { name: 'legacy', description: 'Deprecated paths of redu’s first version, with its shapes.' },
];

const GROUPS = { Customer: CUSTOMER, Operator: OPERATOR, Legacy: LEGACY };

export const TAGS: readonly Tag[] = Object.values(GROUPS).flat();

/** `x-tagGroups`, an extension that reference pages know. */
export const TAG_GROUPS = Object.entries(GROUPS).map(([name, tags]) => ({
  name,
  tags: tags.map((tag) => tag.name),
}));

export function tagOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  if (first === 'cloud') return 'legacy';
  if (first === 'admin') return 'admin';
  if (first !== 'v1') return 'health';
  if (path.endsWith('/events')) return 'events';
  const name = second.replaceAll('_', ' ');
  return TAGS.some((tag) => tag.name === name) ? name : 'account';
}
