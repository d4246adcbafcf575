import type { Handler, MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import type { CloudDriver } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import type { PublicUrl } from '../../http/public-url.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import type { ProjectVersions } from '../../traffic/versions/project-versions.ts';
import type { OpenSession } from './session.ts';

/**
 * The services of the dialect for a cloud that does not speak it. A port, as pass-through is one: where every byte counts, a
 * gateway is put together without it. `translated/translation.ts` is what fits in.
 */
export interface NovaTranslation {
  /** Whom the cloud takes a credential for. */
  openSession(clouds: CloudDriver): OpenSession;
  /** Answers the services' version documents, for which nobody needs to be signed in; everything else goes on. */
  versionDocuments(publicUrl: PublicUrl): MiddlewareHandler<GatewayEnv>;
  /** Answers all the rest, behind `authenticateToken` and the limits. */
  answer(ports: TranslationPorts): Handler<GatewayEnv>;
}

export interface TranslationPorts {
  readonly access: Access;
  /** Hears of every change before its answer leaves. */
  readonly versions: ProjectVersions;
  readonly requestTarget: RequestTarget;
  readonly publicUrl: PublicUrl;
}
