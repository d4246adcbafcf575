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

/** Goes with the instance: most of a fleet's are the same objects from list to list. */
const PRINTED = new WeakMap<Instance, string>();

/** A list of instances as JSON text, each printed once as long as it is the same. */
export function printInstances(instances: readonly Instance[]): string {
  return `[${instances.map(printInstance).join(',')}]`;
}

/** One as it is in a list. */
export function printInstance(instance: Instance): string {
  const printed = PRINTED.get(instance) ?? JSON.stringify(encodeInstance(instance));
  PRINTED.set(instance, printed);
  return printed;
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
