/**
 * A client of the gateway for browsers, Workers and Node. Web standards only, no dependencies. See `docs/client.md`.
 *
 * @example
 * ```ts
 * const cloud = createClient({ baseUrl: 'https://api.example.org', apiKey });
 * const { id } = await cloud.instances.create({ name: 'web', flavor_id: 'm1.small', image_id: 'debian-12-amd64' });
 * const instance = await cloud.instances.waitUntil(id, 'active');
 * ```
 */

import type { InstanceState } from '../compute/states.ts';
import { type ClientEvent, type EventOptions, subscribe } from './events.ts';
import { type List, listOf, pagedList } from './lists.ts';
import type { BodyOf, Bytes, Instance, ItemOf, PagedRoute, QueryOf, ResponseOf, Route } from './routes.ts';
import { type CallOptions, type ClientOptions, type Input, type Sender, sender } from './send.ts';
import { type Reached, type WaitOptions, waitForImage, waitForVolume, waitUntil } from './wait.ts';

export { type ErrorCode, LinguanovaError } from './error.ts';
export type { ClientEvent, EventOptions, InstanceEvent } from './events.ts';
export type { List } from './lists.ts';
export type { Bytes, Image, Instance, InstanceDetail, NewApiKey, Route, Routes, Volume } from './routes.ts';
export type { CallOptions, ClientOptions } from './send.ts';
export type { Reached, WaitOptions } from './wait.ts';
export type { InstanceState };

export type NewInstance = BodyOf<'POST /v1/instances'>;
export type InstanceChange = BodyOf<'PATCH /v1/instances/{id}'>;
export type InstanceAction = BodyOf<'POST /v1/instances/{id}/actions'>;
export type Flavor = ItemOf<'GET /v1/flavors'>;
export type NewImage = BodyOf<'POST /v1/images'>;
export type ImageChange = BodyOf<'PATCH /v1/images/{id}'>;
export type Network = ItemOf<'GET /v1/networks'>;
export type FloatingIp = ItemOf<'GET /v1/floating_ips'>;
export type KeyPair = ItemOf<'GET /v1/keypairs'>;
export type SecurityGroup = ItemOf<'GET /v1/security_groups'>;
export type VolumeSnapshot = ItemOf<'GET /v1/volume_snapshots'>;
export type ServerGroup = ItemOf<'GET /v1/server_groups'>;
export type Usage = ItemOf<'GET /v1/usage'>;
export type ApiKey = ItemOf<'GET /v1/api_keys'>;

export type Client = ReturnType<typeof createClient>;

/**
 * Every call takes an `AbortSignal` and throws `LinguanovaError`. Idempotent requests are retried after `Retry-After`, and so is
 * a `POST`, which carries an `Idempotency-Key`.
 */
