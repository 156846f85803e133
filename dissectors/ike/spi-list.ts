/**
 * SPIs of Delete payloads, which both versions write alike. RFC 7296 section 3.11, RFC 2408 section 3.15.
 */
import { copyOctets, u8, u16 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, concatenate, groupNode, layout, uint16, uint8 } from '../core/layout.ts';
import type { Field, Layout, NamedValue, ValueOf } from '../core/layout.ts';
import type { Spec } from '../core/node.ts';
import { extraData, layoutTree } from './payload.ts';
import type { PayloadBody } from './payload.ts';

/** Most SPIs decoded in one Delete payload. */
export const MAX_SPIS = 1024;

/** What a Delete payload names. */
export interface DeletedSpis {
  readonly protocolId: number;
  /** Octets of each SPI; 0 for the IKE SA of IKEv2. */
  readonly spiSize: number;
  readonly spis: readonly Uint8Array[];
  /** Number of SPIs as sent, when it is not the number of those that follow. */
  readonly spiCount?: number;
  /** Octets behind the last SPI; absent when there are none. */
  readonly rest?: Uint8Array;
}

const deletedSpi = layout({
  name: 'Deleted SPI',
  fields: [bytesField('rest', 'spi', { label: 'SPI', filter: 'isakmp.delete.spi' })],
});

/** Body of Delete payloads. @param lead fields before Protocol ID. */
export function deleteBody<const F extends readonly Field[]>(
  lead: Layout<F>,
  spec: Spec,
  protocols: readonly NamedValue[],
): PayloadBody<ValueOf<F> & DeletedSpis> {
  const head = layout({
    name: 'Delete',
    spec,
    fields: [
      uint8('protocolId', {
        label: 'Protocol ID',
        filter: 'isakmp.delete.protoid',
        values: protocols,
      }),
      uint8('spiSize', { label: 'SPI Size', filter: 'isakmp.spisize', unit: 'octets' }),
      uint16('spiCount', { label: 'Number of SPIs', filter: 'isakmp.spinum' }),
    ],
  });
  const LEAD = lead.fixedOctets;
  const SIZE = LEAD + head.offsetOf('spiSize');
  const COUNT = LEAD + head.offsetOf('spiCount');
  const OCTETS = LEAD + head.fixedOctets;

  /** Whole SPIs that are there. */
  function found(bytes: Uint8Array, offset: number, end: number): number {
    const size = u8(bytes, offset + SIZE);
    if (size === 0) return 0;
    const room = Math.floor((end - offset - OCTETS) / size);
    return Math.min(u16(bytes, offset + COUNT), room, MAX_SPIS);
  }

  return {
    formats: [lead, head, deletedSpi],

    decode(bytes, offset, end, diagnostics: DiagnosticList) {
      if (offset + OCTETS > end) return undefined;
      const start = lead.decode(bytes, offset, end);
      const fields = head.decode(bytes, offset + LEAD, end);
      if (start === undefined || fields === undefined) return undefined;
      const { protocolId, spiSize, spiCount } = fields;
      const count = found(bytes, offset, end);
      const spis: Uint8Array[] = [];
      let at = offset + OCTETS;
      for (; spis.length < count; at += spiSize) spis.push(copyOctets(bytes, at, at + spiSize));
      if (spiSize > 0 && count < spiCount) {
        const code = count === MAX_SPIS ? 'IKE_LIMIT' : 'IKE_COUNT';
        diagnostics.add(code, offset, end - offset, `${spiCount} SPIs announced, ${count} found`);
      } else if (at < end) {
        diagnostics.add('IKE_TRAILING', at, end - at, 'after the last SPI');
      }
      return {
        ...start,
        protocolId,
        spiSize,
        spis,
        ...(spiCount === count ? {} : { spiCount }),
        ...(at < end ? { rest: copyOctets(bytes, at, end) } : {}),
      };
    },

    encode(value) {
      const { protocolId, spiSize, spis, rest } = value;
      if (spis.some((spi) => spi.length !== spiSize)) {
        throw new RangeError(`isakmp.delete.spi: expected ${spiSize} octets each`);
      }
      const spiCount = value.spiCount ?? spis.length;
      return concatenate([
        lead.encode(value),
        head.encode({ protocolId, spiSize, spiCount }),
        ...spis,
        ...(rest === undefined ? [] : [rest]),
      ]);
    },

    tree(bytes, offset, end, source) {
      const leadEnd = Math.min(end, offset + LEAD);
      const headEnd = Math.min(end, offset + OCTETS);
      const nodes = lead.tree(bytes, offset, leadEnd, source);
      nodes.push(...layoutTree(head, bytes, leadEnd, headEnd, source));
      if (offset + OCTETS > end) return nodes;
      const size = u8(bytes, offset + SIZE);
      const count = found(bytes, offset, end);
      const spisEnd = headEnd + size * count;
      const spis = [];
      for (let at = headEnd; at < spisEnd; at += size) {
        spis.push(...deletedSpi.tree(bytes, at, at + size, source));
      }
      if (count > 0) {
        const length = spisEnd - headEnd;
        nodes.push(groupNode('SPIs', undefined, `${count}`, headEnd, length, source, spec, spis));
      }
      if (spisEnd < end) nodes.push(...extraData.tree(bytes, spisEnd, end, source));
      return nodes;
    },
  };
}
