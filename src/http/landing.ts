import { type Context, Hono } from 'hono';
import { accepts } from 'hono/accepts';
import { html } from 'hono/html';
import type { GatewayEnv } from '../context.ts';
import { NAME, VERSION } from '../version.ts';
import { respondJson } from './json.ts';
import type { PublicUrl } from './public-url.ts';

const MEDIA_TYPES = {
  header: 'Accept' as const,
  supports: ['application/json', 'text/html'],
  default: 'application/json',
};

/**
 * The entry points at `/`: a page for browsers, JSON for other clients.
 *
 * @param isDirect Else a proxy is in front, which hides `/healthz`.
 */
export function landing(
  publicUrl: PublicUrl,
  hasConsole: boolean,
  isDirect: (c: Context) => boolean,
): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  app.get('/', function showLinks(c) {
    const url = publicUrl(c);
    const links = {
      api: `${url}/v1`,
      openstack_auth_url: `${url}/identity/v3`,
      documentation: `${url}/docs`,
      contract: `${url}/openapi.json`,
      ...(hasConsole && { console: `${url}/console` }),
      ...(isDirect(c) && { health: `${url}/healthz` }),
    };
    c.header('Vary', 'Accept');
    if (accepts(c, MEDIA_TYPES) !== 'text/html')
      return respondJson(c, { name: NAME, version: VERSION, ...links });
    c.header('Content-Security-Policy', "default-src 'none'; img-src data:; frame-ancestors 'none'");
    c.header('X-Content-Type-Options', 'nosniff');
    return c.html(page(links));
  });
  return app;
}

function page(links: Readonly<Record<string, string>>) {
  const items = Object.entries(links).map(
    ([name, url]) => html`<li>${name.replaceAll('_', ' ')}: <a href="${url}">${url}</a></li>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${NAME}</title>
<link rel="icon" href="data:,">
</head>
<body>
<h1>${NAME} ${VERSION}</h1>
<ul>${items}</ul>
</body>
</html>
`;
}
