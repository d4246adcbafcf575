import type { Context } from 'hono';
import type { GatewayEnv } from '../../context.ts';

/** A fresh cached response for a request. */
export interface CacheHit {
  /** As metrics and log name it. */
  readonly route: string;
  /** Counts and renders it. */
  respond(): Response;
}

/**
 * Looks up without waiting what the pipeline would serve for a request with a principal. null unless the same principal was served
 * the same request before: scopes and input were checked then, and a changed key has another principal.
 */
export type FindHit = (c: Context<GatewayEnv>) => CacheHit | null;
