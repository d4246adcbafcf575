/** @module Nova's old window on Glance, closed from 2.36 on. */

import { visibleImages } from '../glance/images.ts';
import type { Image } from '../glance/model.ts';
import { empty, type Fields, json } from '../http.ts';
import { seconds } from '../timeline.ts';
import { links, type NovaCall, pageLinks, pageOf } from './call.ts';
import { badRequest, goneAtThisVersion, notFound, novaFault } from './faults.ts';

/** GET /images */
export function listImages(call: NovaCall): Response {
  return listed(call, (image) => ({ id: image.id, name: image.name, links: linksOf(call, image) }));
}

/** GET /images/detail */
export function listImagesWithDetail(call: NovaCall): Response {
  return listed(call, (image) => view(call, image));
}

/** GET /images/{id} */
export function showImage(call: NovaCall, id: string): Response {
  if (call.minor >= 36) throw goneAtThisVersion();
  const image = visibleImages(call.cloud, call.principal).find((candidate) => candidate.id === id);
  if (!image) throw notFound('Image not found.');
  return json(200, { image: view(call, image) });
}

/** DELETE /images/{id} */
export function deleteImage(call: NovaCall, id: string): Response {
  if (call.minor >= 36) throw goneAtThisVersion();
  const image = visibleImages(call.cloud, call.principal).find((candidate) => candidate.id === id);
  if (!image) throw notFound('Image not found.');
  if (image.protected || (image.owner !== call.principal.projectId && !call.principal.isAdmin))
    throw novaFault(403, 'You are not allowed to delete the image.');
  call.cloud.images.delete(id);
  return empty(204);
}

function listed(call: NovaCall, show: (image: Image) => Fields): Response {
  if (call.minor >= 36) throw goneAtThisVersion();
  const name = call.query.get('name');
  const found = visibleImages(call.cloud, call.principal).filter(
    (image) => name === null || image.name === name,
  );
  const page = pageOf(found, call.query, (image) => image.id);
  if (!page) throw badRequest(`marker [${call.query.get('marker')}] not found`);
  return json(200, { images: page.map(show), ...pageLinks(call, 'images', page, page.at(-1)?.id) });
}

function view(call: NovaCall, image: Image): Fields {
  const active = image.status === 'active';
  return {
    id: image.id,
    name: image.name,
    minRam: image.minRam,
    minDisk: image.minDisk,
    metadata: image.properties,
    created: seconds(image.createdAt),
    updated: seconds(image.updatedAt),
    status: active ? 'ACTIVE' : 'SAVING',
    progress: active ? 100 : 25,
    'OS-EXT-IMG-SIZE:size': image.size ?? 0,
    links: linksOf(call, image),
  };
}

function linksOf(call: NovaCall, image: Image): Fields[] {
  const href = `${call.cloud.baseUrl}/image//images/${image.id}`;
  return [
    ...links(call.cloud, 'images', image.id),
    { rel: 'alternate', type: 'application/vnd.openstack.image', href },
  ];
}
