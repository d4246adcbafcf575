/** Messages of an error and its causes, without their other properties, which may hold secrets. */
export function errorMessages(error: unknown): string[] {
  const messages: string[] = [];
  for (let current = error; current !== undefined && messages.length < 10; ) {
    messages.push(current instanceof Error ? `${current.name}: ${current.message}` : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  // An error without a cause is a defect of the gateway, which needs its stack.
  if (error instanceof Error && error.cause === undefined && error.stack !== undefined)
    messages[0] = error.stack;
  return messages;
}
