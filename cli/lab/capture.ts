/**
 * `mip6guard lab capture`: a file for each link, with what is needed to audit them.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { StopSignals } from '../stop-signals.ts';
import type { Terminal } from '../terminal.ts';
import { endRecord, record } from './ask.ts';
import { auditCommand } from './audit.ts';
import { LabPlace } from './lab-state.ts';

/** Captures for a while, or until Ctrl-C. */
export async function runCapture(
  directory: string,
  options: { readonly seconds: number; readonly write: string },
  terminal: Terminal,
): Promise<ExitCode> {
  const place = new LabPlace(directory);
  place.load();
  const target = path.resolve(options.write);
  const signals = new StopSignals(() => undefined);
  try {
    mkdirSync(target, { recursive: true, mode: 0o700 });
    await record(place, target);
    terminal.say(`mip6guard: capturing all links into ${target}; Ctrl-C ends it`);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, options.seconds * 1000);
      signals.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    const files = await endRecord(place);
    const [keys, site] = [place.keys, place.site].map((file) => {
      const copy = path.join(target, path.basename(file));
      copyFileSync(file, copy);
      return copy;
    });
    terminal.output.write(`${auditCommand({ keys: keys ?? '', site: site ?? '' }, files)}\n`);
    return EXIT.clean;
  } finally {
    signals.dispose();
  }
}
