import type { Context } from 'hono';
import type { PresentedCredential } from '../../access/derived-credential.ts';
import type { Principal } from '../../access/principal.ts';
import type { GatewayEnv } from '../../context.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';

/** An answer that can be told at once. */
export interface AtHand {
  /** As metrics and log name it. */
  readonly route: string;
  /** As `cache_requests` counts it. */
  readonly result: string;
  answer(beside: ResponseHeaders): Response;
}

/** What has been told to whom, of one kind of reads. All without asking anybody. */
export interface ToldReads {
  /** The API key that a request comes with, or the token that stands for it, where these reads look for it; undefined when it is not there. */
  keyIn(c: Context<GatewayEnv>): PresentedCredential | undefined;
  /** What this principal would be told, had the request come all the way; null when that is not certain. */
  find(principal: Principal, c: Context<GatewayEnv>): AtHand | null;
}
