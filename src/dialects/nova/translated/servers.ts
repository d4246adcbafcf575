import * as z from 'zod';
import { assertScope } from '../../../access/require-scope.ts';
import { createInstance } from '../../../compute/create-instance.ts';
import { deleteInstance, getInstance } from '../../../compute/instances.ts';
import { updateInstance } from '../../../compute/update-instance.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name } from '../../../http/field-schemas.ts';
import { emptyResponse, linksTo, type NovaCall, notFound, ownerOf, serverId, unsupported } from './call.ts';
import { serverDescription, unsupportedField } from './fields.ts';
import { assertMembers } from './microversions.ts';
import { newServerSchema, toCreateInstance } from './new-server.ts';
import { changedServer, serverAddresses, shownServer, viewerOf } from './server-view.ts';

const serverChangeSchema = z.strictObject({
  server: z.strictObject({
    name: name.optional(),
    description: serverDescription,
    accessIPv4: unsupportedField,
    accessIPv6: unsupportedField,
    'OS-DCF:diskConfig': unsupportedField,
  }),
});

export async function createServer(call: NovaCall): Promise<Response> {
  const { c, cloud, publicUrl } = call;
  const request = toCreateInstance(await decodeBody(c, newServerSchema), call.minor);
  // "zone:host" forces a host.
  if (request.availabilityZone?.includes(':')) assertScope(c.var.principal, 'admin');
  if (request.bootVolume !== null) assertScope(c.var.principal, 'volumes:write');
  const { id } = await createInstance(cloud, request, ownerOf(call));
  const links = linksTo(publicUrl, 'servers', id);
  const names = request.securityGroupNames.length > 0 ? request.securityGroupNames : ['default'];
  const server = {
    id,
    links,
    'OS-DCF:diskConfig': 'MANUAL',
    security_groups: names.map((group) => ({ name: group })),
  };
  return c.json({ server }, 202, { Location: links[0].href });
}

export async function showServer(call: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const [instance, viewer] = await Promise.all([getInstance(call.cloud, id), viewerOf(call)]);
  return call.c.json({ server: shownServer(instance, viewer) });
}

/** `PUT /servers/{id}`: changes the name and the description. */
export async function updateServer(call: NovaCall, segment = ''): Promise<Response> {
  const { c, cloud } = call;
  const id = serverId(segment);
  const { server: given } = await decodeBody(c, serverChangeSchema);
  assertMembers(given, { description: [19] }, call.minor, 'server');
  const { name: wanted, description, ...others } = given;
  const [beyond] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (beyond !== undefined) throw unsupported(`changing the ${beyond} of a server`);
  const change = {
    ...(wanted !== undefined && { name: wanted }),
    ...(description !== undefined && { description: description || null }),
  };
  const viewer = await viewerOf(call);
  const instance = await updateInstance(cloud, id, change, ownerOf(call));
  return c.json({ server: changedServer(instance, viewer) });
}

/** `DELETE /servers/{id}`: also releases the port and floating IP that the gateway created for it. */
export async function deleteServer(call: NovaCall, segment = ''): Promise<Response> {
  await deleteInstance(call.cloud, serverId(segment), call.c.var.releases);
  return emptyResponse(call, 204);
}

export async function listAddresses({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  return c.json({ addresses: serverAddresses(await getInstance(cloud, serverId(segment))) });
}

export async function showAddresses({ c, cloud }: NovaCall, segment = '', network = ''): Promise<Response> {
  const addresses = serverAddresses(await getInstance(cloud, serverId(segment)));
  const found = Object.hasOwn(addresses, network) ? addresses[network] : undefined;
  if (found === undefined) throw notFound('Network', network);
  return c.json({ [network]: found });
}
