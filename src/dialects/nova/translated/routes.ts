/**
 * The operations that the gateway implements in place of Nova, Glance, Neutron and Cinder.
 *
 * @module
 */

import type { ServiceName } from '../services.ts';
import type { NovaCall, NovaHandler } from './call.ts';
import * as computeGroups from './compute-security-groups.ts';
import { openRemoteConsole } from './consoles.ts';
import { listExtraSpecs, listFlavors, listFlavorsWithDetail, showFlavor } from './flavors.ts';
import * as imageWrites from './image-writes.ts';
import * as images from './images.ts';
import { listHistory, showHistoryEntry } from './instance-history.ts';
import * as interfaces from './interfaces.ts';
import { createKeyPair, deleteKeyPair, listKeyPairs, showKeyPair } from './key-pairs.ts';
import type { Span } from './microversions.ts';
import * as networks from './networks.ts';
import * as quotas from './quotas.ts';
import * as groups from './security-groups.ts';
import { runServerAction } from './server-actions.ts';
import * as serverGroups from './server-groups.ts';
import { listServers, listServersWithDetail } from './server-list.ts';
import * as metadata from './server-metadata.ts';
import * as tags from './server-tags.ts';
import * as serverVolumes from './server-volumes.ts';
import * as servers from './servers.ts';
import * as snapshots from './volume-snapshots.ts';
import * as volumes from './volumes.ts';

/** By method and path after the version; `*` matches any segment. The first match wins. */
export const ROUTES: Readonly<Record<ServiceName, Readonly<Record<string, NovaHandler>>>> = {
  compute: {
    'GET servers': listServers,
    'POST servers': servers.createServer,
    'GET servers/detail': listServersWithDetail,
    'GET servers/*': servers.showServer,
    'PUT servers/*': servers.updateServer,
    'DELETE servers/*': servers.deleteServer,
    'POST servers/*/action': runServerAction,
    'POST servers/*/remote-consoles': openRemoteConsole,
    'GET servers/*/os-instance-actions': listHistory,
    'GET servers/*/os-instance-actions/*': showHistoryEntry,
    'GET servers/*/metadata': metadata.listMetadata,
    'POST servers/*/metadata': metadata.mergeMetadata,
    'PUT servers/*/metadata': metadata.replaceMetadata,
    'GET servers/*/metadata/*': metadata.showMetadataItem,
    'PUT servers/*/metadata/*': metadata.putMetadataItem,
    'DELETE servers/*/metadata/*': metadata.deleteMetadataItem,
    'GET servers/*/os-volume_attachments': serverVolumes.listAttachments,
    'POST servers/*/os-volume_attachments': serverVolumes.createAttachment,
    'GET servers/*/os-volume_attachments/*': serverVolumes.showAttachment,
    'DELETE servers/*/os-volume_attachments/*': serverVolumes.deleteAttachment,
    'GET servers/*/tags': tags.listTags,
    'PUT servers/*/tags': tags.replaceTags,
    'DELETE servers/*/tags': tags.deleteTags,
    'GET servers/*/tags/*': tags.hasTag,
    'PUT servers/*/tags/*': tags.putTag,
    'DELETE servers/*/tags/*': tags.deleteTag,
    'GET servers/*/ips': servers.listAddresses,
    'GET servers/*/ips/*': servers.showAddresses,
    'GET servers/*/os-security-groups': computeGroups.listServerGroups,
    'GET servers/*/os-interface': interfaces.listInterfaces,
    'POST servers/*/os-interface': interfaces.attachInterface,
    'GET servers/*/os-interface/*': interfaces.showInterface,
    'DELETE servers/*/os-interface/*': interfaces.detachInterface,
    'GET flavors': listFlavors,
    'GET flavors/detail': listFlavorsWithDetail,
    'GET flavors/*': showFlavor,
    'GET flavors/*/os-extra_specs': listExtraSpecs,
    'GET images': images.listComputeImages,
    'GET images/detail': images.listComputeImagesWithDetail,
    'GET images/*': images.showComputeImage,
    'DELETE images/*': imageWrites.deleteImage,
    'GET os-keypairs': listKeyPairs,
    'POST os-keypairs': createKeyPair,
    'GET os-keypairs/*': showKeyPair,
    'DELETE os-keypairs/*': deleteKeyPair,
    'GET os-server-groups': serverGroups.listServerGroups,
    'POST os-server-groups': serverGroups.createServerGroup,
    'GET os-server-groups/*': serverGroups.showServerGroup,
    'DELETE os-server-groups/*': serverGroups.deleteServerGroup,
    'GET os-security-groups': computeGroups.listComputeGroups,
    'GET os-security-groups/*': computeGroups.showComputeGroup,
    'GET os-availability-zone': listAvailabilityZones,
    'GET limits': quotas.showLimits,
    'GET os-quota-sets/*': quotas.showQuotaSet,
    'GET os-quota-sets/*/defaults': quotas.showQuotaSet,
    'GET os-quota-sets/*/detail': quotas.showQuotaDetail,
    'GET extensions': listNoExtensions,
  },
  image: {
    'GET images': images.listImages,
    'POST images': imageWrites.createImage,
    'GET images/*': images.showImage,
    'PATCH images/*': imageWrites.patchImage,
    'DELETE images/*': imageWrites.deleteImage,
    'PUT images/*/file': imageWrites.uploadImage,
    'PUT images/*/tags/*': imageWrites.addImageTag,
    'DELETE images/*/tags/*': imageWrites.deleteImageTag,
  },
  network: {
    'GET networks': networks.listNetworks,
    'GET networks/*': networks.showNetwork,
    'DELETE networks/*': networks.deleteNetwork,
    'GET ports': networks.listPorts,
    'GET floatingips': networks.listFloatingIps,
    'POST floatingips': networks.createFloatingIp,
    'GET floatingips/*': networks.showFloatingIp,
    'PUT floatingips/*': networks.updateFloatingIp,
    'DELETE floatingips/*': networks.deleteFloatingIp,
    'GET security-groups': groups.listSecurityGroups,
    'POST security-groups': groups.createSecurityGroup,
    'GET security-groups/*': groups.showSecurityGroup,
    'PUT security-groups/*': groups.updateSecurityGroup,
    'DELETE security-groups/*': groups.deleteSecurityGroup,
    'GET security-group-rules': groups.listRules,
    'POST security-group-rules': groups.createRule,
    'GET security-group-rules/*': groups.showRule,
    'DELETE security-group-rules/*': groups.deleteRule,
    'GET quotas/*': quotas.showNetworkQuota,
    'GET quotas/*/details.json': quotas.showNetworkQuotaDetails,
    'GET quotas/*/details': quotas.showNetworkQuotaDetails,
    'GET extensions': listNoExtensions,
  },
  volume: {
    'GET volumes': volumes.listVolumes,
    'POST volumes': volumes.createVolume,
    'GET volumes/detail': volumes.listVolumesWithDetail,
    'GET volumes/*': volumes.showVolume,
    'PUT volumes/*': volumes.updateVolume,
    'DELETE volumes/*': volumes.deleteVolume,
    'POST volumes/*/action': volumes.runVolumeAction,
    'GET snapshots': snapshots.listSnapshots,
    'POST snapshots': snapshots.createSnapshot,
    'GET snapshots/detail': snapshots.listSnapshots,
    'GET snapshots/*': snapshots.showSnapshot,
    'DELETE snapshots/*': snapshots.deleteSnapshot,
    'GET os-availability-zone': volumes.listVolumeZones,
    'GET limits': quotas.showVolumeLimits,
    'GET os-quota-sets/*': quotas.showVolumeQuotaSet,
    'GET extensions': listNoExtensions,
  },
};

