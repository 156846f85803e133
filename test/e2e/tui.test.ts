/**
 * The built command in a real terminal, as somebody would use it who has read nothing.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canIsolate } from '../attackers/lab.ts';
import { TmuxTerminal, hasTmux } from '../ui/tmux.ts';
import { ROOT, mip6guard } from './command.ts';
import { hasPcap } from './pcap-package.ts';

const MAIN = path.join(ROOT, 'dist/cli/main.js');
const ATTACK = 'fixtures/captures/relay-attack';

let folder = '';
let terminal: TmuxTerminal;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-tui-'));
});
afterEach(() => {
  terminal.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A shell in the project's folder, in which `mip6guard` is the built command. */
function shell(columns: number, rows: number): void {
  terminal = new TmuxTerminal(columns, rows, { XDG_STATE_HOME: path.join(folder, 'state') });
  terminal.line(`cd ${ROOT}; alias mip6guard='${process.execPath} ${MAIN}'; clear`);
}

/** Runs a command, and says how it ended. */
function run(command: string): void {
  terminal.line(`${command}; echo "ended: $?"`);
}

/** Leaves the screens. @returns what stands in the terminal afterwards */
function leave(...keys: readonly string[]): Promise<string> {
  terminal.press(...keys);
  return terminal.waitFor(/^ended: \d+/m);
}

describe.skipIf(!hasTmux)('mip6guard tui in a terminal (needs tmux)', () => {
  it('leads from a capture to its incident, the ladder, a packet and a file with its packets', async () => {
    shell(100, 32);
    const file = path.join(folder, 'incident.pcapng');
    run(`mip6guard tui --config ${ATTACK}.site.yaml --keys ${ATTACK}.esp_sa ${ATTACK}.pcapng`);
    await terminal.waitFor('89 packets  1 incident');
    terminal.press('5');
    const incident = await terminal.waitFor('How the attack went');
    expect(incident).toContain('5 of 5 steps seen');
    expect(incident).toContain('it worked on both sides');
    terminal.press('w');
    await terminal.waitFor('write packets of incident 1 to');
    terminal.press('C-u');
    terminal.line(file);
    await terminal.waitFor(/\d+ packets.*incident\.pcapng|incident\.pcapng.*\d+ packets/);
    terminal.press('L');
    const ladder = await terminal.waitFor('[HAO ESP]');
    expect(ladder).toMatch(/#69 .*├─+>│ .*BU seq 3 lifetime 0/);
    terminal.press('j', 'Enter');
    await terminal.waitFor(/^>C. +69 .*Binding Update seq 3/m);
    expect(await leave('q')).toContain('ended: 0');
    expect(terminal.state).toEqual({ isAlternate: false, isCursorShown: true });
    expect(existsSync(file)).toBe(true);
    const { stdout } = mip6guard(['read', '-T', 'fields', '-e', 'esp.spi', '-Y', 'esp', file]);
    expect(stdout).toContain('0x0990cbed');
  });

  it('filters with completion, and tells a wrong filter at its place', async () => {
    shell(120, 40);
    run(`mip6guard ${ATTACK}.pcapng`);
    await terminal.waitFor('89 packets');
    terminal.line('/mip6.mhtype == ');
    await terminal.waitFor(/ends|expected|missing|wanted/i);
    terminal.press('Escape');
    terminal.line('/esp');
    await terminal.waitFor(/42 (of|\/) ?89|42 shown|42 packets/);
    expect(await leave('q')).toContain('ended: 0');
  });

  it('offers filters of the session before, and says in the log what keeps them from it', async () => {
    shell(140, 24);
    run(`mip6guard tui --keys ${ATTACK}.esp_sa ${ATTACK}.pcapng`);
    await terminal.waitFor('89 packets');
    terminal.line('/mip6.mhtype == 5');
    await terminal.waitFor('6 of 89 packets');
    expect(await leave('q')).toContain('ended: 0');
    terminal.line('clear');
    run(`mip6guard tui --keys ${ATTACK}.esp_sa ${ATTACK}.pcapng`);
    await terminal.waitFor('89 packets');
    terminal.press('/', 'Up');
    await terminal.waitFor('filter: mip6.mhtype == 5');
    terminal.press('Enter');
    await terminal.waitFor('6 of 89 packets');
    expect(await leave('q')).toContain('ended: 0');
    const file = path.join(folder, 'state/mip6guard/filters');
    rmSync(file);
    mkdirSync(file);
    terminal.line('clear');
    run(`mip6guard tui --keys ${ATTACK}.esp_sa ${ATTACK}.pcapng`);
    await terminal.waitFor('89 packets');
    terminal.press('9');
    await terminal.waitFor('filters of earlier sessions cannot be read');
    expect(await leave('q')).toContain('ended: 0');
  });

  it('says what is wrong before it takes the screen', async () => {
    shell(120, 24);
    run('mip6guard tui nowhere.pcapng');
    expect(await terminal.waitFor('ended: 3')).toContain('nowhere.pcapng');
    terminal.line('clear');
    run(`mip6guard tui -Y 'mip6.mhtyp == 5' -r ${ATTACK}.pcapng`);
    expect(await terminal.waitFor('ended: 2')).toContain('mip6.mhtype');
  });

  it.skipIf(!canIsolate || !hasPcap)(
    'shows an attack while it happens (needs root, network namespaces and the package pcap)',
    async () => {
      shell(110, 34);
      terminal.line(`unshare --net bash --norc --noprofile`);
      terminal.line(`alias mip6guard='${process.execPath} ${MAIN}'; PS1='inside$ '; clear`);
      await terminal.waitFor('inside$');
      terminal.line('ip link set lo up; ip link add one type veth peer name onepeer');
      terminal.line(
        'for i in one onepeer; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; ip link set $i up; done',
      );
      const sender = path.join(ROOT, 'test/e2e/live-sender.mjs');
      const capture = path.join(ROOT, `${ATTACK}.pcapng`);
      terminal.line(
        `(sleep 6; ${process.execPath} ${sender} ${ROOT}/dist onepeer ${capture} 1 200 > /dev/null 2>&1) & clear`,
      );
      run(`mip6guard tui -i one --keys ${ATTACK}.esp_sa`);
      await terminal.waitFor(/\b1 incident/);
      terminal.press('5');
      const screen = await terminal.waitFor('How the attack went');
      expect(screen).toMatch(/one +\d+ packets|live|dropped/);
      expect(await leave('C-c', 'C-c')).toContain('ended: 0');
    },
  );
});
