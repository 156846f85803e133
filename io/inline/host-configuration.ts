/**
 * Interfaces and settings of this machine, changed for the time that a node runs, and put back exactly.
 */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { HostError, PRIVILEGES_HINT } from '../native/host-error.ts';
import { ChangeJournal, SETTING_FILE, leftChanges } from './change-journal.ts';
import type { Change } from './change-journal.ts';
import { IpCommand, checkInterfaceName, checkPrefix, routeArguments } from './ip-command.ts';
import type { InterfaceRoute, InterfaceState } from './ip-command.ts';
import { addressesToRestore, routesToRestore } from './saved-messages.ts';

const SETTINGS = '/proc/sys';
const CONF = 'net/ipv6/conf';
const FORWARDING = `${CONF}/all/forwarding`;
/** Settings that stand for those of all interfaces, and of those to come. */
const NO_INTERFACES = new Set(['all', 'default']);

/** How changes are kept. */
export interface HostConfigurationOptions {
  /**
   * File that changes are written down in, in a folder that only this user writes, one for each node. After SIGKILL the next
   * configuration with this file undoes what is left.
   */
  readonly journal: string;
  /** The program `ip` of this machine otherwise. */
  readonly ip?: IpCommand;
}

/**
 * Changes interfaces and settings. Every change is written down first, and undone by `close`, or when the process ends by
 * `process.exit` or an exception. A signal ends a process without that: whoever holds this closes it when one comes.
 *
 * Calls take some milliseconds each, in which nothing else happens: they are for the start and the end of a node.
 */
