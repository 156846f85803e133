/**
 * One association in the grammar of `ip xfrm state`.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import type { EncryptionTransform, IntegrityTransform } from '../crypto/transforms.ts';
import { kernelEncryption, kernelIntegrity } from './algorithm-names.ts';
import { parseKey } from './esp-sa-fields.ts';
import { requestId, skipParentheses } from './ip-xfrm-policy.ts';
import { completeSelector, readXfrmSelector, type PartialSelector } from './ip-xfrm-selector.ts';
import type { AssociationValues, KeyFileBuilder, KeyPlace } from './key-file-builder.ts';
import { judgedKeys, unknownAlgorithm, type GivenKey } from './statement-keys.ts';
import { wholeNumber, type WordReader } from './word-reader.ts';

/** Words that are never the value of another one. */
const KEYWORDS = new Set(
  (
    'src dst proto spi reqid mode replay-window replay-seq replay-oseq replay-seq-hi replay-oseq-hi flag ' +
    'extra-flag auth auth-trunc enc aead comp encap coa sel anti-replay seq lifetime stats: mark output-mark ' +
    'if_id limit offload ctx dir tfcpad'
  ).split(' '),
);

/** Most sequence numbers in a window that Linux takes. */
const MAX_WINDOW = 4096;

interface State {
  source?: Prefix | undefined;
  destination?: Prefix | undefined;
  protocol?: string;
  spi?: number | undefined;
  requestId?: number | undefined;
  mode: 'transport' | 'tunnel' | 'any';
  isRouteOptimization: boolean;
  replayWindow?: number | undefined;
  extendedSequence: boolean;
  sequenceHigh: number;
  encryption?: GivenKey<EncryptionTransform> | undefined;
  integrity?: GivenKey<IntegrityTransform> | undefined;
  careOfAddress?: Uint8Array | undefined;
  encapsulation?: AssociationValues['encapsulation'];
  selector?: PartialSelector;
}

/** Reads an association from its `src` on. */
export function readXfrmState(reader: WordReader, place: KeyPlace, builder: KeyFileBuilder): void {
  const state: State = {
    mode: 'any',
    isRouteOptimization: false,
    extendedSequence: false,
    sequenceHigh: 0,
  };
  while (!reader.isAtEnd && !reader.hasFailed && readKeyword(reader, state));
  const { source, destination, protocol } = state;
  if (protocol !== undefined && protocol !== 'esp' && protocol !== '50') {
    builder.note(
      place.line,
      state.isRouteOptimization
        ? 'route optimization without encryption; left out'
        : 'not ESP; left out',
    );
    return;
  }
  if (reader.hasFailed) return;
  if (source === undefined || destination === undefined || protocol === undefined) {
    const expected = 'expected src, dst and proto esp with an spi';
    reader.fail('KEYS_COLUMNS', 'association', expected, place);
  } else if (state.spi === undefined) {
    // The kernel shows what it waits for (acquire) with SPI 0 or none.
    builder.note(place.line, 'an association without an SPI yet; left out');
  } else if (source.bytes.length !== destination.bytes.length) {
    reader.fail('KEYS_ADDRESS', 'destination', 'expected the address family of the source', place);
  } else if (state.encryption === undefined && state.integrity === undefined) {
    builder.note(place.line, 'an association without keys; left out');
  } else finish(reader, place, builder, { ...state, source, destination });
}

function finish(
  reader: WordReader,
  place: KeyPlace,
  builder: KeyFileBuilder,
  state: State & { source: Prefix; destination: Prefix },
): void {
  const keys = judgedKeys(reader, state.encryption, state.integrity);
  if (keys === undefined) return;
  const { source, destination, spi, mode, replayWindow, careOfAddress, encapsulation } = state;
  const { extendedSequence, sequenceHigh } = state;
  builder.association(
    {
      ...keys,
      spi,
      source,
      destination,
      mode,
      replayWindow,
      extendedSequence,
      initialSequenceHigh: extendedSequence ? sequenceHigh : 0,
      careOfAddress,
      encapsulation,
      requestId: state.requestId,
      selector:
        state.selector === undefined
          ? undefined
          : completeSelector(state.selector, destination.bytes.length),
    },
    place,
  );
}

/** @returns false where nothing of interest follows */
function readKeyword(reader: WordReader, state: State): boolean {
  switch (reader.take()) {
    case 'src':
      state.source = reader.endpoint('source');
      break;
    case 'dst':
      state.destination = reader.endpoint('destination');
      break;
    case 'proto':
      state.protocol = reader.take();
      break;
    case 'spi':
      state.spi = readSpi(reader);
      break;
    case 'reqid':
      state.requestId = requestId(reader);
      break;
    case 'mode':
      readMode(reader, state);
      break;
    case 'replay-window':
    case 'replay_window':
      state.replayWindow = number(reader, MAX_WINDOW) ?? state.replayWindow;
      break;
    case 'flag':
      while (!reader.isAtEnd && !KEYWORDS.has(reader.peek()?.text ?? '')) {
        if (reader.take() === 'esn') state.extendedSequence = true;
      }
      break;
    case 'replay-seq-hi':
    case 'seq-hi':
      state.sequenceHigh = number(reader, 0xffff_ffff) ?? 0;
      break;
    case 'enc':
      state.encryption = readEncryption(reader);
      break;
    case 'auth':
      state.integrity ??= readIntegrity(reader, false);
      break;
    case 'auth-trunc':
      state.integrity = readIntegrity(reader, true);
      break;
    case 'aead':
      state.encryption = readCombined(reader);
      break;
    case 'encap':
      readEncapsulation(reader, state);
      break;
    case 'coa': {
      const address = reader.endpoint('care-of address');
      state.careOfAddress =
        address === undefined || address.length === 0 ? undefined : address.bytes;
      break;
    }
    case 'sel':
      state.selector = {};
      readXfrmSelector(reader, state.selector);
      break;
    case 'lifetime':
    case 'stats:':
      return false;
    default:
    // mark, if_id, offload ...: nothing an observer needs.
  }
  return true;
}

