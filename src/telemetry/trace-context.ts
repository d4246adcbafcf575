import { type Context, createTraceState, isSpanContextValid, ROOT_CONTEXT, trace } from '@opentelemetry/api';

/** Of any version: later ones may add fields. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** The caller's span by `traceparent` and `tracestate` (W3C Trace Context); the root if there is none, or no valid one. */
export function readTraceContext(headers: Pick<Headers, 'get'>): Context {
  const header = headers.get('traceparent');
  if (header === null) return ROOT_CONTEXT;
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(header.trim()) ?? [];
  const state = headers.get('tracestate');
  const parent = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(state !== null && { traceState: createTraceState(state) }),
  };
  const isWrong = !isSpanContextValid(parent) || (version === '00' && more !== undefined);
  return isWrong ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** The same headers for a call to the cloud; none outside of a trace. */
export function traceHeaders(context: Context): Readonly<Record<string, string>> {
  const span = trace.getSpanContext(context);
  if (span === undefined || !isSpanContextValid(span)) return {};
  const state = span.traceState?.serialize();
  return {
    traceparent: `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`,
    ...(state && { tracestate: state }),
  };
}