export class HostConfiguration {
  /** What an earlier process had left and was put back now, a sentence each. */
  readonly recovered: readonly string[];
  readonly #ip: IpCommand;
  readonly #file: string;
  readonly #journal: ChangeJournal;
  readonly #changes: Change[] = [];
  #isClosed = false;
  readonly #onExit = (): void => {
    this.close();
  };

  /**
   * Undoes what an earlier process has left, and begins.
   * @throws HostError when `ip` or the privileges are missing, or another process holds the journal
   */
  constructor(options: HostConfigurationOptions) {
    this.#file = options.journal;
    this.#ip = options.ip ?? new IpCommand();
    // Fails here and not half way when there is no `ip`.
    this.#ip.run(['-V']);
    const left = leftChanges(this.#file);
    this.recovered = left === undefined ? [] : this.#recover(left);
    this.#journal = new ChangeJournal(this.#file);
    process.once('exit', this.#onExit);
  }

  /**
   * Takes an interface from the kernel's own IPv6, which then neither sends nor answers there, and brings it up. Its IPv6
   * addresses and routes come back with `close`; for those of routers the kernel asks them then. IPv4 and other protocols
   * stay. Throws HostError.
   */
  takeLink(name: string): void {
    const link = this.#link(name);
    const setting = `${CONF}/${name}/disable_ipv6`;
    // No file: there is no IPv6 on it anyway.
    if (existsSync(`${SETTINGS}/${setting}`) && readSetting(setting) === '0') {
      this.#record({
        kind: 'addresses',
        name,
        index: link.index,
        addresses: base64(addressesToRestore(this.#ip.run(['-6', 'address', 'save', 'dev', name]))),
        routes: base64(
          routesToRestore(this.#ip.run(['-6', 'route', 'save', 'table', 'all', 'dev', name])),
        ),
      });
      this.setSetting(setting, '1');
    }
    this.#setUp(name, link);
  }

  /** Brings an interface up. Throws HostError. */
  setUp(name: string): void {
    this.#setUp(name, this.#link(name));
  }

  /** @param octets 1280 or more. Throws HostError. */
  setMtu(name: string, octets: number): void {
    const link = this.#link(name);
    if (link.mtu === octets) return;
    this.#record({ kind: 'link', name, ...link });
    this.#ip.run(['link', 'set', 'dev', name, 'mtu', String(octets)]);
  }

  /** @param address `2001:db8::1/64`, which the interface has not. Throws HostError. */
  addAddress(name: string, address: string): void {
    checkPrefix(address);
    const { index } = this.#link(name);
    const args = [address, 'dev', name];
    this.#record({ kind: 'added', name, index, what: 'address', args });
    this.#ip.run(['-6', 'address', 'add', ...args, 'nodad']);
  }

  /** Adds a route that is not there. Throws HostError. */
  addRoute(name: string, route: InterfaceRoute): void {
    const args = routeArguments(name, route);
    const { index } = this.#link(name);
    this.#record({ kind: 'added', name, index, what: 'route', args });
    this.#ip.run(['-6', 'route', 'add', ...args]);
  }

  /**
   * Forwarding between all interfaces, as far as the kernel routes. What it learnt from routers stays, and it goes on to
   * hear them: accept_ra becomes 2 where it was 1. Throws HostError.
   */
  setForwarding(isOn: boolean): void {
    const value = isOn ? '1' : '0';
    if (readSetting(FORWARDING) === value) return;
    const names = readdirSync(`${SETTINGS}/${CONF}`).filter((name) => name !== 'all');
    for (const name of names) {
      const acceptance = `${CONF}/${name}/accept_ra`;
      if (isOn && readSetting(acceptance) === '1') this.setSetting(acceptance, '2');
      // Those of each interface follow the one for all, so each has to be put back after it.
      this.#recordSetting(`${CONF}/${name}/forwarding`);
    }
    this.setSetting(FORWARDING, value);
  }

  /**
   * Sets a setting of IPv6, or of the packet filter of bridges.
   * @param file below /proc/sys: `net/ipv6/conf/eth0/accept_ra`, `net/bridge/bridge-nf-call-ip6tables`
   * @throws HostError
   */
  setSetting(file: string, value: string): void {
    if (!SETTING_FILE.test(file)) {
      throw new HostError('ERR_HOST_OPTION', `'${file}' is no setting of IPv6 or of bridges`, {
        hint: 'Expected: net/ipv6/conf/eth0/accept_ra',
      });
    }
    if (this.#recordSetting(file) !== value) writeSetting(file, value);
  }

  /**
   * Puts everything back, the last change first. Never throws; a second call does nothing.
   * @returns what could not be put back, a sentence each
   */
  close(): string[] {
    if (this.#isClosed) return [];
    this.#isClosed = true;
    process.off('exit', this.#onExit);
    const problems = this.#undoAll(this.#changes);
    this.#journal.remove();
    return problems;
  }

  #setUp(name: string, link: InterfaceState): void {
    if (link.isUp) return;
    this.#record({ kind: 'link', name, ...link });
    this.#ip.run(['link', 'set', 'dev', name, 'up']);
  }

  #recover(left: readonly Change[]): string[] {
    const problems = this.#undoAll(left);
    rmSync(this.#file, { force: true });
    return left.length === 0
      ? problems
      : [`put back ${left.length} changes that an earlier process had left`, ...problems];
  }

  #link(name: string): InterfaceState {
    checkInterfaceName(name);
    const link = this.#ip.link(name);
    if (link !== undefined) return link;
    throw new HostError('ERR_HOST_INTERFACE_UNKNOWN', `there is no interface '${name}'`, {
      interfaceName: name,
      hint: 'To see those there are: ip link',
    });
  }

  #record(entry: Change): void {
    if (this.#isClosed) throw new HostError('ERR_HOST_JOURNAL', 'the configuration is closed');
    this.#journal.add(entry);
    this.#changes.push(entry);
  }

  /** @returns the value there is */
  #recordSetting(file: string): string {
    const value = readSetting(file);
    const name = file.startsWith(`${CONF}/`) ? (file.split('/')[3] ?? '') : 'all';
    const index = NO_INTERFACES.has(name) ? undefined : this.#ip.link(name)?.index;
    this.#record({
      kind: 'setting',
      file,
      value,
      ...(index === undefined ? {} : { on: { name, index } }),
    });
    return value;
  }

  #undoAll(changes: readonly Change[]): string[] {
    const problems: string[] = [];
    for (const entry of changes.toReversed()) {
      try {
        this.#undo(entry);
      } catch (error) {
        problems.push(`cannot be put back: ${error instanceof Error ? error.message : ''}`);
      }
    }
    return problems;
  }

  #undo(entry: Change): void {
    if (entry.kind === 'setting') {
      const { file, value, on } = entry;
      if (on !== undefined && !this.#isSame(on)) return;
      if (readSetting(file) !== value) writeSetting(file, value);
      return;
    }
    const { name } = entry;
    if (!this.#isSame(entry)) return;
    if (entry.kind === 'link') {
      const state = entry.isUp ? 'up' : 'down';
      this.#ip.run(['link', 'set', 'dev', name, 'mtu', String(entry.mtu), state]);
    } else if (entry.kind === 'addresses') {
      this.#restore('address', entry.addresses);
      this.#restore('route', entry.routes);
    } else this.#removeAdded(entry.what, entry.args);
  }

  /** Whether it is the interface that was changed. */
  #isSame({ name, index }: { readonly name: string; readonly index: number }): boolean {
    return this.#ip.link(name)?.index === index;
  }

  #restore(what: 'address' | 'route', saved: string): void {
    if (saved === '') return;
    // `ip` reads routes several times, so a file it has to be.
    const file = `${this.#file}.${what}`;
    rmSync(file, { force: true });
    try {
      writeFileSync(file, Buffer.from(saved, 'base64'), { flag: 'wx', mode: 0o600 });
      this.#ip.run(['-6', what, 'restore'], { file });
    } finally {
      rmSync(file, { force: true });
    }
  }

  #removeAdded(what: 'address' | 'route', args: readonly string[]): void {
    try {
      this.#ip.run(['-6', what, 'del', ...args]);
    } catch (error) {
      // It is gone already: removed by somebody, or written down and never added.
      const isGone = /cannot assign requested address|no such process|no such device/i;
      if (!(error instanceof HostError) || !isGone.test(error.message)) throw error;
    }
  }
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}

function readSetting(file: string): string {
  try {
    return readFileSync(`${SETTINGS}/${file}`, 'latin1').trim();
  } catch (cause) {
    throw settingError(file, 'read', cause);
  }
}

function writeSetting(file: string, value: string): void {
  try {
    writeFileSync(`${SETTINGS}/${file}`, value);
  } catch (cause) {
    throw settingError(file, 'written', cause);
  }
}

function settingError(file: string, what: string, cause: unknown): HostError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  if (code === 'EACCES' || code === 'EPERM') {
    return new HostError('ERR_HOST_PERMISSION', `/proc/sys/${file} cannot be ${what}: ${code}`, {
      hint: PRIVILEGES_HINT,
      cause,
    });
  }
  return new HostError('ERR_HOST_SETTING', `/proc/sys/${file} cannot be ${what}: ${code}`, {
    hint: 'Nodes need IPv6 in the kernel, and a /proc/sys that can be written (in a container: --privileged).',
    cause,
  });
}
