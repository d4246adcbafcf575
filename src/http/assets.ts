import type { Context } from 'hono';
import { Hono } from 'hono';
import type { GatewayEnv } from '../context.ts';
import { entityTagListed } from './entity-tag.ts';

export interface Asset {
  readonly body: string;
  /** `Content-Type`, `ETag` and `Cache-Control` among them. */
  readonly headers: Readonly<Record<string, string>> & { readonly ETag: string };
}

/** Files by path, `/` first. At the edge there are none: the platform serves them before the worker runs. */
export type Assets = ReadonlyMap<string, Asset>;

/**
 * Serves each asset at its path: compressed once for all clients, 304 to a browser that has it. The files of a folder are one route,
 * since routes are labels of metrics.
 */
export function serveAssets(assets: Assets): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>({ strict: false });
  const handlers = new Map([...assets].map(([path, asset]) => [path, serve(path, asset)]));
  for (const route of new Set([...assets.keys()].map(routeOfAsset))) {
    app.get(route, (c, next) => handlers.get(c.req.path.replace(/\/$/, ''))?.(c) ?? next());
  }
  return app;
}

/** `/console/:file{.+}` for `/console/src/client/index.js`; a page such as `/docs` is its own. */
function routeOfAsset(path: string): string {
  return path.replace(/^(\/[^/]+\/).+/, '$1:file{.+}');
}

/** Browsers send some 30 characters; what is much longer is not parsed. */
const MAX_HEADER = 512;
/** Below this many bytes a compressed body saves no packet. */
const MIN_COMPRESSED_BYTES = 1_024;

function serve(path: string, { body, headers: own }: Asset) {
  const headers = { ...own, Vary: 'Accept-Encoding' };
  const bytes = new TextEncoder().encode(body);
  let gzipped: Promise<Uint8Array<ArrayBuffer>> | null = null;

  return async function asset(c: Context): Promise<Response> {
    // Relative links of the page would resolve to another folder.
    if (new URL(c.req.url).pathname.endsWith('/'))
      return c.redirect(`..${path.slice(path.lastIndexOf('/'))}`, 308);
    if (entityTagListed(c.req.header('if-none-match'), headers.ETag)) return c.body(null, 304, headers);
    if (bytes.length < MIN_COMPRESSED_BYTES || !acceptsGzip(c.req.header('accept-encoding')))
      return c.body(bytes, 200, headers);
    gzipped ??= gzip(bytes);
    return c.body(await gzipped, 200, { ...headers, 'Content-Encoding': 'gzip' });
  };
}

/** RFC 9110, 12.5.3: gzip, or any coding, is listed with a weight above zero. */
function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined || acceptEncoding.length > MAX_HEADER) return false;
  const weights = new Map(
    acceptEncoding.split(',').map((item) => {
      const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [coding, weight === undefined ? 1 : Number(weight.slice('q='.length))] as const;
    }),
  );
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
