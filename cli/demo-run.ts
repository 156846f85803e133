/**
 * The demonstration: an audit of a bundled capture, then commands to try.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { runAudit } from './audit-run.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { packageRoot } from './package-root.ts';
import { Page } from './report/page.ts';
import type { ColourChoice } from './report/palette.ts';
import { prepareSession } from './session.ts';
import { reportStyle } from './terminal.ts';
import type { Terminal } from './terminal.ts';

const NAME = 'fixtures/captures/relay-attack';

/** A path as the user would type it: relative when that is shorter, quoted when a shell needs it. */
function typed(file: string): string {
  const relative = path.relative(process.cwd(), file);
  const shorter = relative !== '' && relative.length < file.length ? relative : file;
  return /^[\w./@%+=:,-]+$/.test(shorter) ? shorter : `'${shorter.replaceAll("'", "'\\''")}'`;
}

/** How the user started this program, to be typed again. */
export function commandName(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment['npm_lifecycle_event'] === 'start') return 'npm start --silent --';
  const script = process.argv[1] ?? 'mip6guard';
  return path.basename(script) === 'mip6guard' ? 'mip6guard' : `node ${typed(script)}`;
}

/** Audits the bundled capture. @returns 0 when that worked, whatever was found */
export async function runDemo(colour: ColourChoice, terminal: Terminal): Promise<ExitCode> {
  const base = path.join(packageRoot(), NAME);
  const [capture, keys, config] = ['pcapng', 'esp_sa', 'site.yaml'].map((ending) =>
    typed(`${base}.${ending}`),
  );
  for (const ending of ['pcapng', 'esp_sa', 'site.yaml']) {
    if (!existsSync(`${base}.${ending}`)) {
      throw new CliError(EXIT.environment, `the bundled file ${NAME}.${ending} is missing`, {
        hint: 'Install mip6guard again, or audit a capture of your own: mip6guard audit FILE',
      });
    }
  }
  const place = (ending: string): string =>
    path.relative(process.cwd(), `${base}.${ending}`) || `${base}.${ending}`;
  const session = await prepareSession(
    {
      inputs: [place('pcapng')],
      config: place('site.yaml'),
      keys: [place('esp_sa')],
      recursive: false,
      workers: 1,
    },
    terminal,
  );
  const code = await runAudit(
    session,
    { format: 'text', failOn: 'high', colour, quiet: false },
    terminal,
  );
  if (terminal.output.isClosed || code >= EXIT.usage) return code;

  const { paint } = reportStyle(terminal, colour, false);
  const page = new Page(100, paint);
  page.line(0, '');
  page.line(0, { text: 'What to try next', style: 'bold' });
  page.line(0, { text: '────────────────', style: 'dim' });
  const name = commandName(terminal.environment);
  const audit = `${name} audit --config ${config ?? ''} --keys ${keys ?? ''}`;
  const step = (what: string, command: string): void => {
    page.paragraph(2, what);
    page.line(4, { text: command, style: 'name' });
  };
  step(
    'The same by hand. It exits with 1, because there are findings of severity high:',
    `${audit} ${capture ?? ''}`,
  );
  step(
    'Without keys: what encryption hides, and what the layout of packets still proves:',
    `${name} audit --config ${config ?? ''} ${capture ?? ''}`,
  );
  step(
    'As EVE JSON lines, for what reads those of Suricata:',
    `${audit} --format eve ${capture ?? ''}`,
  );
  step(
    'The packets, one line each, and one of them in full:',
    `${name} read --keys ${keys ?? ''} ${capture ?? ''}`,
  );
  page.line(4, {
    text: `${name} read -V -x -c 1 --keys ${keys ?? ''} ${capture ?? ''}`,
    style: 'name',
  });
  step(
    'Your own captures (site file and keys are optional; every run of the database is kept):',
    `${name} audit --db runs.db your-capture.pcapng`,
  );
  step('All options:', `${name} audit --help`);
  terminal.output.write(page.toString());
  terminal.output.flush();
  return code === EXIT.findings ? EXIT.clean : code;
}
