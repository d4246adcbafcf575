/**
 * The tags of a server. redu replaces all tags at once; the calls for one tag read the others first.
 *
 * @module
 */

import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import { getInstance } from '../../../compute/instances.ts';
import { decode, decodeBody } from '../../../http/decode.ts';
import { emptyResponse, linksTo, type NovaCall, notFound, serverId } from './call.ts';
import { MAX_SERVER_TAGS, serverTag } from './fields.ts';

const tagsSchema = z.strictObject({ tags: z.array(serverTag).max(MAX_SERVER_TAGS) });
const tagSchema = z.strictObject({ tag: serverTag });

export async function listTags({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  return c.json({ tags: (await getInstance(cloud, serverId(segment))).tags });
}

export async function replaceTags({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { tags } = await decodeBody(c, tagsSchema);
  return c.json({ tags: await cloud.setInstanceTags(id, [...new Set(tags)]) });
}

export async function deleteTags(call: NovaCall, segment = ''): Promise<Response> {
  await call.cloud.setInstanceTags(serverId(segment), []);
  return emptyResponse(call, 204);
}

export async function hasTag(call: NovaCall, segment = '', tag = ''): Promise<Response> {
  assertHas(await tagsOf(call, segment), tag);
  return emptyResponse(call, 204);
}

/** 201 when the tag is new. */
export async function putTag(call: NovaCall, segment = '', given = ''): Promise<Response> {
  const { tag } = decode(tagSchema, { tag: given });
  const tags = await tagsOf(call, segment);
  if (tags.includes(tag)) return emptyResponse(call, 204);
  if (tags.length >= MAX_SERVER_TAGS)
    throw new ComputeError('invalid', `A server has at most ${MAX_SERVER_TAGS} tags.`);
  const id = serverId(segment);
  await call.cloud.setInstanceTags(id, [...tags, tag]);
  const [server] = linksTo(call.publicUrl, 'servers', id);
  return call.c.body(null, 201, { Location: `${server.href}/tags/${encodeURIComponent(tag)}` });
}

export async function deleteTag(call: NovaCall, segment = '', tag = ''): Promise<Response> {
  const tags = await tagsOf(call, segment);
  assertHas(tags, tag);
  await call.cloud.setInstanceTags(
    serverId(segment),
    tags.filter((other) => other !== tag),
  );
  return emptyResponse(call, 204);
}

async function tagsOf({ cloud }: NovaCall, segment: string): Promise<readonly string[]> {
  return (await cloud.getInstance(serverId(segment))).tags;
}

function assertHas(tags: readonly string[], tag: string): void {
  if (!tags.includes(tag)) throw notFound('Tag', tag);
}
