import type { Context } from 'hono';
import { VARY } from '../../access/cors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { Told } from './answer-cache.ts';
import { namesTag } from './etag.ts';

/**
 * A kept answer for one client; 304 when the client has it. A browser keeps it too, and asks each time: it must not show its
 * own old list after its own write.
 */
export function tell(c: Context<GatewayEnv>, { answer, result, failed }: Told, now: number): Response {
  const headers: Record<string, string> = {
    'Cache-Control': 'private, max-age=0, must-revalidate',
    ETag: answer.etag,
    Age: String(Math.max(0, Math.floor((now - answer.asOf) / 1_000))),
    'X-Cache': result.toUpperCase(),
    Vary: VARY,
  };
  // RFC 7234, 5.5.2. RFC 9111 has dropped the field; there is no other that says it.
  if (failed) headers.Warning = '111 - "Revalidation Failed"';
  if (answer.link !== null) headers.Link = answer.link;
  const beside = c.get('answerHeaders');
  if (namesTag(c.req.header('If-None-Match'), answer.etag)) return beside.answer(null, 304, headers);
  headers['Content-Type'] = answer.contentType;
  return beside.answer(answer.body, 200, headers);
}
