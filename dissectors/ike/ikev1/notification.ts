/**
 * Notification and Delete payloads of IKEv1. RFC 2408 sections 3.14 and 3.15, RFC 2407 section 4.6.3.
 */
import { bytesField, layout, nameOfValue, uint16, uint32, uint8 } from '../../core/layout.ts';
import type { Layout } from '../../core/layout.ts';
import { DOI_NAMES } from '../names/ikev1.ts';
import { IKEV1_PROTOCOL_NAMES } from '../names/message.ts';
import { IKEV1_NOTIFY, IKEV1_NOTIFY_NAMES } from '../names/notify.ts';
import { layoutBody, numberOf, payload, refineNode } from '../payload.ts';
import { deleteBody } from '../spi-list.ts';
import { lifetimeAttributes } from './attributes.ts';

const SPEC = { rfc: 2408, section: '3.14' } as const;

const number = (name: string, filter: string, spec: { rfc: number; section: string }): Layout =>
  layout({ name, spec, fields: [uint32('value', { label: name, filter })] });

/** Formats of Notification Data; RESPONDER-LIFETIME holds attributes. */
export const IKEV1_NOTIFY_DATA: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [
    IKEV1_NOTIFY.replayStatus,
    layout({
      name: 'REPLAY-STATUS',
      spec: { rfc: 2407, section: '4.6.3.2' },
      fields: [
        uint32('value', {
          label: 'Replay detection',
          filter: 'isakmp.notify.data.replay_status',
          values: [
            { value: 0, name: 'disabled' },
            { value: 1, name: 'enabled' },
          ],
        }),
      ],
    }),
  ],
  [
    IKEV1_NOTIFY.areYouThere,
    number('DPD R-U-THERE sequence', 'isakmp.notify.data.dpd.are_you_there', {
      rfc: 3706,
      section: '5.3',
    }),
  ],
  [
    IKEV1_NOTIFY.areYouThereAck,
    number('DPD R-U-THERE-ACK sequence', 'isakmp.notify.data.dpd.are_you_there_ack', {
      rfc: 3706,
      section: '5.3',
    }),
  ],
]);

const notificationLayout = layout({
  name: 'Notification',
  spec: SPEC,
  fields: [
    uint32('doi', {
      label: 'Domain of Interpretation',
      filter: 'isakmp.notify.doi',
      values: DOI_NAMES,
    }),
    uint8('protocolId', {
      label: 'Protocol ID',
      filter: 'isakmp.notify.protoid',
      values: IKEV1_PROTOCOL_NAMES,
    }),
    uint8('spiSize', { label: 'SPI Size', filter: 'isakmp.spisize', unit: 'octets' }),
    uint16('notifyType', {
      label: 'Notify Message Type',
      filter: 'isakmp.notify.msgtype',
      values: IKEV1_NOTIFY_NAMES,
    }),
    bytesField({ by: 'spiSize' }, 'spi', { label: 'SPI', filter: 'isakmp.spi' }),
    bytesField('rest', 'data', { label: 'Notification Data', filter: 'isakmp.notify.data' }),
  ],
});

const PROTOCOL_ISAKMP = 1;
const { ike, ipsec } = lifetimeAttributes;

/** Notification. */
export const notification = payload({
  kind: 'notification',
  types: [11],
  spec: SPEC,
  body: layoutBody(notificationLayout, {
    formats: [...IKEV1_NOTIFY_DATA.values(), ...ike.formats, ...ipsec.formats],
    check: ({ protocolId, notifyType, data }, _offset, end, diagnostics) => {
      const offset = end - data.length;
      const format = IKEV1_NOTIFY_DATA.get(notifyType);
      if (format !== undefined && format.measure(data, 0, data.length) !== data.length) {
        const text = `${format.name} with ${data.length} octets of data`;
        diagnostics.add('IKE_PAYLOAD_MALFORMED', offset, data.length, text);
      }
      if (notifyType !== IKEV1_NOTIFY.responderLifetime) return;
      const space = protocolId === PROTOCOL_ISAKMP ? ike : ipsec;
      const { rest } = space.decode(data, 0, data.length, diagnostics);
      if (rest === undefined) return;
      diagnostics.add('IKE_PAYLOAD_MALFORMED', end - rest.length, rest.length, 'attributes');
    },
    refine: (nodes, bytes, source) => {
      const type = numberOf(nodes, 'isakmp.notify.msgtype');
      const data = nodes.find(({ name }) => name === 'isakmp.notify.data');
      if (type === IKEV1_NOTIFY.responderLifetime && data !== undefined) {
        const isIke = numberOf(nodes, 'isakmp.notify.protoid') === PROTOCOL_ISAKMP;
        const { offset, length } = data;
        data.children.push(...(isIke ? ike : ipsec).tree(bytes, offset, offset + length, source));
        return;
      }
      refineNode(nodes, 'isakmp.notify.data', IKEV1_NOTIFY_DATA.get(type), bytes, source);
    },
    summary: ({ notifyType }) => nameOfValue(IKEV1_NOTIFY_NAMES, notifyType) ?? `${notifyType}`,
  }),
});

/** Delete. */
export const deletion = payload({
  kind: 'delete',
  types: [12],
  spec: { rfc: 2408, section: '3.15' },
  body: deleteBody(
    layout({
      name: 'Delete',
      spec: { rfc: 2408, section: '3.15' },
      fields: [
        uint32('doi', {
          label: 'Domain of Interpretation',
          filter: 'isakmp.delete.doi',
          values: DOI_NAMES,
        }),
      ],
    }),
    { rfc: 2408, section: '3.15' },
    IKEV1_PROTOCOL_NAMES,
  ),
});
