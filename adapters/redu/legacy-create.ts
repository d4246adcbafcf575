import { sleep } from '../../src/async.ts';
import type { NewInstance } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { CloudInstance } from '../../src/compute/model.ts';
import type { ReduSession } from './session.ts';

const LEGACY_CREATE = '/cloud/v1/compute/instances/create';

/** Polls of the list for an instance created by an older API, which returns no id. */
const MAX_POLLS = 10;
const POLL_INTERVAL_MS = 500;

/**
 * The older create returns no id, so the result is the instance of that name that is new in the list. Two concurrent creates of
 * one name are indistinguishable, and may both get either instance.
 */
export async function createByLegacy(
  session: ReduSession,
  instance: NewInstance,
  list: () => Promise<readonly CloudInstance[]>,
): Promise<string> {
  const { isPublic = 'false', enableSSH = 'false', ...items } = instance.metadata;
  const networks = typeof instance.networks === 'string' ? [] : instance.networks;
  const [network] = networks;
  const beyond = [
    networks !== instance.networks && `the networks "${instance.networks}"`,
    networks.length > 1 && 'several networks',
    network?.kind === 'port' && 'a port',
    instance.availabilityZone !== null && 'an availability zone',
    instance.serverGroupId !== null && 'a server group',
    instance.bootVolume !== null && 'a volume to boot from',
    instance.description !== null && 'a description',
    instance.tags.length > 0 && 'tags',
    Object.keys(items).length > 0 && 'metadata',
  ].find((feature) => feature !== false);
  if (beyond !== undefined) {
    throw new ComputeError(
      'not_implemented',
      `The cloud behind this gateway cannot create instances with ${beyond}.`,
    );
  }
  const ofThatName = async () =>
    (await list()).filter(({ name }) => name === instance.name).map(({ id }) => id);
  const before = new Set(await ofThatName());
  const body = {
    name: instance.name,
    image: instance.imageId,
    imageName: instance.imageId,
    flavor: instance.flavorId,
    securityGroups: instance.securityGroupIds.map((value) => ({ value, label: value })),
    key_name: instance.keypairName,
    network: network?.kind === 'network' ? network.networkId : null,
    is_public: isPublic === 'true',
    enable_ssh: enableSSH === 'true',
    user_data: instance.userData,
    volume: null,
  };
  await session.request({ method: 'POST', path: LEGACY_CREATE, body }, 'collection');
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    const made = (await ofThatName()).find((id) => !before.has(id));
    if (made !== undefined) return made;
    await sleep(POLL_INTERVAL_MS);
  }
  throw new ComputeError(
    'timeout',
    'The cloud accepted the instance but does not list it yet: search for its name.',
  );
}
