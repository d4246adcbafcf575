/** Invalid use of the command line: the message says what to change. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** No such command; it has an exit status of its own. */
export class UnknownCommand extends UsageError {}
