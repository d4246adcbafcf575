/** @module Steps that bring a world into the state a recording was made in. For tests. */

import type { Fields } from '../../../adapters/sandbox/http.ts';
import { first, type Recording, type ReplayWorld } from './world.ts';

/** Brings the world into the state of a recording; may return a changed recording to send instead. */
export type Preparation = (
  world: ReplayWorld,
  recording: Recording,
) => Promise<Recording | undefined> | Promise<void>;

export const act =
  (...actions: Fields[]): Preparation =>
  async (world) => {
    for (const action of actions) await world.act(action);
  };

export const actWithoutWaiting =
  (action: Fields): Preparation =>
  async (world) => {
    await world.act(action, false);
  };

export const as =
  (user: keyof ReplayWorld['tokens'] | 'invalid', then?: Preparation): Preparation =>
  async (world, recording) => {
    const changed = (await then?.(world, recording)) ?? undefined;
    world.token = user === 'invalid' ? 'bad' : world.tokens[user];
    return changed;
  };

export const toServer: Preparation = async (world, recording) => {
  const path = recording.request.path.replace(/servers\/[^/]+/, `servers/${world.serverId}`);
  return { ...recording, request: { ...recording.request, path } };
};

export const both =
  (...steps: Preparation[]): Preparation =>
  async (world, recording) => {
    let current = recording;
    for (const step of steps) current = (await step(world, current)) ?? current;
    return current;
  };

export const remove =
  (service: string, path: (world: ReplayWorld) => string): Preparation =>
  async (world) => {
    await world.request(service, 'DELETE', path(world));
    world.wait();
  };

export const idOf = (world: ReplayWorld, recording: Recording) => {
  const id = recording.request.path.split('/').at(-1) ?? '';
  return world.ids.get(id) ?? id;
};

export const removeIt =
  (service: string, collection: string): Preparation =>
  async (world, recording) => {
    await world.request(service, 'DELETE', `${collection}/${idOf(world, recording)}`);
    world.wait();
  };

export const noServers: Preparation = async (world) => {
  const { servers } = await world.request('nova', 'GET', '/v2.1/servers');
  for (const { id } of servers as Fields[]) await world.request('nova', 'DELETE', `/v2.1/servers/${id}`);
  world.wait();
};

export const metadata =
  (items: Record<string, string>): Preparation =>
  async (world) => {
    await world.request('nova', 'PUT', `/v2.1/servers/${world.serverId}/metadata`, { metadata: items });
  };

export const boot = async (world: ReplayWorld, more: Fields, token?: string): Promise<Fields> => {
  const account = token === world.tokens.globex ? world.globex : world.acme;
  const imageRef = world.sandbox.images['ubuntu-22.04-amd64'];
  const server = {
    name: 'other',
    imageRef,
    flavorRef: 'm1.tiny',
    networks: [{ uuid: account.networkId }],
    ...more,
  };
  const reply = await world.request('nova', 'POST', '/v2.1/servers', { server }, token);
  return reply.server as Fields;
};

/** Globex with servers of these flavors; the recorded server is the first. */
export const globexWith =
  (...flavors: string[]): Preparation =>
  async (world, recording) => {
    let last: Fields = {};
    for (const flavorRef of flavors) last = await boot(world, { flavorRef }, world.tokens.globex);
    world.wait();
    world.token = world.tokens.globex;
    const path = recording.request.path.replace(/servers\/[0-9a-f-]{36}/, `servers/${last.id}`);
    return { ...recording, request: { ...recording.request, path } };
  };

export const associate: Preparation = async (world) => {
  const { floatingips } = await world.request('neutron', 'GET', '/v2.0/floatingips');
  const ports = await world.request('neutron', 'GET', `/v2.0/ports?device_id=${world.serverId}`);
  const floatingip = { port_id: first(ports).id };
  await world.request('neutron', 'PUT', `/v2.0/floatingips/${(floatingips as Fields[])[0]?.id}`, {
    floatingip,
  });
  world.wait();
};

export const limitTo =
  (quota: Fields): Preparation =>
  async (world) => {
    await world.request(
      'neutron',
      'PUT',
      `/v2.0/quotas/${world.acme.projectId}`,
      { quota },
      world.tokens.admin,
    );
  };

export const withRole =
  (change: 'PUT' | 'DELETE'): Preparation =>
  async (world) => {
    const { roles } = await world.request(
      'keystone',
      'GET',
      '/v3/roles?name=member',
      undefined,
      world.tokens.admin,
    );
    const path = `/v3/projects/${world.acme.projectId}/users/${world.acme.userId}/roles/${(roles as Fields[])[0]?.id}`;
    await world.request('keystone', change, path, undefined, world.tokens.admin);
  };

/** The recording used a credential made for it; here it is the project's own. */
export const ownCredential: Preparation = async (world, recording) => {
  const text = JSON.stringify(recording.request.body).replace(
    /"id":"[0-9a-f]{32}"/,
    `"id":"${world.acme.applicationCredentialId}"`,
  );
  return { ...recording, request: { ...recording.request, body: JSON.parse(text) } };
};

export const snapshot: Preparation = async (world, recording) => {
  const createImage = { name: 'rec-snapshot', metadata: { from: 'rec' } };
  const path = `/v2.1/servers/${world.serverId}/action`;
  const { image_id } = await world.request('nova', 'POST', path, { createImage });
  world.wait();
  return { ...recording, request: { ...recording.request, path: `/v2/images/${image_id}` } };
};

export const secondInterface: Preparation = async (world, recording) => {
  const body = { interfaceAttachment: { net_id: world.acme.networkId } };
  const reply = await world.request('nova', 'POST', `/v2.1/servers/${world.serverId}/os-interface`, body);
  const port = (reply.interfaceAttachment as Fields).port_id;
  const path = `/v2.1/servers/${world.serverId}/os-interface/${port}`;
  return { ...recording, request: { ...recording.request, path } };
};

export const stopped = act({ 'os-stop': null });
export const resized = act({ resize: { flavorRef: 'm1.small' } });
export const shelved = act({ shelve: null });
export const webGroup = { name: 'rec-web' };
