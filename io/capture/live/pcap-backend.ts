/**
 * Capture by the optional package `pcap` 3.1.0 over libpcap.
 *
 * Only its native part is used, and without its watching of the descriptor, because of what was found in it:
 * - `start_polling` ends for good with the first error of the socket (libuv stops a watcher at POLLERR), so an interface
 *   that goes down and comes back would never be heard of again, although the socket goes on working. Here the owner
 *   asks by a timer; that also leaves no watcher in a session that is collected as garbage.
 * - `close` only asks the next `dispatch` to end, which then closes. So one has to follow, and it closes only when a
 *   packet comes: until then the session waits in `closing`.
 * - `dispatch` of a session that is not open, or closed, is an access to no memory.
 * - What fails after the handle was made keeps it; see `release`.
 */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { CaptureBackend, CaptureHandle, OnFrame, OpenSettings } from './backend.ts';
import { DEFAULT_FILTER, DEFAULT_FILTER_WITHOUT_VLAN } from './default-filter.ts';
import { LiveError } from './live-error.ts';
import { ownSockets, packetSockets } from './sockets.ts';
import type { SocketState } from './sockets.ts';

/** Milliseconds after which the kernel hands over a block of packets that is not full. */
export const BLOCK_MILLISECONDS = 10;
/** Milliseconds between two attempts to end sessions that wait for a packet. */
const CLOSING_MILLISECONDS = 100;
/** `dispatch` ended because of `close`; the session is closed by then. */
const CLOSED = -2;

/** LINKTYPE_ values by the names that the package gives; libpcap's own number otherwise. */
const LINK_TYPES: Readonly<Record<string, number>> = {
  LINKTYPE_NULL: 0,
  LINKTYPE_ETHERNET: 1,
  LINKTYPE_IEEE802_11_RADIO: 127,
  LINKTYPE_RAW: 101,
  LINKTYPE_LINUX_SLL: 113,
};

/** A session of the package. */
interface NativeSession {
  open_live(
    device: string,
    filter: string,
    bufferOctets: number,
    snapLength: number,
    outputFile: string,
    onPacket: () => void,
    isMonitor: boolean,
    timeoutMilliseconds: number,
    onWarning: (text: string) => void,
    isPromiscuous: boolean,
  ): string;
  dispatch(frame: Buffer, header: Buffer): number;
  stats(): { readonly ps_drop: number; readonly ps_ifdrop: number };
  close(): void;
}

/** Native part of the package. */
interface NativeModule {
  PcapSession: new () => NativeSession;
  findalldevs(): readonly { readonly name: string }[];
  lib_version(): string;
}

function isNativeModule(value: unknown): value is NativeModule {
  return (
    typeof value === 'object' &&
    value !== null &&
    'PcapSession' in value &&
    'findalldevs' in value &&
    'lib_version' in value
  );
}

/**
 * Loads the package.
 * @throws LiveError when it is not installed or cannot be loaded
 */
export function loadNative(): NativeModule {
  let cause: unknown;
  try {
    const loaded: unknown = createRequire(import.meta.url)('pcap/build/Release/pcap_binding.node');
    if (isNativeModule(loaded)) return loaded;
  } catch (error) {
    cause = error;
  }
  const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND';
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'it is another';
  throw new LiveError(
    'ERR_LIVE_PACKAGE',
    `live capture needs the package pcap 3.1.0 and libpcap: ${isAbsent ? 'it is not installed' : reason}`,
    {
      hint: 'Install compiler and headers (Debian: sudo apt-get install g++ make libpcap-dev), then: npm install pcap@3.1.0',
      cause,
    },
  );
}

/** Version of libpcap as it says itself. Throws LiveError. */
export function libpcapVersion(): string {
  return loadNative().lib_version();
}

/** The line that lets this Node.js capture without being root. */
export function setcapLine(): string {
  return `sudo setcap cap_net_raw=eip ${realpathSync(process.execPath)}`;
}

/** The backend over the package. Throws LiveError when it cannot be loaded. */
export function pcapBackend(): CaptureBackend {
  return new PcapBackend(loadNative());
}

class PcapBackend implements CaptureBackend {
  readonly #native: NativeModule;

  constructor(native: NativeModule) {
    this.#native = native;
  }

  interfaces(): readonly string[] {
    try {
      return this.#native.findalldevs().map(({ name }) => name);
    } catch {
      // The list is a help only.
      return [];
    }
  }

  open(name: string, settings: OpenSettings, onFrame: OnFrame): CaptureHandle {
    const { filter } = settings;
    if (filter !== undefined) return this.#openWith(name, filter, settings, onFrame);
    try {
      return this.#openWith(name, DEFAULT_FILTER, settings, onFrame);
    } catch (error) {
      if (!(error instanceof LiveError) || error.code !== 'ERR_LIVE_FILTER') throw error;
      // Tunnels and the interface `any` have no Ethernet header, and libpcap no tags there.
      return this.#openWith(name, DEFAULT_FILTER_WITHOUT_VLAN, settings, onFrame);
    }
  }

  states(handles: readonly CaptureHandle[]): readonly SocketState[] {
    const rows = packetSockets();
    return handles.map((handle) =>
      handle instanceof PcapHandle && rows !== undefined ? stateOf(handle, rows) : undefined,
    );
  }

  #openWith(name: string, filter: string, settings: OpenSettings, onFrame: OnFrame): PcapHandle {
    const before = ownSockets();
    try {
      const handle = new PcapHandle(this.#native, name, filter, settings, onFrame);
      handle.sockets = [...ownSockets()].filter((inode) => !before.has(inode));
      return handle;
    } catch (error) {
      throw this.#failure(error, name, filter, settings);
    }
  }

