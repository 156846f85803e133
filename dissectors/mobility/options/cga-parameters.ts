/**
 * CGA Parameters of RFC 3972 section 3 inside mobility options: shown where one option holds a whole structure.
 */
import { derSequenceOctets } from '../../core/der.ts';
import { bytesField, layout, uint8 } from '../../core/layout.ts';
import type { FieldNode } from '../../core/node.ts';

const spec = { rfc: 3972, section: '3' };

/** Fields in front of the public key. */
const cgaHead = layout({
  name: 'CGA Parameters',
  spec,
  fields: [
    bytesField(16, 'modifier', { label: 'Modifier', filter: 'mip6.cgar.modifier' }),
    bytesField(8, 'subnetPrefix', {
      label: 'Subnet prefix',
      filter: 'mip6.cgar.subnet_prefix',
      show: 'prefix',
    }),
    // 0, 1 or 2.
    uint8('collisionCount', { label: 'Collision count', filter: 'mip6.cgar.collision_count' }),
  ],
});

const cgaPublicKey = layout({
  name: 'CGA Parameters',
  spec,
  fields: [
    bytesField('rest', 'publicKey', {
      label: 'Public key (DER SubjectPublicKeyInfo)',
      filter: 'mip6.cgar.public_key',
    }),
  ],
});

const cgaExtensions = layout({
  name: 'CGA Parameters',
  spec,
  fields: [
    bytesField('rest', 'extensions', {
      label: 'Extension fields',
      filter: 'mip6.cgar.extensions',
    }),
  ],
});

/** Formats of this file, for the list of fields. */
export const CGA_PARAMETERS_LAYOUTS = [cgaHead, cgaPublicKey, cgaExtensions] as const;

/** Lines of a whole structure at `[offset, end)`; none when it is not whole. */
function structure(
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
): FieldNode[] | undefined {
  const key = offset + cgaHead.fixedOctets;
  const keyOctets = derSequenceOctets(bytes, key, end);
  if (keyOctets < 0) return undefined;
  return [
    ...cgaHead.tree(bytes, offset, key, source),
    ...cgaPublicKey.tree(bytes, key, key + keyOctets, source),
    ...cgaExtensions.tree(bytes, key + keyOctets, end, source),
  ];
}

const OPTION = 'mip6.options.cgar';
const PARAMETERS = 'mip6.cgar.cga_par';

/**
 * Puts the fields of a structure under the option that holds all of it. Parts of one that is split over a run of
 * options stay octets, and say which part they are.
 * @param nodes lines of the options of a message.
 */
export function addCgaParameters(nodes: FieldNode[], bytes: Uint8Array, source: number): void {
  for (let i = 0; i < nodes.length;) {
    let count = 0;
    while (nodes[i + count]?.name === OPTION) count++;
    for (let part = 0; part < count; part++) {
      const node = nodes[i + part];
      const field = node?.children.find(({ name }) => name === PARAMETERS);
      if (node === undefined || field === undefined) continue;
      const { offset, length } = field;
      if (count > 1) {
        nodes[i + part] = { ...node, text: `part ${part + 1} of ${count}, not put together` };
      } else {
        field.children.push(...(structure(bytes, offset, offset + length, source) ?? []));
      }
    }
    i += Math.max(1, count);
  }
}
