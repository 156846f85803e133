/**
 * What `swanctl --list-sas` prints: children with their SPIs, without keys.
 *
 *     home: #1, ESTABLISHED, IKEv2, 0102030405060708_i* 1112131415161718_r
 *       local  'ha.example' @ 2001:db8:1::1[500]
 *       mh: #2, reqid 1, INSTALLED, TRANSPORT, ESP:AES_CBC-128/HMAC_SHA1_96
 *         in  c0000001,     84 bytes,     1 packets
 *         local  2001:db8:1::1/128[135]
 */
import { parseAddress, parsePrefix, type Prefix } from '../../dissectors/core/address.ts';
import { KeyFileBuilder } from './key-file-builder.ts';
import type { KeyFileContent, ListedChild } from './key-file.ts';
import { linesOf } from './key-lines.ts';

/** Line of an IKE association. */
const IKE_LINE = /^\S[^:]{0,200}: #[0-9]{1,10}, [A-Z_]{1,20}, IKEv[12], [0-9a-f]{16}_i/;
/** Line of a child: name, mode, algorithms. */
const CHILD_LINE =
  /^ {1,8}(\S[^:]{0,200}): #[0-9]{1,10}, reqid [0-9]{1,10}, [A-Z_]{1,20}, ([A-Z]{1,20})(?:-[A-Za-z-]{1,20})?, (ESP|AH):([A-Za-z0-9_/-]{1,200})/;
/** Line of one direction of a child. */
const DIRECTION_LINE = /^\s{2,12}(in|out)\s{1,8}([0-9a-f]{8})\b/;
/** Ends of an IKE association: `local 'name' @ address[port]`. */
const END_LINE =
  /^\s{1,8}(local|remote)\s{1,8}'.{0,300}' @ ([0-9a-fA-F.:]{2,45})(?:%[^[]{0,20})?\[/;
/** Traffic selectors of a child. */
const SELECTOR_LINE = /^\s{2,12}(local|remote)\s{1,8}([0-9a-fA-F.:/|[].{0,1000})$/;

/** Longest line that is looked at. */
const MAX_LINE_LENGTH = 2000;

/** Whether a line begins such a listing. */
export function isSwanctlLine(line: string): boolean {
  return IKE_LINE.test(line.slice(0, MAX_LINE_LENGTH));
}

interface Child {
  readonly name: string;
  readonly mode: ListedChild['mode'];
  readonly algorithms: string;
  readonly isEsp: boolean;
  readonly directions: { direction: 'in' | 'out'; spi: number; line: number }[];
  readonly local: Prefix[];
  readonly remote: Prefix[];
}

/** Reads a listing. Lines that it does not know are passed over. Never throws. */
export function readSwanctlListing(text: string, file: string): KeyFileContent {
  const builder = new KeyFileBuilder(file, 'output of swanctl --list-sas');
  const ends: { local: Uint8Array | undefined; remote: Uint8Array | undefined } = {
    local: undefined,
    remote: undefined,
  };
  let child: Child | undefined;
  const finish = (): void => {
    if (child !== undefined) addChild(child, { ...ends }, builder);
    child = undefined;
  };
  for (const [index, full] of linesOf(text).entries()) {
    const line = full.slice(0, MAX_LINE_LENGTH).trimEnd();
    if (builder.isFull) break;
    if (IKE_LINE.test(line)) {
      finish();
      ends.local = undefined;
      ends.remote = undefined;
      continue;
    }
    const started = CHILD_LINE.exec(line);
    if (started !== null) {
      finish();
      child = newChild(started);
      continue;
    }
    const end = END_LINE.exec(line);
    if (end !== null) {
      ends[end[1] === 'local' ? 'local' : 'remote'] = parseAddress(end[2] ?? '');
      continue;
    }
    if (child !== undefined) readChildLine(child, line, index + 1);
  }
  finish();
  return builder.content;
}

function newChild(match: RegExpExecArray): Child {
  const [, name = '', mode = '', protocol, algorithms = ''] = match;
  return {
    name,
    mode: mode === 'TUNNEL' ? 'tunnel' : mode === 'TRANSPORT' ? 'transport' : 'any',
    algorithms,
    isEsp: protocol === 'ESP',
    directions: [],
    local: [],
    remote: [],
  };
}

function readChildLine(child: Child, line: string, number: number): void {
  const direction = DIRECTION_LINE.exec(line);
  if (direction !== null) {
    const spi = Number.parseInt(direction[2] ?? '', 16);
    if (child.directions.length < 2 && spi > 0) {
      child.directions.push({
        direction: direction[1] === 'in' ? 'in' : 'out',
        spi,
        line: number,
      });
    }
    return;
  }
  const selectors = SELECTOR_LINE.exec(line);
  if (selectors === null) return;
  const list = selectors[1] === 'local' ? child.local : child.remote;
  for (const text of (selectors[2] ?? '').split(/\s+/).slice(0, 32)) {
    const bracket = text.indexOf('[');
    const prefix = parsePrefix(bracket < 0 ? text : text.slice(0, bracket));
    if (prefix !== undefined) list.push(prefix);
  }
}

function addChild(
  child: Child,
  ends: { local: Uint8Array | undefined; remote: Uint8Array | undefined },
  builder: KeyFileBuilder,
): void {
  const { name, mode, algorithms, local, remote } = child;
  for (const { direction, spi, line } of child.directions) {
    if (!child.isEsp) {
      builder.note(line, 'AH, not ESP; left out');
      continue;
    }
    builder.child(
      {
        origin: builder.origin(line),
        name,
        direction,
        spi,
        mode,
        algorithms,
        localAddress: ends.local,
        remoteAddress: ends.remote,
        local,
        remote,
      },
      { line, column: 0 },
    );
  }
}
