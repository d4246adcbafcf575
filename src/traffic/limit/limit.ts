/**
 * The stage `limit`, between authenticate and the handlers.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono';
import type { Principal } from '../../access/principal.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type Costs, costOf } from './cost.ts';
import type { Counter } from './counter.ts';
import { resetSeconds, tellLimit } from './headers.ts';
import { type Decision, Limiter, type NamedLimit } from './limiter.ts';
import type { Plan } from './plan.ts';

export interface LimitPorts {
  readonly counter: Counter;
  readonly metrics: Metrics;
}

export interface LimitOptions {
  /** `observe` counts and tells, and refuses nobody. */
  readonly mode: 'enforce' | 'observe' | 'off';
  /** `default` has to be among them: it holds for keys whose plan is gone. */
  readonly plans: readonly Plan[];
  readonly costs: Costs;
}

/**
 * Admits a request when both its key's family and its project have points left, else answers `rate_limited`. Every answer
 * says where the tighter of the two limits stands.
 *
 * @param respond Says an error in the words of the dialect.
 */
export function limit(
  { counter, metrics }: LimitPorts,
  { mode, plans, costs }: LimitOptions,
  respond: (error: ComputeError, c: Context<GatewayEnv>) => Response,
): MiddlewareHandler<GatewayEnv> {
  if (mode === 'off') return (_, next) => next();
  const limiter = new Limiter(counter);
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  // A key keeps its principal while it does not change.
  const known = new WeakMap<Principal, readonly NamedLimit[]>();
  return async function limited(c, next) {
    const principal = c.get('principal');
    const plan = byName.get(principal.plan) ?? byName.get('default');
    if (plan === undefined) throw new Error('there is no plan named default');
    const cost = costOf(c.req.method, c.req.path, costs);
    const limits = known.get(principal) ?? limitsOf(principal, plan);
    known.set(principal, limits);
    const decided = limiter.admit(limits, cost);
    const decision = decided instanceof Promise ? await decided : decided;
    const refused = !decision.admitted && mode === 'enforce';
    const result = decision.admitted ? 'admitted' : refused ? 'refused' : 'observed';
    metrics.count('limit_decisions', { decision: result, plan: plan.name });
    tellLimit(c.get('answerHeaders'), plan.name, decision);
    if (refused) c.res = respond(refusal(plan, decision, cost), c);
    else await next();
  };
}

/** A key's own limit and its project's; the keys of a project that share a plan share its points. */
function limitsOf({ familyId, projectId }: Principal, plan: Plan): readonly NamedLimit[] {
  const { name, points, projectPoints, seconds } = plan;
  return [
    { key: `family:${name}:${familyId}`, points, seconds },
    { key: `project:${name}:${projectId}`, points: projectPoints, seconds },
  ];
}

function refusal(plan: Plan, decision: Decision, cost: number): ComputeError {
  const { points, seconds } = decision.limit;
  const admits = `the plan "${plan.name}" admits ${points} points in ${seconds} seconds`;
  const message = decision.tooCostly
    ? `This request costs ${cost} points, and ${admits}: it is never admitted.`
    : `Too many requests: ${admits}, and this request costs ${cost}.`;
  return new ComputeError('rate_limited', message, { retryAfter: resetSeconds(decision) });
}
