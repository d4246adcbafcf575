import type { Handler, MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import type { CloudDriver } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import type { PublicUrl } from '../../http/public-url.ts';
import type { RequestBody, RequestTarget } from '../../http/request-target.ts';
import type { ProjectVersions } from '../../traffic/versions/project-versions.ts';
import type { OpenSession } from './session.ts';

/**
 * Port: the services of the dialect for a cloud that is not an OpenStack. Bundles with a size limit leave out its implementation,
 * `translated/translation.ts`.
 */
export interface NovaTranslation {
  openSession(clouds: CloudDriver): OpenSession;
  /** Serves the services' version documents without authentication; calls `next` for all else. */
  versionDocuments(publicUrl: PublicUrl): MiddlewareHandler<GatewayEnv>;
  /** Serves all else; requires `authenticateToken` and the rate limits before it. */
  handler(ports: TranslationPorts): Handler<GatewayEnv>;
}

export interface TranslationPorts {
  readonly access: Access;
  /** Invalidated by every write, before its response. */
  readonly versions: ProjectVersions;
  readonly requestTarget: RequestTarget;
  readonly requestBody: RequestBody;
  readonly publicUrl: PublicUrl;
  /** `publicUrl`, and the region's prefix as requested. */
  readonly regionalUrl: PublicUrl;
}
