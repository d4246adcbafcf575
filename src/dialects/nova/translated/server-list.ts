import { type InstanceList, listInstances } from '../../../compute/instances.ts';
import type { Instance } from '../../../compute/model.ts';
import type { NovaCall } from './call.ts';
import { markerNotFound, nextLinks, nextPageUrl } from './lists.ts';
import { type ServerQuery, serverQuery } from './server-query.ts';
import { serverReference, serverView } from './server-view.ts';

/** `GET /servers`. */
export function listServers(call: NovaCall): Promise<Response> {
  return listResponse(call, serverReference);
}

/** `GET /servers/detail`. */
export function listServersWithDetail(call: NovaCall): Promise<Response> {
  return listResponse(call, serverView);
}

async function listResponse(
  call: NovaCall,
  view: (instance: Instance, publicUrl: string) => object,
): Promise<Response> {
  const { instances, more } = await select(call, serverQuery(call.query));
  const last = instances.at(-1);
  const next = more && last !== undefined ? nextPageUrl(call, last.id) : null;
  return call.c.json({
    servers: instances.map((instance) => view(instance, call.publicUrl)),
    ...nextLinks('servers', next),
  });
}

/** The cloud narrows, sorts and cuts where it can; where it cannot, everything is listed for it. */
async function select({ cloud }: NovaCall, wish: ServerQuery | null): Promise<InstanceList> {
  if (wish === null || wish.window.limit === 0) return { instances: [], more: false };
  const { query, window, accepts, order } = wish;
  if (accepts === null && order === null) return listInstances(cloud, query, window);
  const { instances: all } = await listInstances(cloud, query, {});
  const sorted = order === null ? all : all.toSorted(order);
  const at = window.marker === undefined ? -1 : sorted.findIndex(({ id }) => id === window.marker);
  if (window.marker !== undefined && at < 0) throw markerNotFound(window.marker);
  const rest = sorted.slice(at + 1).filter((instance) => accepts === null || accepts(instance));
  return { instances: rest.slice(0, window.limit), more: rest.length > window.limit };
}