  #failure(error: unknown, name: string, filter: string, settings: OpenSettings): unknown {
    if (!(error instanceof Error) || error instanceof LiveError) return error;
    const text = error.message;
    const details = { interfaceName: name, cause: error };
    const known = this.interfaces();
    const isListed = known.length === 0 || known.includes(name);
    const isForbidden = /not permitted|permission|CAP_NET_RAW/i.test(text);
    if (/no such device|doesn't exist/i.test(text) || (isForbidden && !isListed)) {
      return new LiveError('ERR_LIVE_INTERFACE_UNKNOWN', `there is no interface '${name}'`, {
        ...details,
        known,
        hint: `There is: ${known.join(', ')}`,
      });
    }
    if (isForbidden) {
      return new LiveError(
        'ERR_LIVE_PERMISSION',
        `${name}: this user may not capture: ${text}; it takes the capability CAP_NET_RAW`,
        {
          ...details,
          hint: `Give it to this Node.js, with all it runs: ${setcapLine()}\n  Or run as root: sudo, with --user NAME to give the privileges up once the interfaces are open`,
        },
      );
    }
    if (/is not up|went down/i.test(text)) {
      return new LiveError('ERR_LIVE_INTERFACE_DOWN', `${name}: the interface is down`, {
        ...details,
        hint: `Bring it up: sudo ip link set ${name} up`,
      });
    }
    if (filter !== '' && this.#opensWithout(name, settings)) {
      return new LiveError('ERR_LIVE_FILTER', `${name}: capture filter '${filter}': ${text}`, {
        ...details,
        hint: "Capture filters are those of libpcap (man pcap-filter): 'ip6 and not port 22'. Fields as mip6.bu belong into -Y.",
      });
    }
    return new LiveError('ERR_LIVE_OPEN', `${name}: ${text}`, details);
  }

  /** Whether the interface opens without a filter: then it was the filter. */
  #opensWithout(name: string, settings: OpenSettings): boolean {
    try {
      new PcapHandle(this.#native, name, '', settings, () => undefined).close();
      return true;
    } catch {
      return false;
    }
  }
}

function stateOf(
  { sockets }: PcapHandle,
  rows: ReadonlyMap<string, SocketState>,
): SocketState | undefined {
  const inode = sockets.find((socket) => rows.has(socket));
  return inode === undefined ? undefined : rows.get(inode);
}

/** Sessions that end with their next packet. A session that is collected before that would leave its memory behind. */
const closing = new Set<PcapHandle>();
let closingTimer: NodeJS.Timeout | undefined;

function endClosing(): void {
  for (const handle of closing) if (handle.tryEnd()) closing.delete(handle);
  if (closing.size > 0 || closingTimer === undefined) return;
  clearInterval(closingTimer);
  closingTimer = undefined;
}

class PcapHandle implements CaptureHandle {
  readonly linkType: number;
  readonly frame: Buffer;
  readonly header: Uint32Array;
  /** Inode numbers of its sockets. */
  sockets: readonly string[] = [];
  readonly #session: NativeSession;
  readonly #header: Buffer;
  #isClosing = false;
  #isClosed = false;
  #kernel = 0;
  #interface = 0;

  constructor(
    native: NativeModule,
    name: string,
    filter: string,
    { snapLength, kernelBuffer, isPromiscuous }: OpenSettings,
    onFrame: OnFrame,
  ) {
    const memory = new ArrayBuffer(16);
    this.header = new Uint32Array(memory);
    this.#header = Buffer.from(memory);
    this.frame = Buffer.alloc(snapLength);
    this.#session = new native.PcapSession();
    const linkType = this.#session.open_live(
      name,
      filter,
      kernelBuffer,
      snapLength,
      '',
      () => {
        if (!this.#isClosing) onFrame();
      },
      false,
      BLOCK_MILLISECONDS,
      // Says only that the interface has no IPv4 address.
      () => undefined,
      isPromiscuous,
    );
    this.linkType = LINK_TYPES[linkType] ?? Number(/\d+$/.exec(linkType)?.[0] ?? Number.NaN);
  }

  dispatch(): boolean {
    if (this.#isClosing) return false;
    return this.#session.dispatch(this.frame, this.#header) >= 0;
  }

  losses(): { kernel: number; interface: number } {
    if (!this.#isClosing) {
      try {
        const { ps_drop: kernel, ps_ifdrop: inInterface } = this.#session.stats();
        this.#kernel += grown(this.#kernel, kernel);
        this.#interface += grown(this.#interface, inInterface);
      } catch {
        // The interface is gone: what was counted last stays.
      }
    }
    return { kernel: this.#kernel, interface: this.#interface };
  }

  close(): void {
    if (this.#isClosing) return;
    this.losses();
    this.#isClosing = true;
    this.#session.close();
    if (this.tryEnd()) return;
    closing.add(this);
    closingTimer ??= setInterval(endClosing, CLOSING_MILLISECONDS).unref();
  }

  /** @returns whether the session is closed */
  tryEnd(): boolean {
    this.#isClosed ||= this.#session.dispatch(this.frame, this.#header) === CLOSED;
    return this.#isClosed;
  }
}

/** By how much a 32-bit counter grew since `before`; a step back, as of an interface that was reset, counts nothing. */
function grown(before: number, counter: number): number {
  const step = (counter - before) >>> 0;
  return step < 2 ** 31 ? step : 0;
}
