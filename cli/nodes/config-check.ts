/**
 * `mip6guard config check`: everything that a start would refuse, without starting.
 */
import path from 'node:path';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { declarationsOf } from './declarations.ts';
import { readNodeFile } from './node-file.ts';
import { nodeAssociations } from './node-keys.ts';

/** @throws CliError (2) with every problem */
export async function checkNodeFile(file: string, terminal: Terminal): Promise<ExitCode> {
  const settings = await readNodeFile(file);
  const files = settings.keys.map((each) => path.resolve(path.dirname(file), each));
  const declarations = declarationsOf(settings);
  const associations = await nodeAssociations(files, declarations, (text) => {
    terminal.say(`mip6guard: warning: ${text}`);
  });
  const links = settings.links.map((link) => link.interface).join(', ');
  const counts = `${declarations.length} home addresses, ${associations.length} associations`;
  terminal.output.write(`${settings.role} on ${links}: ${counts}\n`);
  return EXIT.clean;
}
