import { ComputeError } from '../../../src/compute/errors.ts';

/** The microversions of a Nova, oldest and newest. */
export interface VersionRange {
  readonly oldest: string;
  readonly newest: string;
}

interface FeatureVersions {
  /** The first version that has it; 2.1 unless given. */
  readonly since?: string;
  /** The last version that has it; all later ones unless given. */
  readonly until?: string;
  /** What a cloud without it lacks, after "This cloud has no". */
  readonly name: string;
}

/** All that the adapter uses of Nova and that some version lacks. A call is sent at the oldest version with what it uses. */
const FEATURES = {
  keyPairTypes: { since: '2.2', name: 'key pairs of type x509' },
  deletedVolumes: { since: '2.3', name: 'report of volumes that are deleted with their instance' },
  consoles: { since: '2.6', name: 'remote consoles' },
  mksConsoles: { since: '2.8', name: 'consoles of type webmks' },
  locks: { since: '2.9', name: 'report of locked instances' },
  groupOwners: { since: '2.13', name: 'report of the projects of server groups' },
  softPolicies: { since: '2.15', name: 'soft policies of server groups' },
  descriptions: { since: '2.19', name: 'descriptions of instances' },
  volumesOfShelved: { since: '2.20', name: 'volume attachments of shelved instances' },
  historyOfDeleted: { since: '2.21', name: 'history of deleted instances' },
  tags: { since: '2.26', name: 'tags of instances' },
  hypervisorPages: { since: '2.33', name: 'pages of hypervisors' },
  keyPairPages: { since: '2.35', name: 'pages of key pairs' },
  networkChoice: { since: '2.37', name: 'networks "auto" and "none" of new instances' },
  imageIds: { since: '2.45', name: 'report of the images that snapshots make' },
  flavorIds: { until: '2.46', name: 'report of the ids of flavors' },
  tagsOfNewServers: { since: '2.52', name: 'tags of new instances' },
  policyLists: { until: '2.63', name: 'lists of policies of server groups' },
  volumeTypes: { since: '2.67', name: 'types of boot volumes' },
  deletedAttachments: { since: '2.79', name: 'report of attachments that are deleted with their instance' },
  generatedKeyPairs: { until: '2.91', name: 'generated key pairs (give a public key)' },
  wideKeyPairNames: { since: '2.92', name: 'key pair names with @ or .' },
} as const satisfies Record<string, FeatureVersions>;

export type Feature = keyof typeof FEATURES;

export function has({ oldest, newest }: VersionRange, feature: Feature): boolean {
  const { since = '2.1', until = newest }: FeatureVersions = FEATURES[feature];
  return compareVersions(since, newest) <= 0 && compareVersions(oldest, until) <= 0;
}

/** The oldest version with those of the features that the cloud has. */
export function oldestWith(range: VersionRange, features: readonly Feature[]): string {
  let version = range.oldest;
  for (const feature of features) {
    const { since = '2.1' }: FeatureVersions = FEATURES[feature];
    if (has(range, feature) && compareVersions(since, version) > 0) version = since;
  }
  return version;
}

/** @throws ComputeError `not_implemented`, naming the first feature that the cloud lacks. */
export function assertHas(range: VersionRange, features: readonly Feature[]): void {
  const lacking = features.find((feature) => !has(range, feature));
  if (lacking === undefined) return;
  const { name, since, until }: FeatureVersions = FEATURES[lacking];
  const reason =
    since === undefined
      ? `newer than microversion ${until}: its oldest is ${range.oldest}`
      : `older than microversion ${since}: its newest is ${range.newest}`;
  throw new ComputeError('not_implemented', `This cloud has no ${name}. Its Nova is ${reason}.`, {
    notApplied: true,
  });
}

/** Negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}
