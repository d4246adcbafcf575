import { Hono } from 'hono';
import type { GatewayEnv } from '../context.ts';
import { NAME, VERSION } from '../version.ts';
import type { PublicUrl } from './public-url.ts';

export function landing(publicUrl: PublicUrl, hasConsole: boolean): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  app.get('/', function showLinks(c) {
    const url = publicUrl(c);
    return c.json({
      name: NAME,
      version: VERSION,
      api: `${url}/v1`,
      openstack_auth_url: `${url}/identity/v3`,
      documentation: `${url}/docs`,
      contract: `${url}/openapi.json`,
      ...(hasConsole && { console: `${url}/console` }),
    });
  });
  return app;
}