export function createClient(options: ClientOptions) {
  const over = sender(options);
  const request = async <R extends Route>(
    route: R,
    input: Input<R>,
    o?: CallOptions,
  ): Promise<ResponseOf<R>> => (await over.send(route, input, o)).body;
  const list = <R extends PagedRoute>(route: R) => pagedList(over, route);
  return {
    /** Any route, by its method and path. */
    request,

    instances: {
      ...instanceList(over),
      get: (id: string, o?: CallOptions) => request('GET /v1/instances/{id}', { params: { id } }, o),
      create: (body: NewInstance, o?: CallOptions) => request('POST /v1/instances', { body }, o),
      update: (id: string, body: InstanceChange, o?: CallOptions) =>
        request('PATCH /v1/instances/{id}', { params: { id }, body }, o),
      setTags: (id: string, tags: readonly string[], o?: CallOptions) =>
        request('PUT /v1/instances/{id}/tags', { params: { id }, body: { tags } }, o),
      delete: (id: string, o?: CallOptions) => request('DELETE /v1/instances/{id}', { params: { id } }, o),
      /** Resolves when the action is accepted, not when it is done. */
      act: (id: string, body: InstanceAction, o?: CallOptions) =>
        request('POST /v1/instances/{id}/actions', { params: { id }, body }, o),
      /** Resolves when accepted; then the instance lists the volume. */
      attachVolume: (id: string, volume_id: string, o?: CallOptions) =>
        request('POST /v1/instances/{id}/volumes', { params: { id }, body: { volume_id } }, o),
      /** Resolves when accepted; then the volume becomes `available`. */
      detachVolume: (id: string, volume_id: string, o?: CallOptions) =>
        request('DELETE /v1/instances/{id}/volumes/{volume_id}', { params: { id, volume_id } }, o),
      attachSecurityGroup: (id: string, group_id: string, o?: CallOptions) =>
        request('PUT /v1/instances/{id}/security_groups/{group_id}', { params: { id, group_id } }, o),
      detachSecurityGroup: (id: string, group_id: string, o?: CallOptions) =>
        request('DELETE /v1/instances/{id}/security_groups/{group_id}', { params: { id, group_id } }, o),
      /** Newest first. */
      history: (id: string, query: QueryOf<'GET /v1/instances/{id}/actions'> = {}, o?: CallOptions) =>
        request('GET /v1/instances/{id}/actions', { params: { id }, query }, o),
      consoleLog: (id: string, lines?: number, o?: CallOptions) =>
        request('GET /v1/instances/{id}/console_log', { params: { id }, query: { lines } }, o),
      openConsole: (id: string, body: BodyOf<'POST /v1/instances/{id}/console'> = {}, o?: CallOptions) =>
        request('POST /v1/instances/{id}/console', { params: { id }, body }, o),
      networks: (id: string, o?: CallOptions) =>
        request('GET /v1/instances/{id}/networks', { params: { id } }, o),
      attachNetwork: (id: string, body: BodyOf<'POST /v1/instances/{id}/networks'>, o?: CallOptions) =>
        request('POST /v1/instances/{id}/networks', { params: { id }, body }, o),
      detachNetwork: (id: string, port_id: string, o?: CallOptions) =>
        request('DELETE /v1/instances/{id}/networks/{port_id}', { params: { id, port_id } }, o),
      /** Resolves once the instance is in one of the states. */
      waitUntil: <S extends InstanceState>(
        id: string,
        state: S | readonly S[],
        o?: WaitOptions,
      ): Promise<Reached<S>> => waitUntil(over, id, state, o),
    },
    /** Changes of instances, from now on or after an event. */
    events: (o?: EventOptions): AsyncGenerator<ClientEvent, void, void> => subscribe(over, o),

    flavors: {
      ...list('GET /v1/flavors'),
      get: (id: string, o?: CallOptions) => request('GET /v1/flavors/{id}', { params: { id } }, o),
    },
    images: {
      ...list('GET /v1/images'),
      get: (id: string, o?: CallOptions) => request('GET /v1/images/{id}', { params: { id } }, o),
      create: (body: NewImage, o?: CallOptions) => request('POST /v1/images', { body }, o),
      update: (id: string, body: ImageChange, o?: CallOptions) =>
        request('PATCH /v1/images/{id}', { params: { id }, body }, o),
      delete: (id: string, o?: CallOptions) => request('DELETE /v1/images/{id}', { params: { id } }, o),
      upload: (id: string, body: Bytes, o?: CallOptions) =>
        request('PUT /v1/images/{id}/file', { params: { id }, body }, o),
      /** Resolves once the image has one of the statuses; with null once it is gone, for `deleted`. */
      waitUntil: (id: string, status: string | readonly string[], o?: WaitOptions) =>
        waitForImage(over, id, status, o),
    },
    networks: {
      ...list('GET /v1/networks'),
      get: (id: string, o?: CallOptions) => request('GET /v1/networks/{id}', { params: { id } }, o),
      create: (body: BodyOf<'POST /v1/networks'>, o?: CallOptions) =>
        request('POST /v1/networks', { body }, o),
      delete: (id: string, o?: CallOptions) => request('DELETE /v1/networks/{id}', { params: { id } }, o),
    },
    availabilityZones: list('GET /v1/availability_zones'),
    floatingIps: {
      ...list('GET /v1/floating_ips'),
      get: (id: string, o?: CallOptions) => request('GET /v1/floating_ips/{id}', { params: { id } }, o),
      create: (body: BodyOf<'POST /v1/floating_ips'> = {}, o?: CallOptions) =>
        request('POST /v1/floating_ips', { body }, o),
      update: (id: string, body: BodyOf<'PATCH /v1/floating_ips/{id}'>, o?: CallOptions) =>
        request('PATCH /v1/floating_ips/{id}', { params: { id }, body }, o),
      delete: (id: string, o?: CallOptions) => request('DELETE /v1/floating_ips/{id}', { params: { id } }, o),
    },
    hypervisors: list('GET /v1/hypervisors'),
    keypairs: {
      ...list('GET /v1/keypairs'),
      get: (name: string, o?: CallOptions) => request('GET /v1/keypairs/{name}', { params: { name } }, o),
      create: (body: BodyOf<'POST /v1/keypairs'>, o?: CallOptions) =>
        request('POST /v1/keypairs', { body }, o),
      delete: (name: string, o?: CallOptions) =>
        request('DELETE /v1/keypairs/{name}', { params: { name } }, o),
    },
    securityGroups: {
      ...list('GET /v1/security_groups'),
      get: (id: string, o?: CallOptions) => request('GET /v1/security_groups/{id}', { params: { id } }, o),
      create: (body: BodyOf<'POST /v1/security_groups'>, o?: CallOptions) =>
        request('POST /v1/security_groups', { body }, o),
      update: (id: string, body: BodyOf<'PATCH /v1/security_groups/{id}'>, o?: CallOptions) =>
        request('PATCH /v1/security_groups/{id}', { params: { id }, body }, o),
      delete: (id: string, o?: CallOptions) =>
        request('DELETE /v1/security_groups/{id}', { params: { id } }, o),
      addRule: (id: string, body: BodyOf<'POST /v1/security_groups/{id}/rules'>, o?: CallOptions) =>
        request('POST /v1/security_groups/{id}/rules', { params: { id }, body }, o),
      deleteRule: (id: string, rule_id: string, o?: CallOptions) =>
        request('DELETE /v1/security_groups/{id}/rules/{rule_id}', { params: { id, rule_id } }, o),
    },
    serverGroups: {
      ...list('GET /v1/server_groups'),
      get: (id: string, o?: CallOptions) => request('GET /v1/server_groups/{id}', { params: { id } }, o),
      create: (body: BodyOf<'POST /v1/server_groups'>, o?: CallOptions) =>
        request('POST /v1/server_groups', { body }, o),
      delete: (id: string, o?: CallOptions) =>
        request('DELETE /v1/server_groups/{id}', { params: { id } }, o),
    },
    volumes: {
      ...list('GET /v1/volumes'),
      get: (id: string, o?: CallOptions) => request('GET /v1/volumes/{id}', { params: { id } }, o),
      create: (body: BodyOf<'POST /v1/volumes'>, o?: CallOptions) => request('POST /v1/volumes', { body }, o),
      update: (id: string, body: BodyOf<'PATCH /v1/volumes/{id}'>, o?: CallOptions) =>
        request('PATCH /v1/volumes/{id}', { params: { id }, body }, o),
      delete: (id: string, o?: CallOptions) => request('DELETE /v1/volumes/{id}', { params: { id } }, o),
      extend: (id: string, size_gb: number, o?: CallOptions) =>
        request('POST /v1/volumes/{id}/actions', { params: { id }, body: { action: 'extend', size_gb } }, o),
      /** Resolves once the volume has one of the statuses; with null once it is gone, for `deleted`. */
      waitUntil: (id: string, status: string | readonly string[], o?: WaitOptions) =>
        waitForVolume(over, id, status, o),
    },
    volumeSnapshots: {
      ...list('GET /v1/volume_snapshots'),
      get: (id: string, o?: CallOptions) => request('GET /v1/volume_snapshots/{id}', { params: { id } }, o),
      create: (body: BodyOf<'POST /v1/volume_snapshots'>, o?: CallOptions) =>
        request('POST /v1/volume_snapshots', { body }, o),
      delete: (id: string, o?: CallOptions) =>
        request('DELETE /v1/volume_snapshots/{id}', { params: { id } }, o),
    },
    /** Requests, points and errors of the project, by hour or day. */
    usage: list('GET /v1/usage'),
    quotas: (o?: CallOptions) => request('GET /v1/quotas', {}, o),
    /** The identity, scopes and regions of the key. */
    me: (o?: CallOptions) => request('GET /v1/me', {}, o),
    /** The configuration of a tool for the key, with `<SECRET>` in its place. */
    config: (format: QueryOf<'GET /v1/config'>['format'], o?: CallOptions) =>
      request('GET /v1/config', { query: { format } }, o),
    /** Those that the key may use, with the services of each. */
    regions: list('GET /v1/regions'),
    apiKeys: {
      ...list('GET /v1/api_keys'),
      get: (id: string, o?: CallOptions) => request('GET /v1/api_keys/{id}', { params: { id } }, o),
      /** Takes credentials of the cloud instead of a key. Only this response contains the text of the new key. */
      create: (body: BodyOf<'POST /v1/api_keys'>, o?: CallOptions) =>
        request('POST /v1/api_keys', { body }, o),
      revoke: (id: string, o?: CallOptions) => request('DELETE /v1/api_keys/{id}', { params: { id } }, o),
      rotate: (id: string, body: BodyOf<'POST /v1/api_keys/{id}/rotate'> = {}, o?: CallOptions) =>
        request('POST /v1/api_keys/{id}/rotate', { params: { id }, body }, o),
    },
  };
}

/** A bare array; the next page is in its `Link` header. */
function instanceList({ send }: Sender): List<Instance, QueryOf<'GET /v1/instances'>> {
  return listOf(async (query, options) => {
    const { body, headers } = await send('GET /v1/instances', { query }, options);
    const marker = /[?&]marker=([^&>]+)[^>]*>; *rel="next"/.exec(headers.get('Link') ?? '')?.[1];
    return { items: body, next: marker === undefined ? null : { marker } };
  });
}
