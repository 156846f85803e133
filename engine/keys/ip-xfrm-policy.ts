/**
 * One policy in the grammar of `ip xfrm policy`.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import { completeSelector, readXfrmSelector, type PartialSelector } from './ip-xfrm-selector.ts';
import type { KeyFileBuilder, KeyPlace } from './key-file-builder.ts';
import type { PolicyEntry, PolicyTemplate } from './key-file.ts';
import type { WordReader } from './word-reader.ts';

const SELECTOR_WORDS = new Set(['src', 'dst', 'proto', 'sport', 'dport', 'type', 'code', 'dev']);

interface PartialTemplate {
  source?: Prefix | undefined;
  destination?: Prefix | undefined;
  protocol?: PolicyTemplate['protocol'];
  mode?: PolicyTemplate['mode'];
  requestId?: number | undefined;
  level: PolicyTemplate['level'];
}

/** Reads a policy from its first keyword on. */
export function readXfrmPolicy(reader: WordReader, place: KeyPlace, builder: KeyFileBuilder): void {
  const selector: PartialSelector = {};
  let direction: PolicyEntry['direction'] | undefined;
  let isBlocked = false;
  let priority: number | undefined;
  const templates: PolicyTemplate[] = [];
  while (!reader.isAtEnd && !reader.hasFailed) {
    if (SELECTOR_WORDS.has(reader.peek()?.text ?? '')) {
      readXfrmSelector(reader, selector);
      continue;
    }
    switch (reader.take()) {
      case 'dir': {
        const word = reader.take();
        if (word === 'in' || word === 'out') direction = word;
        else if (word === 'fwd') direction = 'forward';
        else reader.fail('KEYS_POLICY', 'direction', 'expected in, out or fwd');
        break;
      }
      case 'action':
        isBlocked = reader.take() === 'block';
        break;
      case 'priority':
        priority = reader.number('priority', 0xffff_ffff);
        break;
      case 'tmpl': {
        const template = readTemplate(reader);
        if (template !== undefined) templates.push(template);
        break;
      }
      default:
      // ptype, index, lifetime ...: nothing an observer needs.
    }
  }
  if (reader.hasFailed) return;
  if (direction === undefined) {
    // Linux has policies of sockets, which have no direction that matters here.
    builder.note(place.line, 'a policy without a direction; left out');
    return;
  }
  const length = selector.source?.bytes.length ?? selector.destination?.bytes.length ?? 16;
  const any: Prefix = { bytes: new Uint8Array(length), length: 0 };
  builder.policy(
    {
      direction,
      action: isBlocked ? 'discard' : templates.length > 0 ? 'protect' : 'bypass',
      selector: completeSelector(selector, length) ?? {
        source: any,
        destination: any,
        protocol: undefined,
        sourcePort: undefined,
        destinationPort: undefined,
        type: undefined,
        code: undefined,
        interface: undefined,
      },
      priority,
      templates: isBlocked ? [] : templates,
    },
    place,
  );
}

/** What follows `tmpl`, up to a word that belongs to no template. */
function readTemplate(reader: WordReader): PolicyTemplate | undefined {
  const template: PartialTemplate = { level: 'require' };
  for (;;) {
    if (reader.hasFailed) return undefined;
    if (reader.takeIf('src')) template.source = reader.endpoint('template source');
    else if (reader.takeIf('dst')) template.destination = reader.endpoint('template destination');
    else if (reader.takeIf('reqid')) template.requestId = requestId(reader);
    else if (reader.takeIf('spi')) {
      reader.take();
      skipParentheses(reader);
    } else if (reader.takeIf('level')) template.level = reader.take() === 'use' ? 'use' : 'require';
    else if (reader.takeIf('proto')) {
      const protocol = reader.take();
      if (protocol === 'esp' || protocol === 'ah') template.protocol = protocol;
      else if (protocol === 'comp') template.protocol = 'ipcomp';
      else {
        reader.note('a template of no IPsec protocol; left out');
        delete template.protocol;
      }
    } else if (reader.takeIf('mode')) {
      const mode = reader.take();
      if (mode === 'transport' || mode === 'tunnel') template.mode = mode;
    } else break;
  }
  const { protocol, mode, source, destination, requestId: id, level } = template;
  if (protocol === undefined || mode === undefined) return undefined;
  return { protocol, mode, source, destination, requestId: id === 0 ? undefined : id, level };
}

/** Number of a request, also as `ip -s` prints it: `reqid 1(0x00000001)`. */
export function requestId(reader: WordReader): number | undefined {
  const text = reader.take().replace(/\([^)]*\)$/, '');
  skipParentheses(reader);
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Words in parentheses that `ip -s` puts behind values. */
export function skipParentheses(reader: WordReader): void {
  if (reader.peek()?.text.startsWith('(') !== true) return;
  while (!reader.isAtEnd && !reader.take().endsWith(')'));
}
