/** `info.description` of the contract, in CommonMark. */
export const INTRODUCTION = `A REST API for instances and their resources, with an API key.

The same key works for the cloud’s own OpenStack APIs under \`/identity\`, \`/compute\`, \`/image\`, \`/networking\` and \`/volume\`,
which OpenStack documents.

## Authentication

Send the key, \`ln_...\`, as \`x-api-key\` or as \`Authorization: Bearer\`. A key has scopes, such as \`instances:read\`; each operation
names the one that it needs. 401: the key is missing or invalid; 403: it lacks the scope, or the cloud denies the request.

\`\`\`sh
curl "$URL/v1/instances" -H "x-api-key: $KEY"
\`\`\`

\`POST /v1/api_keys\` needs no key: it issues one for a user of the cloud.

## Errors

The body of each error is \`{"error": {"code", "message"}}\`. Programs compare \`code\`; \`message\` is for people. 400 also has
\`details\`: each invalid field with its dotted path. Unknown fields and parameters are refused. Quote \`X-Request-Id\` in support
requests. Before an operation is chosen, a request may be 405, for a method that its path does not have; 408, if it did not arrive
in time; 417, for an \`Expect\` other than \`100-continue\`.

## Limits

A plan gives a key and its project points per window; most requests cost one. \`RateLimit\` and \`X-RateLimit-*\` show what is left.
429: wait the seconds of \`Retry-After\`, then repeat. A 503 has \`Retry-After\` too.

## Lists and pages

\`GET /v1/instances\` is a bare array; with \`limit\` it is one page, with a \`Link\` to the next. Every other list is
\`{"items", "next_cursor"}\`: send \`next_cursor\` as \`cursor\` to get the next page, until it is null.

## Repeating requests

\`GET\`, \`PUT\` and \`DELETE\` can be repeated. A \`POST\` with \`Idempotency-Key\`, a random text such as a UUID, is carried out once:
repeat it with the same key and body after a broken connection, 502, 503 or 504.

## Caching

Reads may be some seconds old (\`Age\`, \`X-Cache\`), except that changes made through this API are visible to your next request. With
\`If-None-Match\` an unchanged response is 304; with \`If-Match\` a write is refused with 412 if the resource has changed.`;
