import type { Handler } from 'hono';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { OpenStream } from '../../traffic/events/events.ts';
import { pathId } from './path-id.ts';

/** For a gateway that tells of nothing. */
export const withoutEvents: OpenStream = async () => {
  throw new ComputeError('not_implemented', 'This gateway has no events.');
};

/** `GET /v1/events`: what happens in the project. */
export function projectEvents(open: OpenStream): Handler<GatewayEnv> {
  return function toldOfProject(c) {
    return open(c, null);
  };
}

/** `GET /v1/instances/{id}/events`: what happens to one instance, until it is deleted. */
export function instanceEvents(open: OpenStream): Handler<GatewayEnv> {
  return function toldOfInstance(c) {
    return open(c, pathId(c, 'id', 'instance'));
  };
}
