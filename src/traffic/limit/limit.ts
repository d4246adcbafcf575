/**
 * The stage `limit`, between authenticate and the handlers.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono';
import type { Principal } from '../../access/principal.ts';
import type { SpendSignUp } from '../../access/sign-up-limit.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type Costs, costOf } from './cost.ts';
import type { Counter } from './counter.ts';
import { resetSeconds, setRateLimitHeaders } from './headers.ts';
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

export interface Limits {
  /**
   * Admits a request when both its key's family and its project have points left, else answers `rate_limited`. Every answer
   * says where the tighter of the two limits stands.
   */
  readonly stage: MiddlewareHandler<GatewayEnv>;
  /** Admits a read as the stage would, where the points are at hand; false: nothing was spent or said. */
  readonly tryConsume: (principal: Principal, headers: ResponseHeaders) => boolean;
  /** A sign-up costs what any write does: of the plan `default`, whose points its user has, and its address as a project. */
  readonly consumeSignUp: SpendSignUp;
}

/** @param renderError Says an error in the words of the dialect. */
export function limit(
  { counter, metrics }: LimitPorts,
  { mode, plans, costs }: LimitOptions,
  renderError: (error: ComputeError, c: Context<GatewayEnv>) => Response,
): Limits {
  if (mode === 'off') {
    return { stage: (_, next) => next(), tryConsume: () => true, consumeSignUp: async () => {} };
  }
  const limiter = new Limiter(counter);
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  // A key keeps its principal while it does not change.
  const limitsByPrincipal = new WeakMap<Principal, readonly NamedLimit[]>();
  const planOf = ({ plan }: Pick<Principal, 'plan'>): Plan => {
    const found = byName.get(plan) ?? byName.get('default');
    if (found === undefined) throw new Error('there is no plan named default');
    return found;
  };
  const limitsOn = (principal: Principal, plan: Plan): readonly NamedLimit[] => {
    const limits = limitsByPrincipal.get(principal) ?? limitsOf(principal, plan);
    limitsByPrincipal.set(principal, limits);
    return limits;
  };
  const reportDecision = (headers: ResponseHeaders, { name }: Plan, decision: Decision, result: string) => {
    metrics.count('limit_decisions', { decision: result, plan: name });
    setRateLimitHeaders(headers, name, decision);
  };
  return {
    async stage(c, next) {
      const principal = c.get('principal');
      const plan = planOf(principal);
      const cost = costOf(c.req.method, c.req.path, costs);
      const decided = limiter.admit(limitsOn(principal, plan), cost);
      const decision = decided instanceof Promise ? await decided : decided;
      const isRejected = !decision.admitted && mode === 'enforce';
      const result = decision.admitted ? 'admitted' : isRejected ? 'rejected' : 'shadow_rejected';
      reportDecision(c.get('responseHeaders'), plan, decision, result);
      if (isRejected) c.res = renderError(rateLimited(plan, decision, cost), c);
      else await next();
    },
    tryConsume(principal, headers) {
      const plan = planOf(principal);
      const decision = limiter.tryAdmit(limitsOn(principal, plan), costs.read);
      if (decision !== null) reportDecision(headers, plan, decision, 'admitted');
      return decision !== null;
    },
    async consumeSignUp(userId, address) {
      const plan = planOf({ plan: 'default' });
      const decision = await limiter.admit(
        [
          { key: `sign-up:user:${userId}`, points: plan.points, seconds: plan.seconds },
          { key: `sign-up:address:${address}`, points: plan.projectPoints, seconds: plan.seconds },
        ],
        costs.write,
      );
      const isRejected = !decision.admitted && mode === 'enforce';
      const result = decision.admitted ? 'admitted' : isRejected ? 'rejected' : 'shadow_rejected';
      metrics.count('limit_decisions', { decision: result, plan: plan.name });
      if (isRejected) throw rateLimited(plan, decision, costs.write);
    },
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

function rateLimited(plan: Plan, decision: Decision, cost: number): ComputeError {
  const { points, seconds } = decision.limit;
  const admits = `the plan "${plan.name}" admits ${points} points in ${seconds} seconds`;
  const message = decision.tooCostly
    ? `This request costs ${cost} points, and ${admits}: it is never admitted.`
    : `Too many requests: ${admits}, and this request costs ${cost}.`;
  return new ComputeError('rate_limited', message, { retryAfter: resetSeconds(decision) });
}
