import type { Context } from 'hono';
import { Hono } from 'hono';
import type { GatewayEnv } from '../context.ts';

/** A file that is told as it is. */
export interface Asset {
  readonly body: string;
  /** `Content-Type`, `ETag` and what else a browser is to know. */
  readonly headers: Readonly<Record<string, string>> & { readonly ETag: string };
}

/** Files by path, `/` first. At the edge there are none: the platform tells them before the worker is asked. */
export type Assets = ReadonlyMap<string, Asset>;

/** Tells each asset at its path, once to a browser that has it already. */
export function serveAssets(assets: Assets): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>({ strict: false });
  for (const [path, asset] of assets) app.get(path, tell(path, asset));
  return app;
}

function tell(path: string, { body, headers }: Asset) {
  return function asset(c: Context): Response {
    // What the page names relative to itself would lie elsewhere.
    if (new URL(c.req.url).pathname.endsWith('/'))
      return c.redirect(`..${path.slice(path.lastIndexOf('/'))}`, 308);
    const isKnown = c.req.header('if-none-match') === headers.ETag;
    return isKnown ? c.body(null, 304, headers) : c.body(body, 200, headers);
  };
}
