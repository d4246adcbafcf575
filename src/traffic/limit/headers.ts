import type { Decision } from './limiter.ts';

/** Until a window ends, in whole seconds: never earlier than it does. */
export function resetSeconds({ resetsIn }: Decision): number {
  return Math.max(1, Math.ceil(resetsIn / 1000));
}

/**
 * Where the tighter limit stands, in the fields of draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`,
 * `RateLimit`) and in the older ones that most clients read. Times are whole seconds from now.
 *
 * @param plan Name of the policy.
 */
export function limitHeaders(plan: string, decision: Decision): Readonly<Record<string, string>> {
  const { limit, remaining } = decision;
  const reset = resetSeconds(decision);
  return {
    'RateLimit-Policy': `"${plan}";q=${limit.points};w=${limit.seconds}`,
    RateLimit: `"${plan}";r=${remaining};t=${reset}`,
    'X-RateLimit-Limit': `${limit.points}`,
    'X-RateLimit-Remaining': `${remaining}`,
    'X-RateLimit-Reset': `${reset}`,
  };
}
