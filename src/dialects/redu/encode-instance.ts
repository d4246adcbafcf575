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

/** A list of instances as JSON text, each printed once as long as it is the same. */
export const printInstances = printer(encodeInstance);

/** The same of instances with all their fields. */
export const printInstanceDetails = printer(encodeInstanceDetail);

function printer(encode: (instance: Instance) => object): (instances: readonly Instance[]) => string {
  // Goes with the instance: most of a fleet's are the same objects from list to list.
  const printed = new WeakMap<Instance, string>();
  const print = (instance: Instance) => {
    const text = printed.get(instance) ?? JSON.stringify(encode(instance));
    printed.set(instance, text);
    return text;
  };
  return (instances) => `[${instances.map(print).join(',')}]`;
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
    fault: instance.fault && {
      code: instance.fault.code,
      message: instance.fault.message,
      created: instance.fault.created,
    },
  };
}

/** The flags tell the access it has; what the cloud's metadata says of them may be old. */
function encodeMetadata({ metadata, publicAddress, sshEnabled }: Instance): Record<string, string> {
  const { isPublic: _isPublic, enableSSH: _enableSsh, floatingIp: _floatingIp, ...items } = metadata;
  return {
    isPublic: String(publicAddress !== null),
    enableSSH: String(sshEnabled),
    ...(publicAddress !== null && { floatingIp: publicAddress }),
    ...items,
  };
}
