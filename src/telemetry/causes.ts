/** The messages of an error and all that caused it: no objects, which may hold what must not be logged. */
export function errorMessages(error: unknown): string[] {
  const messages: string[] = [];
  for (let current = error; current !== undefined && messages.length < 10; ) {
    messages.push(current instanceof Error ? `${current.name}: ${current.message}` : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  // Without a cause it is a defect of the gateway, and where it happened is all there is to go by.
  if (error instanceof Error && error.cause === undefined && error.stack !== undefined)
    messages[0] = error.stack;
  return messages;
}
