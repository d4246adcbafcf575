/** @module Members of shared images: the projects that they are shared with. */

import { empty, Fault, type Fields, isFields, json, parseJson } from '../http.ts';
import { seconds } from '../timeline.ts';
import { findImage, type GlanceCall } from './images.ts';
import type { Image, Member } from './model.ts';

/** GET /v2/images/{id}/members */
export function listMembers(call: GlanceCall, id: string): Response {
  const image = findImage(call, id, `No image found with ID ${id}`);
  if (image.visibility !== 'shared') {
    const message = `Not allowed to list members for image ${id}: Only shared images have members.`;
    throw new Fault(403, '', message);
  }
  const shown = [...image.members.keys()].filter((project) => maySee(call, image, project));
  return json(200, {
    members: shown.map((project) => view(image, project)),
    schema: '/v2/schemas/members',
  });
}

/** POST /v2/images/{id}/members */
export async function addMember(call: GlanceCall, id: string): Promise<Response> {
  const body = parseJson(await call.request.text());
  const project = isFields(body) && typeof body.member === 'string' ? body.member : '';
  if (project === '') throw new Fault(400, '', 'Member to be added not specified');
  const image = findImage(call, id, `No image found with ID ${id}`);
  if (image.visibility !== 'shared' || !owns(call, image))
    throw new Fault(403, '', `Not allowed to create members for image ${id}.`);
  if (image.members.has(project)) throw new Fault(409, '', `Member ${project} is duplicated for image ${id}`);
  const now = call.cloud.timeline.now();
  image.members.set(project, { status: 'pending', createdAt: now, updatedAt: now });
  return json(200, view(image, project));
}

/** GET /v2/images/{id}/members/{project} */
export function showMember(call: GlanceCall, id: string, project: string): Response {
  const image = findImage(call, id, `No image found with ID ${id}`);
  memberOf(call, image, project);
  return json(200, view(image, project));
}

/** PUT /v2/images/{id}/members/{project} */
export async function updateMember(call: GlanceCall, id: string, project: string): Promise<Response> {
  const body = parseJson(await call.request.text());
  const status = isFields(body) ? body.status : undefined;
  const image = findImage(call, id, `No image found with ID ${id}`);
  const member = memberOf(call, image, project);
  if (project !== call.principal.projectId && !call.principal.isAdmin)
    throw new Fault(403, '', `Not allowed to update members for image ${id}.`);
  if (status !== 'accepted' && status !== 'rejected' && status !== 'pending')
    throw new Fault(400, '', 'Status not specified');
  Object.assign(member, { status, updatedAt: call.cloud.timeline.now() });
  return json(200, view(image, project));
}

/** DELETE /v2/images/{id}/members/{project} */
export function deleteMember(call: GlanceCall, id: string, project: string): Response {
  const image = findImage(call, id, `No image found with ID ${id}`);
  memberOf(call, image, project);
  if (!owns(call, image)) throw new Fault(403, '', `Not allowed to delete members for image ${id}.`);
  image.members.delete(project);
  return empty(204);
}

function memberOf(call: GlanceCall, image: Image, project: string): Member {
  const member = image.members.get(project);
  if (member !== undefined && maySee(call, image, project)) return member;
  throw new Fault(404, '', `${project} not found in the member list of the image ${image.id}.`);
}

function owns({ principal }: GlanceCall, image: Image): boolean {
  return principal.isAdmin || image.owner === principal.projectId;
}

function maySee(call: GlanceCall, image: Image, project: string): boolean {
  return owns(call, image) || project === call.principal.projectId;
}

function view(image: Image, project: string): Fields {
  const member = image.members.get(project);
  return {
    member_id: project,
    image_id: image.id,
    status: member?.status,
    created_at: seconds(member?.createdAt ?? 0),
    updated_at: seconds(member?.updatedAt ?? 0),
    schema: '/v2/schemas/member',
  };
}