/** First segments of the services' other operations, which are 501; every other path is 404. */
export const UNSUPPORTED: Readonly<Record<ServiceName, readonly string[]>> = {
  compute: [
    'flavors',
    'images',
    'os-aggregates',
    'os-assisted-volume-snapshots',
    'os-floating-ips',
    'os-hosts',
    'os-hypervisors',
    'os-instance_usage_audit_log',
    'os-keypairs',
    'os-migrations',
    'os-networks',
    'os-quota-class-sets',
    'os-quota-sets',
    'os-security-groups',
    'os-server-external-events',
    'os-server-groups',
    'os-services',
    'os-simple-tenant-usage',
    'os-snapshots',
    'os-tenant-networks',
    'os-volumes',
    'os-volumes_boot',
    'servers',
  ],
  image: ['images', 'metadefs', 'schemas', 'stores', 'tasks'],
  network: [
    'agents',
    'floatingips',
    'networks',
    'ports',
    'quotas',
    'routers',
    'security-groups',
    'security-group-rules',
    'subnetpools',
    'subnets',
    'trunks',
  ],
  volume: [
    'attachments',
    'backups',
    'groups',
    'group_snapshots',
    'os-volume-transfer',
    'qos-specs',
    'snapshots',
    'types',
    'volume-transfers',
    'volumes',
  ],
};

/** Nova's proxies for other services end with 2.35. */
const PROXY: Span = [1, 35];
const COLLECTION_SPANS: Readonly<Record<string, Span>> = {
  images: PROXY,
  'os-floating-ips': PROXY,
  'os-networks': PROXY,
  'os-security-groups': PROXY,
  'os-snapshots': PROXY,
  'os-tenant-networks': PROXY,
  'os-volumes': PROXY,
};
/** Below one server. */
const PART_SPANS: Readonly<Record<string, Span>> = {
  'remote-consoles': [6],
  tags: [26],
  topology: [78],
};

/** The microversions that have compute's path. */
export function spanOf([collection = '', , part = '']: readonly string[]): Span {
  const always: Span = [1];
  if (Object.hasOwn(COLLECTION_SPANS, collection)) return COLLECTION_SPANS[collection] ?? always;
  const isPart = collection === 'servers' && Object.hasOwn(PART_SPANS, part);
  return (isPart ? PART_SPANS[part] : undefined) ?? always;
}

async function listAvailabilityZones({ c, cloud }: NovaCall): Promise<Response> {
  const zones = (await cloud.listAvailabilityZones()).map(({ name, available }) => ({
    zoneName: name,
    zoneState: { available },
    hosts: null,
  }));
  return c.json({ availabilityZoneInfo: zones });
}

async function listNoExtensions({ c }: NovaCall): Promise<Response> {
  return c.json({ extensions: [] });
}
