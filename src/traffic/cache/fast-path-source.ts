import type { Context } from 'hono';
import type { PresentedCredential } from '../../access/derived-credential.ts';
import type { Principal } from '../../access/principal.ts';
import type { GatewayEnv } from '../../context.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';

/** A fresh cached response for a request. */
export interface CacheHit {
  /** As metrics and log name it. */
  readonly route: string;
  respond(gathered: ResponseHeaders): Response;
}

/** The cached reads of one dialect, looked up without waiting. */
export interface FastPathSource {
  /** The API key of a request, or the token derived from it, where the dialect's clients send it. */
  keyIn(c: Context<GatewayEnv>): PresentedCredential | undefined;
  /** What the pipeline would serve this principal; null when that is not certain. */
  find(principal: Principal, c: Context<GatewayEnv>): CacheHit | null;
}
