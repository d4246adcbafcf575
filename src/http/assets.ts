import type { Context } from 'hono';
import { Hono } from 'hono';
import type { GatewayEnv } from '../context.ts';
import { entityTagListed } from './entity-tag.ts';

/** A content coding; the codings that compress in order of preference, the plain bytes last. */
export const CODINGS = ['br', 'gzip', 'identity'] as const;
export type Coding = (typeof CODINGS)[number];

export interface Asset {
  /** The file in a content coding, made once for all requests. */
  readonly bytes: (coding: Coding) => Promise<Uint8Array<ArrayBuffer>>;
  /** `Content-Type`, `ETag` and `Cache-Control` among them. */
  readonly headers: Readonly<Record<string, string>> & { readonly ETag: string };
}

/** Files by path, `/` first. At the edge there are none: the platform serves them before the worker runs. */
export type Assets = ReadonlyMap<string, Asset>;

/**
 * Serves each asset at its path: compressed as the client accepts it, 304 to a browser that has it. The files of a folder are one
 * route, since routes are labels of metrics.
 */
export function serveAssets(assets: Assets): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  for (const route of new Set([...assets.keys()].map(routeOfAsset))) {
    app.get(route, async function serveAsset(c, next) {
      const asset = assets.get(c.req.path);
      return asset === undefined ? next() : respond(c, asset);
    });
  }
  return app;
}

/** `/console/:file{.+}` for `/console/src/client/index.js`; a page such as `/docs` is its own. */
function routeOfAsset(path: string): string {
  return path.replace(/^(\/[^/]+\/).+/, '$1:file{.+}');
}

async function respond(c: Context<GatewayEnv>, asset: Asset): Promise<Response> {
  const headers = { ...asset.headers, Vary: 'Accept-Encoding' };
  // Relative links of the page would resolve to another folder.
  if (new URL(c.req.url).pathname.endsWith('/'))
    return c.redirect(`..${c.req.path.slice(c.req.path.lastIndexOf('/'))}`, 308);
  if (entityTagListed(c.req.header('if-none-match'), headers.ETag)) return c.body(null, 304, headers);
  const coding = preferredCoding(c.req.header('accept-encoding'));
  return c.body(await asset.bytes(coding), 200, {
    ...headers,
    ...(coding !== 'identity' && { 'Content-Encoding': coding }),
  });
}

/** Browsers send some 30 characters; what is much longer is not parsed. */
const MAX_HEADER = 512;

/** RFC 9110, 12.5.3: of the codings that `Accept-Encoding` lists, by name or as `*`, the one with the highest weight above zero. */
function preferredCoding(acceptEncoding: string | undefined): Coding {
  if (acceptEncoding === undefined || acceptEncoding.length > MAX_HEADER) return 'identity';
  const weights = new Map(
    acceptEncoding.split(',').map((item) => {
      const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [coding, weight === undefined ? 1 : Number(weight.slice('q='.length))] as const;
    }),
  );
  const weightOf = (coding: Coding) => weights.get(coding) ?? weights.get('*') ?? 0;
  const [best = 'identity'] = CODINGS.filter((coding) => weightOf(coding) > 0).toSorted(
    (a, b) => weightOf(b) - weightOf(a),
  );
  return best;
}
