import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CAPTURES, run } from './run.ts';

const FILE = path.join(CAPTURES, 'samples/mobility-messages.pcapng');

/** Command lines that cannot be meant, and what is said about them. */
const REFUSED: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [['-T', 'fields', FILE], /needs the fields\n {2}Example: .* -T fields -e /],
  [
    ['-T', 'fields', '-e', 'mip6.bu.seqn', FILE],
    /-e mip6\.bu\.seqn: .*no such field\n.*mip6\.bu\.seqnr/,
  ],
  [['-T', 'pdml', FILE], /no format 'pdml'\n.*-T json has the same tree/],
  [['-T', 'constructor', FILE], /no format 'constructor'/],
  [['-e', 'ipv6.src', FILE], /-e alone shows nothing/],
  [['-E', 'header=y', FILE], /-E is about -T fields/],
  [['-T', 'fields', '-e', 'ipv6.src', '-E', 'x=y', FILE], /no key 'x'/],
  [['--select', 'ipv6.src', FILE], /--select marks octets/],
  [['--decrypted', FILE], /--decrypted is about -w/],
  [['-w', 'out.pcapng', '-V', FILE], /Add -P/],
  [['-w', '-', '-P', FILE], /both write to standard output/],
  [['-O', 'mipv7', FILE], /-O mipv7: .*no such field/],
  [
    ['-Y', 'mip6.bu.lifetme == 0', FILE],
    /mip6\.bu\.lifetime\?\n {2}mip6\.bu\.lifetme == 0\n {2}\^{15}\n/,
  ],
  [['-Y', 'mip6.mhtype ==', FILE], /\^/],
  [['--findings', '-'], /standard input can be read once\n {2}Save it to a file/],
  [['-Y', 'mip6guard.rule', '-'], /standard input can be read once/],
  [['-T', 'fields', '-e', 'mip6guard.rule', '-'], /standard input can be read once/],
  [['-w', 'x.pcapng', '-'], /--no-findings/],
  [['-r', FILE, FILE], /two inputs/],
  [[], /nothing to read/],
  [['-i', 'eth0'], /no tshark option -i\n {2}.*\n {2}mip6guard live/],
  [['-q', FILE], /no tshark option -q/],
  [['-o', 'esp.enable:TRUE', FILE], /--keys/],
  [['-2', FILE], /no tshark option -2/],
  [['-z', 'io,stat,0', FILE], /mip6guard audit/],
  [['-G', FILE], /no tshark option -G/],
  [['-t', 'ad', FILE], /frame\.time_epoch/],
];

describe('a command line of read', () => {
  it.each(REFUSED)('%j ends with 2 and says what to do', async (args, said) => {
    const { code, stdout, stderr } = await run('read', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });

  it('takes what tshark takes: -r, -n, -l, -c, -Y', async () => {
    const { code, stdout } = await run(
      'read',
      '-n',
      '-l',
      '-c',
      '2',
      '-Y',
      'mip6.mhtype in {5, 6, 7}',
      '-r',
      FILE,
    );
    expect(code).toBe(0);
    expect(stdout.match(/(?<=MIPv6 +)Binding (Update|Acknowledgement)/g)).toEqual([
      'Binding Update',
      'Binding Acknowledgement',
    ]);
    expect(stdout.split('\n')).toHaveLength(3);
  });

  it('shows the fields of the layers of -O alone', async () => {
    const { stdout } = await run('read', '-O', 'mipv6', '-Y', 'mip6.bu.seqnr', FILE);
    expect(stdout).toMatch(
      /\n {2}Ethernet II [^\n]*\n {2}Internet Protocol Version 6[^\n]*\n {2}Destination/,
    );
    expect(stdout).toMatch(/\n {6}Sequence number: 1 /);
  });

  it('marks the octets of selected fields, with brackets where there is no colour', async () => {
    const selection = [
      '-x',
      '-e',
      'mip6.bu.lifetime',
      '--select',
      'mip6.bu.seqnr',
      '-Y',
      'mip6.bu.seqnr',
    ];
    const { stdout } = await run('read', ...selection, FILE);
    expect(stdout).toMatch(/0050 {2}05 00 09 27\[00 01\]80 00 \[00 69\]04/);
    expect(stdout).toContain('mip6.bu.lifetime [88-89] Lifetime: 105 (420 s)\n');
    const coloured = await run('read', '--color', 'always', ...selection, FILE);
    expect(coloured.stdout).toContain('\u001b[7m69\u001b[0m');
    expect(coloured.stdout).not.toContain('[00 69]');
  });
});
