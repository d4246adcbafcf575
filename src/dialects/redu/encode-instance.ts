import type { Instance } from '../../compute/model.ts';
import type { InstanceBody, InstanceDetailBody } from './instance-schemas.ts';

/** An instance in a list: the eleven fields of redu's documentation. */
export function encodeInstance(instance: Instance): InstanceBody {
  return {
    id: instance.id,
    name: instance.name,
    status: instance.status,
    state: instance.state,
    image_id: instance.imageId,
    flavor_id: instance.flavorId,
    created: instance.created,
    updated: instance.updated,
    metadata: encodeMetadata(instance),
    user_id: instance.userId,
    project_id: instance.projectId,
  };
}

/** One as it is in a list, as JSON text; printed once as long as it is the same object. */
export const printInstance = printed(encodeInstance);
/** A list of instances as JSON text. */
export const printInstances = inArray(printInstance);
/** The same of instances with all their fields. */
export const printInstanceDetails = inArray(printed(encodeInstanceDetail));

function inArray(print: (instance: Instance) => string): (instances: readonly Instance[]) => string {
  return (instances) => `[${instances.map(print).join(',')}]`;
}

function printed(encode: (instance: Instance) => object): (instance: Instance) => string {
  // Goes with the instance: most of a fleet's are the same objects from list to list.
  const texts = new WeakMap<Instance, string>();
  return (instance) => {
    const known = texts.get(instance);
    if (known !== undefined) return known;
    const text = JSON.stringify(encode(instance));
    texts.set(instance, text);
    return text;
  };
}

/** An instance by itself. */
export function encodeInstanceDetail(instance: Instance): InstanceDetailBody {
  return {
    ...encodeInstance(instance),
    addresses: instance.addresses.map(({ network, address, version, type, macAddress }) => ({
      network,
      address,
      version,
      type,
      mac_address: macAddress,
    })),
    keypair_name: instance.keypairName,
    availability_zone: instance.availabilityZone,
    security_group_names: instance.securityGroupNames === 'unknown' ? [] : [...instance.securityGroupNames],
    locked: instance.locked,
    volumes: instance.volumes.map(({ id, device, deleteWithInstance }) => ({
      id,
      device,
      delete_with_instance: deleteWithInstance,
    })),
    fault: instance.fault && {
      code: instance.fault.code,
      message: instance.fault.message,
      created: instance.fault.created,
    },
    description: instance.description,
    task: instance.task,
    tags: [...instance.tags],
    server_group_id: instance.serverGroupId,
  };
}

/** The flags report actual access; the cloud's metadata may be out of date. */
function encodeMetadata({ metadata, publicAddress, sshEnabled }: Instance): Record<string, string> {
  const { isPublic: _isPublic, enableSSH: _enableSsh, floatingIp: _floatingIp, ...items } = metadata;
  return {
    isPublic: String(publicAddress !== null),
    enableSSH: String(sshEnabled),
    ...(publicAddress !== null && { floatingIp: publicAddress }),
    ...items,
  };
}
