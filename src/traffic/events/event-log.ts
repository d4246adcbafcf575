import type { Change, ProjectSnapshot } from './changes.ts';
import type { FeedKey } from './feed-key.ts';
import type { LogEntry, ReplayBuffer } from './replay-buffer.ts';

/** What a log tells a gateway that has it open. */
export interface LogSubscriber {
  /** These were added, by any gateway; they are in the history already. In order, without a gap, each once. */
  onEntries(entries: readonly LogEntry[]): void;
  /** Nothing more comes, and what came may not be all: the log is to be opened again. */
  onEnd(): void;
}

/** Whether this gateway is the one that looks: no; since just now, after others may have; or as before. */
export type LeaderStatus = 'follower' | 'elected' | 'leader';

/**
 * The log of a feed as one gateway has it open. Of all that do, one *leads*: it looks at the cloud and writes down what is
 * different. Who leads must say so again and again, and is followed by another within seconds when it does not.
 *
 * What is written is atomic and belongs to who leads: what somebody writes who no longer does changes nothing. Every method may
 * reject when the log cannot be reached; then what was written may be there or not.
 */
export interface LogHandle {
  /** Empty while nobody has begun. */
  readonly replayBuffer: ReplayBuffer;
  /** Leads, where nobody else does; to be said every two seconds. */
  tryLead(): Promise<LeaderStatus>;
  /** What the log has come to, for who begins to lead; null when it has to be begun. */
  snapshot(): Promise<ProjectSnapshot | null>;
  /** Begins the log: with what is there, and nothing before it. False: another leads. */
  begin(snapshot: ProjectSnapshot): Promise<boolean>;
  /** False: another leads. */
  append(changes: readonly Change[]): Promise<boolean>;
  /** Leads and hears no more, whatever is asked of it later. What was written is remembered for five minutes. */
  close(): Promise<void>;
}

/** Where what happens in a project is written down and passed on, for all gateways that share it. */
export interface EventLog {
  /** Rejects when it cannot be reached. */
  open(feed: FeedKey, subscriber: LogSubscriber): Promise<LogHandle>;
  /** Whether other gateways hear what is written now. */
  readonly shared: boolean;
}

/** For how long a log is remembered that nobody has open, milliseconds. */
export const LOG_RETENTION_MS = 300_000;
