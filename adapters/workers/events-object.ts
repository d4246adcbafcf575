import { DurableObject } from 'cloudflare:workers';
import { forThisRequest } from '../../src/cross-request-promise.ts';

/** The part that isolates call. */
export interface EventsObject {
  fetch(request: Request): Promise<Response>;
}

interface StreamingGateway {
  fetch(request: Request, env: object, context: unknown): Response | Promise<Response>;
}

/**
 * The class of the object that holds all streams of events of one project, whichever isolate and place they come through: so one
 * look at the cloud serves them all. A stream cannot be held by an isolate, where what belongs to one request may not be written
 * to by another. The object is a gateway of its own, and trusts nobody: it verifies the key as any gateway does.
 *
 * @param createGateway Puts that gateway together; it holds streams itself, and counts no points, since the isolate has.
 */
export function eventsObject<Env extends object>(createGateway: (env: Env) => Promise<StreamingGateway>) {
  return class ProjectEvents extends DurableObject<Env> implements EventsObject {
    #gateway: Promise<StreamingGateway> | undefined;

    async fetch(request: Request): Promise<Response> {
      this.#gateway ??= createGateway(this.env).catch((error: unknown) => {
        this.#gateway = undefined;
        throw error;
      });
      const gateway = await forThisRequest(this.#gateway);
      return gateway.fetch(request, this.env, this.ctx);
    }
  };
}
