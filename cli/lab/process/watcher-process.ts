/**
 * Sees every frame of every link of the lab: writes captures, and tells when what came by.
 */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PcapngWriter } from '../../../dissectors/capture-file/index.ts';
import { equalBytes } from '../../../dissectors/core/bytes.ts';
import { openPacketLink, systemScheduler } from '../../../io/inline/index.ts';
import { serveControl } from '../../sensor/control-server.ts';
import { frameKind, isFrom, isFromPrefix } from '../frame-kind.ts';
import type { FrameKind } from '../frame-kind.ts';
import type { LabPlace } from '../lab-state.ts';
import { ADDRESSES, LINKS, PREFIXES, WIRES, linkLayerOctets, octetsOf } from '../plan.ts';
import type { LabLink } from '../plan.ts';

const LINKTYPE_ETHERNET = 1;
/** Milliseconds between two times that captures are handed over to their files. */
const FLUSH = 1000;

/** Frames of one kind on one link since the last mark; times in milliseconds since the mark. */
export interface SeenFrames {
  readonly link: LabLink;
  readonly kind: FrameKind;
  /** From or to the mobile node, or between others. */
  readonly way: 'from-mn' | 'to-mn' | 'other';
  /** The IPv6 source: the home address, which nothing hides or protects then; one of the link's prefix; another. */
  readonly source: 'home-address' | 'of-link' | 'other';
  readonly isFromAttacker: boolean;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

interface Tally {
  link: LabLink;
  kind: FrameKind;
  way: SeenFrames['way'];
  source: SeenFrames['source'];
  isFromAttacker: boolean;
  first: number;
  last: number;
  count: number;
}

/** Captures that are being written, one for each link. */
class Recording {
  readonly files: readonly string[];
  readonly #streams = new Map<LabLink, { writer: PcapngWriter; descriptor: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.files = LINKS.map((link) => path.join(directory, `${link}.pcapng`));
    for (const link of LINKS) {
      const descriptor = openSync(path.join(directory, `${link}.pcapng`), 'w', 0o600);
      const writer = new PcapngWriter([{ linkType: LINKTYPE_ETHERNET, name: link }]);
      this.#streams.set(link, { writer, descriptor });
    }
    this.#timer = setInterval(() => {
      this.#flush();
    }, FLUSH);
  }

  /** @param time seconds since 1970 */
  write(link: LabLink, frame: Uint8Array, time: number): void {
    const seconds = Math.floor(time);
    const nanoseconds = Math.floor((time - seconds) * 1e6) * 1000;
    this.#streams.get(link)?.writer.write({ bytes: frame, seconds, nanoseconds });
  }

  end(): void {
    clearInterval(this.#timer);
    this.#flush();
    for (const { descriptor } of this.#streams.values()) closeSync(descriptor);
  }

  #flush(): void {
    for (const { writer, descriptor } of this.#streams.values()) {
      writeFileSync(descriptor, writer.take());
    }
  }
}

/** Starts watching. @returns its end */
export async function startWatcher(place: LabPlace): Promise<() => Promise<void>> {
  const scheduler = systemScheduler;
  const mobile = linkLayerOctets(WIRES.mn);
  const attacker = linkLayerOctets(WIRES.attacker);
  const homeAddress = octetsOf(ADDRESSES.homeAddress);
  let tallies = new Map<string, Tally>();
  let markedAt = scheduler.now;
  let recording: Recording | undefined;
  const links = LINKS.map((link) => {
    const prefix = octetsOf(PREFIXES[link]);
    const port = openPacketLink(link, { isPromiscuous: true });
    port.onFrame = (frame) => {
      recording?.write(link, frame, scheduler.wallClock);
      const kind = frameKind(frame);
      const source = isFrom(frame, homeAddress)
        ? 'home-address'
        : isFromPrefix(frame, prefix)
          ? 'of-link'
          : 'other';
      const way = equalBytes(frame, 6, mobile, 0, 6)
        ? 'from-mn'
        : equalBytes(frame, 0, mobile, 0, 6) || (frame[0] ?? 0) === 0x33
          ? 'to-mn'
          : 'other';
      const isFalse = equalBytes(frame, 6, attacker, 0, 6);
      const at = scheduler.now - markedAt;
      const key = `${link} ${kind} ${way} ${source} ${isFalse ? 1 : 0}`;
      const tally = tallies.get(key);
      if (tally === undefined) {
        tallies.set(key, {
          ...{ link, kind, way, source, isFromAttacker: isFalse },
          ...{ first: at, last: at, count: 1 },
        });
      } else {
        tally.last = at;
        tally.count++;
      }
    };
    return port;
  });
  const commands: Readonly<Record<string, (request: Readonly<Record<string, unknown>>) => object>> =
    {
      mark: () => {
        tallies = new Map();
        markedAt = scheduler.now;
        return {};
      },
      seen: () => ({ now: scheduler.now - markedAt, seen: [...tallies.values()] }),
      record: ({ directory }) => {
        if (typeof directory !== 'string') return { ok: false, error: 'expected directory' };
        if (recording !== undefined) return { ok: false, error: 'captures are being written' };
        recording = new Recording(directory);
        return { files: recording.files };
      },
      end: () => {
        const files = recording?.files ?? [];
        recording?.end();
        recording = undefined;
        return { files };
      },
      losses: () => ({ lost: links.reduce((sum, link) => sum + link.counts().lostUnread, 0) }),
    };
  const server = await serveControl(place.socket('watcher'), (line) => {
    const request: unknown = JSON.parse(line);
    if (typeof request !== 'object' || request === null || !('command' in request)) {
      return Promise.resolve({ ok: false, error: 'expected a command' });
    }
    const { command } = request;
    const run = typeof command === 'string' ? commands[command] : undefined;
    if (run === undefined) return Promise.resolve({ ok: false, error: 'unknown command' });
    try {
      return Promise.resolve({ ok: true, ...run({ ...request }) });
    } catch (error) {
      return Promise.resolve({ ok: false, error: String(error) });
    }
  });
  return async () => {
    recording?.end();
    recording = undefined;
    await server.close();
    for (const link of links) link.close();
  };
}
