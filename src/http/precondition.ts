import type { Context } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import { entityTagListed } from './entity-tag.ts';

/** The entity tag of the resource as it is now; null: its reads have none. Rejects with `not_found` when there is no such resource. */
export type CurrentTag = () => Promise<string | null>;

/**
 * Evaluates `If-Match` and `If-None-Match` of a write (RFC 9110, 13.1.1 and 13.1.2). Tags are compared weakly, though `If-Match`
 * should be compared strongly: all tags of the gateway are weak. `If-Match: *` needs no read: the write
 * itself fails with `not_found`.
 *
 * @param currentTag null: the path has no resource that can be read.
 * @throws ComputeError `precondition_failed`; what `currentTag` rejects with.
 */
export async function assertPrecondition(c: Context, currentTag: CurrentTag | null): Promise<void> {
  if (!comparesTag(c)) return;
  const { ifMatch, ifNoneMatch } = tagsOf(c);
  const etag = currentTag === null ? null : await currentTag();
  if (ifMatch !== undefined && !entityTagListed(ifMatch, etag)) {
    throw new ComputeError(
      'precondition_failed',
      etag === null
        ? 'If-Match cannot hold: there is no ETag for this path. Send the request without If-Match.'
        : 'The resource is not as If-Match requires: get it again, and send the ETag of that response.',
    );
  }
  if (currentTag !== null && entityTagListed(ifNoneMatch, etag)) {
    throw new ComputeError(
      'precondition_failed',
      'The resource is there as If-None-Match excludes it: send the request without If-None-Match.',
    );
  }
}

/** Whether the precondition of a write, if it has one, takes a read. */
export function comparesTag(c: Context): boolean {
  const { ifMatch, ifNoneMatch } = tagsOf(c);
  return ifMatch !== undefined || ifNoneMatch !== undefined;
}

function tagsOf(c: Context) {
  const ifMatch = c.req.header('If-Match');
  return {
    ifMatch: ifMatch?.trim() === '*' ? undefined : ifMatch,
    ifNoneMatch: c.req.header('If-None-Match'),
  };
}
