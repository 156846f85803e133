/**
 * Lines of the log of a node: for people, or JSON for programs.
 */
import { jsonText } from '../../io/export/json-text.ts';
import type { LogEntry } from '../../nodes/node-log.ts';

/** How lines look. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/**
 * A line without its end.
 * @param time seconds since 1970
 */
export function logLine(
  { level, event, details }: LogEntry,
  time: number,
  format: LogFormat,
): string {
  const timestamp = new Date(time * 1000).toISOString();
  if (format === 'json') return jsonText({ timestamp, level, event, ...details });
  const words = Object.entries(details).map(([name, value]) => `${name}=${word(value)}`);
  return [timestamp, level, event, ...words].join(' ');
}

function word(value: string | number | boolean): string {
  const text = String(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
