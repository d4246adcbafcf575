/** @module Another flavor (with confirmation or the way back), another image. */

import { sees } from '../glance/images.ts';
import { type Fields, json, randomText } from '../http.ts';
import { begin } from './begin.ts';
import { isVolumeBacked, rootVolume } from './block-devices.ts';
import type { NovaCall } from './call.ts';
import { imageProperties, wantedFlavor } from './create-server.ts';
import { badRequest } from './faults.ts';
import { refuseLocked, requireState } from './find-server.ts';
import { change, POWER, type Stage } from './lifecycle.ts';
import type { Server } from './model.ts';
import { requireMetadataRoom, requireRoom } from './quotas.ts';
import { serverView, serverWithoutExtensions } from './server-view.ts';
import { viewerOf } from './servers.ts';

const RESIZE: Stage[] = [
  [0.2, 'resize_prep'],
  [0.2, 'resize_migrating'],
  [0.2, 'resize_migrated'],
  [0.2, 'resize_finish'],
];

/** To another flavor; ends in VERIFY_RESIZE. */
export function resize(call: NovaCall, server: Server, given: Fields): undefined {
  const { cloud } = call;
  const rule = { what: 'resize', states: ['active', 'stopped'] };
  refuseLocked(call, server);
  requireState(server, rule.what, rule.states);
  const flavor = wantedFlavor(cloud, given.flavorRef);
  if (flavor.id === server.flavor.id) throw badRequest('When resizing, instances must change flavor!');
  const more = { cores: flavor.vcpus - server.flavor.vcpus, ram: flavor.ramMiB - server.flavor.ramMiB };
  requireRoom(cloud, server.projectId, more);
  return begin(call, server, rule, RESIZE, () => {
    const changes = { oldFlavor: server.flavor, flavor, launchedAt: cloud.timeline.now() };
    change(cloud, server, { ...changes, vmState: 'resized', taskState: null });
  });
}

/** Confirms the new flavor. Nova responds 204 and shows no task meanwhile; a second one is 400 until it is done (measured). */
export function confirmResize(call: NovaCall, server: Server): Response {
  if (server.isConfirmed) throw badRequest('Instance has not been resized.');
  begin(call, server, { what: 'confirmResize', states: ['resized'] }, [], () => {});
  server.isConfirmed = true;
  call.cloud.timeline.after(0.2 * call.cloud.bootMilliseconds, () => {
    if (server.vmState !== 'resized' || server.taskState !== null) return;
    const stopped = server.powerState === POWER.shutdown;
    change(call.cloud, server, {
      vmState: stopped ? 'stopped' : 'active',
      oldFlavor: null,
      isConfirmed: false,
    });
  });
  return new Response(null, { status: 204, headers: { 'Content-Type': 'application/json' } });
}

/** Goes back to the flavor before. */
export function revertResize(call: NovaCall, server: Server): undefined {
  const rule = { what: 'revertResize', states: ['resized'] };
  return begin(call, server, rule, [[0.5, 'resize_reverting']], () => {
    const flavor = server.oldFlavor ?? server.flavor;
    const vmState = server.powerState === POWER.shutdown ? 'stopped' : 'active';
    change(call.cloud, server, { flavor, oldFlavor: null, vmState, taskState: null });
  });
}

/** From an image again; addresses, ports and id stay. Responds with the server and a new password. */
export function rebuild(call: NovaCall, server: Server, given: Fields): Response {
  const { cloud } = call;
  const rule = { what: 'rebuild', states: ['active', 'stopped', 'error'] };
  refuseLocked(call, server);
  const image = cloud.images.get(String(given.imageRef));
  if (!image || !sees(call.principal, image)) throw badRequest('Cannot find image for rebuild');
  if (isVolumeBacked(server)) {
    const isOther = rootVolume(cloud, server)?.imageMetadata?.image_id !== image.id;
    if (isOther && call.minor < 93) {
      throw badRequest(
        `Image ${image.id} is unacceptable: Unable to rebuild with a different image for a volume-backed server.`,
      );
    }
  }
  const metadata = given.metadata as Record<string, string> | undefined;
  if (metadata) requireMetadataRoom(cloud, server.projectId, metadata);
  const stays = server.vmState === 'stopped' ? 'stopped' : 'active';
  const stages: Stage[] = [
    [0.2, 'rebuilding'],
    [0.2, 'rebuild_block_device_mapping'],
    [0.4, 'rebuild_spawning'],
  ];
  begin(call, server, rule, stages, () => {
    const powerState = stays === 'active' ? POWER.running : POWER.shutdown;
    change(cloud, server, {
      vmState: stays,
      taskState: null,
      powerState,
      fault: null,
      launchedAt: cloud.timeline.now(),
    });
  });
  change(cloud, server, {
    ...(server.imageId !== null && { imageId: image.id, imageProperties: imageProperties(image) }),
    ...(typeof given.name === 'string' && { name: given.name }),
    ...(metadata && { metadata }),
    ...(given.description !== undefined && { description: given.description as string | null }),
  });
  const view = call.minor >= 75 ? serverView : serverWithoutExtensions;
  const adminPass = typeof given.adminPass === 'string' ? given.adminPass : randomText(9);
  const userData = call.minor >= 57 ? { user_data: server.userData } : {};
  const keyName = call.minor >= 54 ? { key_name: server.keyName } : {};
  const headers = { Location: `${cloud.baseUrl}/compute/v2.1/servers/${server.id}` };
  return json(
    202,
    { server: { ...view(viewerOf(call), server), ...keyName, ...userData, adminPass } },
    headers,
  );
}