/** A number with what `ip` puts behind it: `seq-hi 0x0,`. Undefined when it is none. */
function number(reader: WordReader, most: number): number | undefined {
  return wholeNumber(reader.take().replace(/,$/, ''), most);
}

/** `0x00000100`, or `0x00000100(256)` of `ip -s`. 0 is an association that is only asked for. */
function readSpi(reader: WordReader): number | undefined {
  const text = reader.take().replace(/\([0-9]*\)$/, '');
  skipParentheses(reader);
  const spi = wholeNumber(text, 0xffff_ffff);
  if (spi !== undefined) return spi === 0 ? undefined : spi;
  reader.fail(
    'KEYS_SPI',
    'spi',
    'expected a number from 1 to 4294967295, decimal or like 0x00000100',
  );
  return undefined;
}

function readMode(reader: WordReader, state: State): void {
  const mode = reader.take();
  if (mode === 'transport' || mode === 'tunnel') state.mode = mode;
  else if (mode === 'ro' || mode === 'in_trigger') state.isRouteOptimization = true;
  else if (mode === 'beet') reader.note('mode beet is read as any mode');
  else reader.fail('KEYS_MODE', 'mode', 'expected transport or tunnel');
}

function readEncryption(reader: WordReader): GivenKey<EncryptionTransform> | undefined {
  const name = reader.take();
  const { place } = reader;
  const transform = kernelEncryption(name);
  if (transform === undefined) {
    unknownAlgorithm(reader, 'kernel', 'encryption', name, 'cbc(aes) or ecb(cipher_null)');
    return undefined;
  }
  const key = readKey(reader, 'encryption key');
  return key === undefined ? undefined : { transform, key, place };
}

/** `aead rfc4106(gcm(aes)) 0x... 128`: the last number is the length of the ICV in bits. */
function readCombined(reader: WordReader): GivenKey<EncryptionTransform> | undefined {
  const name = reader.take();
  const { place } = reader;
  const key = readKey(reader, 'encryption key');
  if (key === undefined) return undefined;
  const bits = number(reader, 0xffff);
  const transform = bits === undefined ? undefined : kernelEncryption(name, bits / 8);
  if (transform !== undefined) return { transform, key, place };
  const isKnown = [16, 12, 8].some((octets) => kernelEncryption(name, octets) !== undefined);
  if (isKnown) {
    reader.fail('KEYS_ICV_LENGTH', 'encryption', 'expected an ICV of 64, 96 or 128 bits');
    return undefined;
  }
  unknownAlgorithm(reader, 'kernel', 'encryption', name, 'rfc4106(gcm(aes))');
  return undefined;
}

/** @param hasLength a number with the length of the ICV in bits follows the key. */
function readIntegrity(
  reader: WordReader,
  hasLength: boolean,
): GivenKey<IntegrityTransform> | undefined {
  const name = reader.take();
  const { place } = reader;
  const key = readKey(reader, 'authentication key');
  if (key === undefined) return undefined;
  const bits = hasLength ? number(reader, 0xffff) : undefined;
  const byDefault = kernelIntegrity(name, undefined);
  const transform = byDefault?.icvLength === 0 ? byDefault : kernelIntegrity(name, octetsOf(bits));
  if (transform !== undefined) return { transform, key, place };
  if (byDefault !== undefined) {
    reader.fail(
      'KEYS_ICV_LENGTH',
      'authentication',
      `an ICV length that cannot be computed here; expected ${8 * byDefault.icvLength} bits${byDefault.keyLength === 32 ? ' or 128' : ''}`,
    );
    return undefined;
  }
  unknownAlgorithm(reader, 'kernel', 'authentication', name, 'hmac(sha1) or hmac(sha256)');
  return undefined;
}

function octetsOf(bits: number | undefined): number | undefined {
  return bits === undefined ? undefined : bits / 8;
}

/** A key; nothing where the next word is a keyword, which is how `ip` shows an empty one. */
function readKey(reader: WordReader, field: string): Uint8Array | undefined {
  const word = reader.peek();
  if (word?.text.startsWith('<<') === true) {
    reader.fail(
      'KEYS_HIDDEN',
      field,
      'the listing hides its keys; run ip xfrm state as root, without nokeys',
      { line: word.line, column: word.column },
    );
    return undefined;
  }
  if (word === undefined || (!word.isQuoted && KEYWORDS.has(word.text))) return new Uint8Array(0);
  // A length without a key: `auth-trunc digest_null 0`.
  if (!word.isQuoted && /^[0-9]{1,3}$/.test(word.text) && parseKey(word.text).bytes.length < 4) {
    return new Uint8Array(0);
  }
  const key = reader.key(field);
  skipParentheses(reader);
  return key;
}

/** `encap type espinudp sport 4500 dport 4500 addr ::`, in a command without the words `sport` and `dport`. */
function readEncapsulation(reader: WordReader, state: State): void {
  reader.takeIf('type');
  reader.take();
  reader.takeIf('sport');
  const sourcePort = number(reader, 65_535);
  reader.takeIf('dport');
  const destinationPort = number(reader, 65_535);
  reader.takeIf('addr');
  reader.take();
  if (sourcePort === undefined || destinationPort === undefined) {
    reader.fail('KEYS_NUMBER', 'encap', 'expected a type, two ports and an address');
  } else state.encapsulation = { sourcePort, destinationPort };
}
