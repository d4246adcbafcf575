import { DurableObject } from 'cloudflare:workers';
import { once } from '../../src/async.ts';
import { forThisRequest } from '../../src/cross-request-promise.ts';

export interface EventsObject {
  fetch(request: Request): Promise<Response>;
}

interface StreamingGateway {
  fetch(request: Request, env: object, context: unknown): Response | Promise<Response>;
}

/**
 * Durable Object class that owns all event streams of one project, so that one poller serves them. An isolate cannot: there a request
 * may not write to the stream of another. The object runs a gateway that verifies keys itself.
 *
 * @param createGateway Its gateway owns streams and does not count points, since the isolate has.
 */
export function eventsObject<Env extends object>(createGateway: (env: Env) => Promise<StreamingGateway>) {
  return class ProjectEvents extends DurableObject<Env> implements EventsObject {
    readonly #gateway = once(createGateway);

    async fetch(request: Request): Promise<Response> {
      const gateway = await forThisRequest(this.#gateway(this.env));
      return gateway.fetch(request, this.env, this.ctx);
    }
  };
}
