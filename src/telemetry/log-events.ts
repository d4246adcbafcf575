/** Every log event by level, with its meaning and fields. `docs/reference.md` is generated from it. */
export const LOG_EVENTS = {
  info: {
    gateway_started:
      'The gateway listens: `version`, `node` (as in `/admin/v1/health`), `url`, `cloud`. The first line of a process.',
    gateway_stopping: 'No connection is accepted any more: `signal`.',
    gateway_stopped: 'All requests have ended: `uptime_seconds`.',
    request:
      'A response was sent. `method`, `route`, `dialect`, `status`, `duration_ms`; `upstream_calls`, `upstream_ms` (parallel calls count once) and `upstream_request_ids` (the last ten) if the cloud was called.',
    key_refused: 'A 401: `reason`, `address`, and `key` if there is a key with that id.',
    key_refusals_suppressed:
      'Refusals of an `address` in a minute beyond the ten that are logged: `suppressed`.',
    upstream_breaker_closed: 'The circuit of an endpoint closed: `service`, `origin`.',
    orphan_released: '`reconcile` released a port or floating IP: `kind`, `id`, `address`, `description`.',
    reconcile_finished:
      'A run of reconcile over all projects ended: `started_by`, `outcome`, `projects`, `skipped`, `failed`, `released`, `duration_ms`.',
    event_stream_closed:
      'An event stream ended: `events`, `duration_ms`, and `reason`: `client_closed`, `slow_consumer`, `deleted` (the instance), `key_revoked`, `credential_revoked`, `unverified` (the key could not be verified for a minute) or `shutdown`.',
    event_polling_recovered: 'A project can be polled again: `project`.',
    redis_reconnected: 'Redis works again.',
    idempotency_resumed: 'A request continues after an attempt that was interrupted.',
  },
  warn: {
    connection_limit_reached:
      'File descriptors are exhausted, so connections are closed: `limit`, `reason`. Once a minute.',
    requests_cut: 'Requests were still open 65 seconds after the signal to stop and were cut: `requests`.',
    endpoint_unused:
      'An endpoint given by hand is for a region that a catalog lacks, and `LINGUANOVA_REGIONS` serves those of catalogs: `service`, `region`. Once.',
    request_failed_upstream: 'A customer got 502, 503 or 504: `error`.',
    upstream_unreachable: 'No response after all retries: `method`, `origin`, `path`, `sent`, `error`.',
    upstream_breaker_opened: 'The circuit of an endpoint opened: `service`, `origin`.',
    upstream_error: 'A service of the cloud failed: `service`, `method`, `path`, `status`, `error`.',
    upstream_response_invalid: 'A response has an unexpected form: `service`, `error` with the field.',
    created_instance_not_readable: 'Accepted, but the cloud could not show it yet: `instance`, `error`.',
    release_store_failed:
      'A pending release could not be stored, so a crash would leave it to `reconcile`: `error`.',
    credential_cleanup_failed:
      'The application credential of a key that has ended still exists: `credential`, `error`. It is tried again.',
    event_polling_failed:
      'A project with subscribers cannot be polled: `project`, `error`. Once until it recovers.',
    redis_disconnected: 'Redis fails; limits, cache and events are local to each node: `reason`.',
    idempotency_outcome_unknown:
      'The cloud did not report whether it carried out a request; the retry finds out.',
    reconcile_run_not_recorded: 'The database has no record of a run of reconcile: `error`.',
    trace_export_failed:
      'The collector took no traces: `spans` were lost, `error`. At most one line a minute.',
    key_sweep_failed: 'Expired revocations and old audit entries could not be deleted: `error`.',
    usage_write_failed:
      'Counted requests could not be stored yet: `hours` of keys that wait, `not_counted` requests beyond the bound, `error`. The next write retries.',
    usage_sweep_failed: 'Old usage could not be deleted: `error`.',
    idempotency_sweep_failed: 'Expired idempotent responses could not be deleted: `error`.',
  },
  error: {
    request_failed: 'A defect of the gateway: `error` with its stack. Please report it.',
    service_account_rejected: 'Keystone or a service rejects the account of `OS_*`: `error`.',
    cleanup_failed:
      'Something could not be undone or released: `what`, `error`, `release`. It is retried every five minutes, and by `reconcile`.',
    credential_cleanup_failed:
      'The key could not be stored, and its application credential still exists: `credential`, `error`.',
    reconcile_failed:
      'A project could not be cleaned up; the next run retries: `region`, `project`, `error`. At most ten per run.',
    idempotency_store_failed: 'A response could not be stored; the retry finds out what happened: `error`.',
    idempotency_lease_lost: 'An attempt outlived its lease: a suspended process, or clocks that differ.',
    server_secret_mismatch:
      'At the edge: `LINGUANOVA_SECRET` does not open the keys; everything but health is 500.',
    journal_write_failed: 'Uses and refusals of keys could not be stored: `uses`, `refusals`, `error`.',
  },
} as const;

export type LogEvent<Level extends keyof typeof LOG_EVENTS> = keyof (typeof LOG_EVENTS)[Level];
