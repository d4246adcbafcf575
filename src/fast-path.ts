/**
 * Fast path: serves a fresh cached response for a repeated GET synchronously. It decides nothing of its own: it runs the checks of
 * the pipeline's stages in their order. If one would wait, reject, or is absent, it returns null without side effects, and the
 * pipeline runs.
 */

import { Context } from 'hono';
import type { GatewayEnv, Stage } from './context.ts';
import type { FindHit } from './traffic/cache/request-memo.ts';

/** A dialect's pipeline up to the response cache. */
export interface FastPipeline {
  /** Of the paths it serves, such as `/v1/`. */
  readonly prefixes: readonly string[];
  readonly stages: readonly Stage[];
  readonly findHit: FindHit;
}

/** null: the pipeline has to run. */
export type FastPath = (request: Request, env: unknown) => Response | null;

export function fastPath(pipelines: readonly FastPipeline[]): FastPath {
  const pipelineFor = ({ url }: Request) => {
    const path = url.indexOf('/', url.indexOf('://') + 3);
    return pipelines.find(({ prefixes }) => prefixes.some((prefix) => url.startsWith(prefix, path)));
  };
  return function tryFastPath(request, env) {
    const pipeline = request.method === 'GET' ? pipelineFor(request) : undefined;
    if (pipeline === undefined) return null;
    const c = new Context<GatewayEnv>(request, { env });
    for (const { check } of pipeline.stages) if (check === undefined || !check(c)) return null;
    const hit = pipeline.findHit(c);
    if (hit === null) return null;
    for (const { commit } of pipeline.stages) commit?.(c);
    const response = hit.respond();
    for (const { finish } of pipeline.stages) finish?.(c, response, hit.route);
    return response;
  };
}
