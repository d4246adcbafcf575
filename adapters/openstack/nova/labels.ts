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
import type { Feature } from './features.ts';
import type { Nova } from './nova.ts';

/** Nova's. */
const MAX_TAGS = 50;

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

/** The members of `POST /servers` and what they need. */
export async function newLabels(
  nova: Nova,
  { description, tags, mark, isMarkOptional = false }: NewInstance,
): Promise<{ members: object; needed: readonly Feature[] }> {
  if (description !== null) await nova.assertHas('descriptions');
  if (tags.length > 0) await nova.assertHas('tagsOfNewServers');
  const hasDescriptions = await nova.has('descriptions');
  const inDescription = mark !== null && description === null && hasDescriptions;
  const inTag = mark !== null && !inDescription;
  const hasRoom = tags.length < MAX_TAGS && (await nova.has('tagsOfNewServers'));
  if (inTag && !hasRoom && !isMarkOptional) {
    await nova.assertHas('descriptions');
    throw noPlaceForMark();
  }
  const all = inTag && hasRoom ? [...tags, mark] : tags;
  const text = inDescription ? mark : description;
  return {
    members: { ...(text !== null && { description: text }), ...(all.length > 0 && { tags: all }) },
    needed: [
      ...(text === null ? [] : (['descriptions'] as const)),
      ...(all.length === 0 ? [] : (['tagsOfNewServers'] as const)),
    ],
  };
}

const TagsBody = z.object({ tags: z.array(z.string()) });

/** The mark remains while there is room. */
export async function setServerTags(
  nova: Nova,
  id: string,
  tags: readonly string[],
): Promise<readonly string[]> {
  const service = nova.needing('tags');
  const path = `/servers/${id}/tags`;
  const marks = (await service.get(path, TagsBody)).tags.filter(isInstanceMark);
  const response = await service.call('PUT', path, {
    body: { tags: [...tags, ...marks].slice(0, MAX_TAGS) },
  });
  return labelsFrom(service.read(response, TagsBody)).tags;
}

const ServerBody = z.object({ server: z.object({ description: z.string().nullish() }) });
const ChangedBody = z.object({
  server: z.object({ name: z.string(), updated: z.string(), description: z.string().nullish() }),
});

export async function changeServer(
  nova: Nova,
  id: string,
  change: InstanceAttributes,
): Promise<Partial<CloudInstance>> {
  const describes = change.description !== undefined;
  const service = describes ? nova.needing('descriptions') : nova.using();
  if (describes) await moveMark(nova, id);
  const response = await service.call('PUT', `/servers/${id}`, { body: { server: change } });
  const { name, updated, description } = service.read(response, ChangedBody).server;
  return {
    name,
    updated,
    ...(describes && { description: labelsFrom({ description }).description }),
  };
}

/** From the description to a tag, before the description is replaced. Nova takes tags in few states only. */
async function moveMark(nova: Nova, id: string): Promise<void> {
  const { description: mark } = (await nova.needing('descriptions').get(`/servers/${id}`, ServerBody)).server;
  if (!mark || !isInstanceMark(mark) || !(await nova.has('tags'))) return;
  try {
    await nova.using('tags').call('PUT', `/servers/${id}/tags/${encodeURIComponent(mark)}`);
  } catch (error) {
    if (!hasCode(error, 'conflict', 'invalid')) throw error;
  }
}

function noPlaceForMark(): ComputeError {
  const message =
    'This cloud has no place for a description and the mark of an Idempotency-Key: leave out one of them.';
  return new ComputeError('not_implemented', message, { notApplied: true });
}
