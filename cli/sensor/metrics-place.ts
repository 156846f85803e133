/**
 * `--metrics`: where numbers are served.
 */
import type { MetricsPlace } from '../../io/metrics.ts';
import { CliError, EXIT } from '../exit-codes.ts';

const LOOPBACK = '127.0.0.1';

/** `9469`, `127.0.0.1:9469`, `[::1]:9469` or `name:9469`. Throws CliError (2). */
export function metricsPlace(text: string): MetricsPlace {
  const found = /^(?:(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(found?.[3] ?? Number.NaN);
  if (!(port <= 65_535)) {
    throw new CliError(EXIT.usage, `--metrics ${text}: ADDRESS:PORT or PORT was expected`, {
      hint: 'Example: --metrics 127.0.0.1:9469, or --metrics [::1]:9469',
    });
  }
  return { host: found?.[1] ?? found?.[2] ?? LOOPBACK, port };
}

/** Whether only this machine can reach it. */
export function isLoopback({ host }: MetricsPlace): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
