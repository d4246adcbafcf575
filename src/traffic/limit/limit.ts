import type { Context } from 'hono';
import type { SpendSignUp } from '../../access/access.ts';
import type { Principal } from '../../access/principal.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv, Stage } from '../../context.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Counter } from './counter.ts';
import { type Decision, Limiter, type NamedLimit } from './limiter.ts';
import { type Costs, costOf, type Plan } from './plans.ts';

export interface LimitPorts {
  readonly counter: Counter;
  readonly metrics: Metrics;
}

export interface LimitOptions {
  /** `shadow` counts and sets the headers, but rejects nothing. */
  readonly mode: 'enforce' | 'shadow' | 'off';
  /** Has to include `default`, which applies to keys whose plan no longer exists. */
  readonly plans: readonly Plan[];
  readonly costs: Costs;
}

export interface Limits {
  /** Admits a request if its key's family and its project have points left, else responds `rate_limited`. */
  readonly stage: Stage;
  /** A sign-up costs a write of plan `default`: of its user's points, and of its address's as of a project's. */
  readonly consumeSignUp: SpendSignUp;
}

type Result = 'admitted' | 'rejected' | 'shadow_rejected';

/** @param renderError Renders an error in the format of the dialect. */
export function limit(
  { counter, metrics }: LimitPorts,
  { mode, plans, costs }: LimitOptions,
  renderError: (error: ComputeError, c: Context<GatewayEnv>) => Response,
): Limits {
  if (mode === 'off') {
    return { stage: chargeOnly(costs), consumeSignUp: async () => {} };
  }
  const limiter = new Limiter(counter);
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  // An unchanged key keeps its principal object.
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
  const record = ({ admitted }: Decision, plan: Plan): Result => {
    const result = admitted ? 'admitted' : mode === 'enforce' ? 'rejected' : 'shadow_rejected';
    metrics.count('limit_decisions', { decision: result, plan: plan.name });
    return result;
  };
  const consume = (c: Context<GatewayEnv>, plan: Plan, cost: number) =>
    limiter.admit(limitsOn(c.get('principal'), plan), cost);
  const apply = (c: Context<GatewayEnv>, plan: Plan, decision: Decision): Result => {
    setRateLimitHeaders(c.get('responseHeaders'), plan.name, decision);
    return record(decision, plan);
  };
  return {
    stage: {
      async handle(c, next) {
        const plan = planOf(c.get('principal'));
        const cost = costOf(c.req.method, c.req.path, costs);
        const decided = c.get('trace').spans.around(
          'limit',
          () => consume(c, plan, cost),
          ({ admitted }) => ({
            'linguanova.limit.plan': plan.name,
            'linguanova.limit.admitted': admitted,
          }),
        );
        const decision = decided instanceof Promise ? await decided : decided;
        if (apply(c, plan, decision) === 'rejected') {
          c.res = renderError(rateLimited(plan, decision, cost), c);
        } else {
          c.set('points', cost);
          await next();
        }
      },
      check(c) {
        const principal = c.get('principal');
        return limiter.canAdmit(limitsOn(principal, planOf(principal)), costs.read);
      },
      commit(c) {
        const plan = planOf(c.get('principal'));
        const decision = consume(c, plan, costs.read);
        if (!(decision instanceof Promise)) apply(c, plan, decision);
        c.set('points', costs.read);
      },
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
      if (record(decision, plan) === 'rejected') throw rateLimited(plan, decision, costs.write);
    },
  };
}

/** Without limits: usage counts what requests would cost. */
function chargeOnly(costs: Costs): Stage {
  return {
    handle(c, next) {
      c.set('points', costOf(c.req.method, c.req.path, costs));
      return next();
    },
    check: () => true,
    commit: (c) => c.set('points', costs.read),
  };
}

/** The limit of a key's family, and the one shared by all keys of its project on the same plan. */
function limitsOf({ familyId, projectId }: Principal, plan: Plan): readonly NamedLimit[] {
  const { name, points, projectPoints, seconds } = plan;
  return [
    { key: `family:${name}:${familyId}`, points, seconds },
    { key: `project:${name}:${projectId}`, points: projectPoints, seconds },
  ];
}

/** Whole seconds until a window ends, rounded up. */
function resetSeconds({ resetsInMs }: Decision): number {
  return Math.max(1, Math.ceil(resetsInMs / 1000));
}

/**
 * Sets the state of the tighter limit: `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10, and the
 * `X-RateLimit-*` fields that most clients read. Times are whole seconds from now.
 */
function setRateLimitHeaders(headers: ResponseHeaders, plan: string, decision: Decision): void {
  const { limit, remaining } = decision;
  const reset = resetSeconds(decision);
  headers.set('RateLimit-Policy', `"${plan}";q=${limit.points};w=${limit.seconds}`);
  headers.set('RateLimit', `"${plan}";r=${remaining};t=${reset}`);
  headers.set('X-RateLimit-Limit', `${limit.points}`);
  headers.set('X-RateLimit-Remaining', `${remaining}`);
  headers.set('X-RateLimit-Reset', `${reset}`);
}

function rateLimited(plan: Plan, decision: Decision, cost: number): ComputeError {
  const { points, seconds } = decision.limit;
  const admits = `the plan "${plan.name}" admits ${points} points in ${seconds} seconds`;
  const message = decision.tooCostly
    ? `This request costs ${cost} points, and ${admits}: it is never admitted.`
    : `Too many requests: ${admits}, and this request costs ${cost}.`;
  return new ComputeError('rate_limited', message, { retryAfter: resetSeconds(decision) });
}
