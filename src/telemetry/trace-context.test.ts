import { ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { readTraceContext, traceHeaders } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

/** What a call to the cloud has of a client's headers when nothing is recorded. */
const passedOn = (headers: Record<string, string>) => traceHeaders(readTraceContext(new Headers(headers)));

test.each(['00', '01', '03'])('a traceparent with the flags %s is passed on unchanged', (flags) => {
  const traceparent = `00-${TRACE}-${SPAN}-${flags}`;
  expect(passedOn({ traceparent })).toEqual({ traceparent });
});

test('a tracestate is passed on with its traceparent, and not without', () => {
  const headers = {
    traceparent: `00-${TRACE}-${SPAN}-01`,
    tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
  };
  expect(passedOn(headers)).toEqual(headers);
  expect(passedOn({ tracestate: headers.tracestate })).toEqual({});
  expect(passedOn({ ...headers, tracestate: 'none' })).toEqual({ traceparent: headers.traceparent });
});

test('a later version is read as the known one', () => {
  expect(passedOn({ traceparent: `cc-${TRACE}-${SPAN}-01-what-is-new` })).toEqual({
    traceparent: `00-${TRACE}-${SPAN}-01`,
  });
});

test.each([
  ['empty', ''],
  ['of version ff', `ff-${TRACE}-${SPAN}-01`],
  ['without a trace id', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['without a span id', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['in upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['too long', `00-${TRACE}-${SPAN}-01-more`],
  ['too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ['given twice', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ['with other characters', `00-${TRACE}-${SPAN}-01\u00e9`],
])('a traceparent that is %s is ignored', (_, traceparent) => {
  expect(readTraceContext(new Headers({ traceparent }))).toBe(ROOT_CONTEXT);
});

test('without a trace nothing is sent', () => {
  expect(passedOn({})).toEqual({});
});
