/**
 * Selectors in the grammar of `ip xfrm`: `src 2001:db8::1/128 dst ::/0 proto mobility-header type 5 dev ip6tnl1`.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';
import type { WordReader } from './word-reader.ts';

/** A selector while it is read. */
export interface PartialSelector {
  source?: Prefix | undefined;
  destination?: Prefix | undefined;
  protocol?: number | undefined;
  sourcePort?: number | undefined;
  destinationPort?: number | undefined;
  type?: number | undefined;
  code?: number | undefined;
  interface?: string | undefined;
}

/** Names of interfaces; others that Linux takes would be dangerous in a command made of them. */
const INTERFACE = /^[0-9A-Za-z_.:@-]{1,15}$/;

/** Reads the keywords of a selector as long as they come. @returns false when something was wrong */
export function readXfrmSelector(reader: WordReader, selector: PartialSelector): boolean {
  while (!reader.hasFailed) {
    const word = reader.peek();
    if (word === undefined || word.isQuoted) return true;
    switch (word.text) {
      case 'src':
        reader.take();
        selector.source = reader.prefix('selector source');
        break;
      case 'dst':
        reader.take();
        selector.destination = reader.prefix('selector destination');
        break;
      case 'proto':
        reader.take();
        selector.protocol = zeroIsAny(reader.protocol());
        break;
      case 'sport':
        reader.take();
        selector.sourcePort = port(reader);
        break;
      case 'dport':
        reader.take();
        selector.destinationPort = port(reader);
        break;
      case 'type':
        reader.take();
        selector.type = reader.number('type', 255);
        break;
      case 'code':
        reader.take();
        selector.code = reader.number('code', 255);
        break;
      case 'dev': {
        reader.take();
        const name = reader.take();
        if (INTERFACE.test(name)) selector.interface = name;
        else reader.note('a name of an interface that is not read; the selector is for any');
        break;
      }
      case 'uid':
      case 'key':
        reader.take();
        reader.take();
        break;
      default:
        return true;
    }
  }
  return false;
}

function zeroIsAny(protocol: number | undefined): number | undefined {
  return protocol === 0 ? undefined : protocol;
}

/** `500`, or `500 mask 0xffff`; a mask that covers less means any port here. */
function port(reader: WordReader): number | undefined {
  const value = reader.number('port', 65_535);
  if (!reader.takeIf('mask')) return value;
  return reader.number('port mask', 65_535) === 65_535 ? value : undefined;
}

/**
 * The selector that was read; `undefined` when it selects everything.
 * @param addressLength of addresses it does not name.
 */
export function completeSelector(
  { source, destination, protocol, ...rest }: PartialSelector,
  addressLength: number,
): TrafficSelector | undefined {
  const any: Prefix = { bytes: new Uint8Array(addressLength), length: 0 };
  const isAny = (prefix: Prefix | undefined): boolean => (prefix?.length ?? 0) === 0;
  if (
    isAny(source) &&
    isAny(destination) &&
    protocol === undefined &&
    rest.interface === undefined
  ) {
    return undefined;
  }
  // Selectors of no family are shown as IPv4 wildcards.
  const ofFamily = (prefix: Prefix | undefined): Prefix =>
    prefix === undefined || (prefix.length === 0 && prefix.bytes.length !== addressLength)
      ? any
      : prefix;
  return {
    source: ofFamily(source),
    destination: ofFamily(destination),
    protocol,
    sourcePort: rest.sourcePort,
    destinationPort: rest.destinationPort,
    type: rest.type,
    code: rest.code,
    interface: rest.interface,
  };
}
