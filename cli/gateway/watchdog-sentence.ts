/**
 * What is said when a gateway hangs.
 */
import { spanText } from './durations.ts';
import type { GatewaySettings } from './gateway-file.ts';

/** The last words; with a line feed. @param name of what is judged */
export function watchdogSentence(
  { failMode, watchdog, path }: Pick<GatewaySettings, 'failMode' | 'watchdog' | 'path'>,
  name: string,
): string {
  const isPair = path.pair !== undefined;
  const fate = failMode === 'open' && !isPair ? 'pass unjudged' : 'are dropped';
  return `mip6guard: watchdog: ${name}: nothing was done for ${spanText(watchdog)}; this process is killed, and packets ${fate} until the next start\n`;
}
