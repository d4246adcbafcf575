import type { ResponseHeaders } from '../../http/response-headers.ts';
import type { Decision } from './limiter.ts';

/** Until a window ends, in whole seconds: never earlier than it does. */
export function resetSeconds({ resetsInMs: resetsIn }: Decision): number {
  return Math.max(1, Math.ceil(resetsIn / 1000));
}

/**
 * Says where the tighter limit stands, in the fields of draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`,
 * `RateLimit`) and in the older ones that most clients read. Times are whole seconds from now.
 *
 * @param plan Name of the policy.
 */
export function setRateLimitHeaders(headers: ResponseHeaders, plan: string, decision: Decision): void {
  const { limit, remaining } = decision;
  const reset = resetSeconds(decision);
  headers.set('RateLimit-Policy', `"${plan}";q=${limit.points};w=${limit.seconds}`);
  headers.set('RateLimit', `"${plan}";r=${remaining};t=${reset}`);
  headers.set('X-RateLimit-Limit', `${limit.points}`);
  headers.set('X-RateLimit-Remaining', `${remaining}`);
  headers.set('X-RateLimit-Reset', `${reset}`);
}
