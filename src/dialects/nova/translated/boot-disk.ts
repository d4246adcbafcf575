import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import type { CreateInstance } from '../../../compute/requests.ts';
import { shortText, uuid } from '../../../http/field-schemas.ts';
import { integer } from './fields.ts';
import { isTrue } from './lists.ts';
import { assertMembers } from './microversions.ts';

const FIELD = 'server.block_device_mapping_v2';

/** Every member of `block_device_mapping_v2`, so that each unsupported one is refused by name. */
export const blockDevice = z.strictObject({
  uuid: z.string().nullish(),
  source_type: z.enum(['volume', 'image', 'snapshot', 'blank']).optional(),
  destination_type: z.enum(['local', 'volume']).optional(),
  boot_index: integer.nullish(),
  delete_on_termination: z.union([z.boolean(), z.string()]).optional(),
  device_name: z.string().nullish(),
  device_type: z.string().nullish(),
  disk_bus: z.string().nullish(),
  guest_format: z.string().nullish(),
  no_device: z.unknown().optional(),
  volume_size: integer.nullish(),
  volume_type: shortText.nullish(),
  tag: z.string().optional(),
});
type BlockDevice = z.output<typeof blockDevice>;

/** @throws ComputeError `invalid`: a member that the microversion does not have. */
export function assertDevice(device: BlockDevice, minor: number): void {
  assertMembers(device, { tag: [32], volume_type: [67] }, minor, FIELD);
}

function isVolume({ source_type = 'volume', destination_type = 'local' }: BlockDevice): boolean {
  return destination_type === 'volume' || source_type === 'volume';
}

/** redu has one disk: local, or a volume made of an image, or a volume that exists. What is beyond that. */
export function unsupportedDisk(devices: readonly BlockDevice[]): string | false {
  for (const device of devices) {
    const { uuid: _, source_type = 'volume', destination_type: __, boot_index, ...rest } = device;
    if (source_type === 'snapshot') return 'volumes made of a snapshot (block_device_mapping_v2)';
    if (source_type === 'blank' || (boot_index ?? 0) !== 0)
      return 'additional disks (block_device_mapping_v2)';
    const { delete_on_termination: ___, volume_size, volume_type, ...others } = rest;
    const ofNewVolume = { volume_size, volume_type };
    const beyond = isVolume(device) ? others : { ...others, ...ofNewVolume };
    const [member] = Object.entries(beyond).find(([, value]) => value != null) ?? [];
    if (member !== undefined) return `${member} of block_device_mapping_v2`;
  }
  return devices.length > 1 && 'additional disks (block_device_mapping_v2)';
}

/** Where the server boots from: `imageRef`, or its one block device. @throws ComputeError `invalid`. */
export function diskOf(
  imageRef: string | undefined,
  [device]: readonly BlockDevice[],
): Pick<CreateInstance, 'image' | 'bootVolume'> {
  if (device === undefined) {
    if (!imageRef) throw ComputeError.field('server.imageRef', 'is required');
    return { image: imageRef, bootVolume: null };
  }
  const id = uuid.safeParse(device.uuid ?? imageRef);
  if (!id.success) throw ComputeError.field(FIELD, 'must have the uuid of an image or volume');
  const deleteWithInstance = isTrue(device.delete_on_termination);
  if (device.source_type !== 'image') {
    if (imageRef)
      throw ComputeError.field('server.imageRef', 'must be left out when a volume is booted from');
    return { image: null, bootVolume: { kind: 'existing', volumeId: id.data, deleteWithInstance } };
  }
  if (imageRef && id.data !== imageRef) throw ComputeError.field(FIELD, 'must name the image of imageRef');
  if (!isVolume(device)) return { image: id.data, bootVolume: null };
  const sizeGb = device.volume_size ?? 0;
  if (sizeGb < 1) throw ComputeError.field(FIELD, 'must have a volume_size of 1 or more');
  return {
    image: id.data,
    bootVolume: { kind: 'new', sizeGb, volumeType: device.volume_type ?? null, deleteWithInstance },
  };
}
