/**
 * Description and tags of servers, and the gateway's mark: in the description while the customer gave none, else in a tag.
 *
 * @module
 */

import * as z from 'zod';
import type { InstanceAttributes, NewInstance } from '../../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../../src/compute/errors.ts';
import type { CloudInstance } from '../../../src/compute/model.ts';
import { isInstanceMark } from '../../../src/compute/ownership.ts';
import type { Service } from '../service.ts';
import { versionHeaders } from './microversion.ts';

const DESCRIPTIONS = '2.19';
const TAGS = '2.26';
const TAGS_OF_NEW_SERVERS = '2.52';
/** Nova's. */
const MAX_TAGS = 50;

/** Whether this Nova has a microversion, even one newer than the gateway's. */
export type Supports = (version: string) => Promise<boolean>;

interface Labels {
  readonly description?: string | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
}

/** Without the mark. */
export function labelsFrom({ description, tags }: Labels): Pick<CloudInstance, 'description' | 'tags'> {
  const isOwn = typeof description === 'string' && description !== '' && !isInstanceMark(description);
  return {
    description: isOwn ? description : null,
    tags: (tags ?? []).filter((tag) => !isInstanceMark(tag)).toSorted(),
  };
}

export function hasMark({ description, tags }: Labels, mark: string): boolean {
  return description === mark || (tags?.includes(mark) ?? false);
}

/** The members of `POST /servers` and the headers that they need. */
export async function newLabels(
  { description, tags, mark, isMarkOptional = false }: NewInstance,
  supports: Supports,
): Promise<{ members: object; headers: Record<string, string> }> {
  const hasDescriptions = await supports(DESCRIPTIONS);
  if (description !== null && !hasDescriptions) throw lacks('descriptions of instances');
  const inDescription = mark !== null && description === null && hasDescriptions;
  const inTag = mark !== null && !inDescription;
  const hasTags = (tags.length > 0 || inTag) && (await supports(TAGS_OF_NEW_SERVERS));
  if (tags.length > 0 && !hasTags) throw lacks('tags of new instances');
  const hasRoom = hasTags && tags.length < MAX_TAGS;
  if (inTag && !hasRoom && !isMarkOptional)
    throw lacks('a description and the mark of an Idempotency-Key together');
  const all = inTag && hasRoom ? [...tags, mark] : tags;
  const text = inDescription ? mark : description;
  return {
    members: { ...(text !== null && { description: text }), ...(all.length > 0 && { tags: all }) },
    headers: all.length > 0 ? versionHeaders(TAGS_OF_NEW_SERVERS) : {},
  };
}

const TagsBody = z.object({ tags: z.array(z.string()) });

/** The mark remains while there is room. */
export async function setServerTags(
  nova: Service,
  id: string,
  tags: readonly string[],
  supports: Supports,
): Promise<readonly string[]> {
  await assertTags(supports);
  const path = `/servers/${id}/tags`;
  const marks = (await nova.get(path, TagsBody)).tags.filter(isInstanceMark);
  const response = await nova.call('PUT', path, { body: { tags: [...tags, ...marks].slice(0, MAX_TAGS) } });
  return labelsFrom(nova.read(response, TagsBody)).tags;
}

/** @throws ComputeError `not_implemented`. */
export async function assertTags(supports: Supports): Promise<void> {
  if (!(await supports(TAGS))) throw lacks('tags of instances');
}

const ServerBody = z.object({ server: z.object({ description: z.string().nullish() }) });
const ChangedBody = z.object({
  server: z.object({ name: z.string(), updated: z.string(), description: z.string().nullish() }),
});

export async function changeServer(
  nova: Service,
  id: string,
  change: InstanceAttributes,
  supports: Supports,
): Promise<Partial<CloudInstance>> {
  if (change.description !== undefined) {
    if (!(await supports(DESCRIPTIONS))) throw lacks('descriptions of instances');
    await moveMark(nova, id, supports);
  }
  const response = await nova.call('PUT', `/servers/${id}`, { body: { server: change } });
  const { name, updated, description } = nova.read(response, ChangedBody).server;
  return {
    name,
    updated,
    ...(change.description !== undefined && { description: labelsFrom({ description }).description }),
  };
}

/** From the description to a tag, before the description is replaced. Nova takes tags in few states only. */
async function moveMark(nova: Service, id: string, supports: Supports): Promise<void> {
  const { description: mark } = (await nova.get(`/servers/${id}`, ServerBody)).server;
  if (!mark || !isInstanceMark(mark) || !(await supports(TAGS))) return;
  try {
    await nova.call('PUT', `/servers/${id}/tags/${encodeURIComponent(mark)}`);
  } catch (error) {
    if (!hasCode(error, 'conflict', 'invalid')) throw error;
  }
}

function lacks(what: string): ComputeError {
  return new ComputeError('not_implemented', `This cloud has no ${what}.`, { notApplied: true });
}
