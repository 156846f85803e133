/**
 * Notify and Delete payloads of IKEv2. RFC 7296 sections 3.10 and 3.11.
 */
import { bytesField, layout, nameOfValue, uint16, uint8 } from '../../core/layout.ts';
import { IKEV2_PROTOCOL_NAMES } from '../names/message.ts';
import { IKEV2_NOTIFY_NAMES } from '../names/notify.ts';
import { layoutBody, numberOf, payload, refineNode } from '../payload.ts';
import { deleteBody } from '../spi-list.ts';
import { IKEV2_NOTIFY_DATA } from './notify-data.ts';

const SPEC = { rfc: 7296, section: '3.10' } as const;

const notifyLayout = layout({
  name: 'Notify',
  spec: SPEC,
  fields: [
    uint8('protocolId', {
      label: 'Protocol ID',
      filter: 'isakmp.notify.protoid',
      values: IKEV2_PROTOCOL_NAMES,
    }),
    uint8('spiSize', { label: 'SPI Size', filter: 'isakmp.spisize', unit: 'octets' }),
    uint16('notifyType', {
      label: 'Notify Message Type',
      filter: 'isakmp.notify.msgtype',
      values: IKEV2_NOTIFY_NAMES,
    }),
    bytesField({ by: 'spiSize' }, 'spi', { label: 'SPI', filter: 'isakmp.spi' }),
    bytesField('rest', 'data', { label: 'Notification Data', filter: 'isakmp.notify.data' }),
  ],
});

/** Notify. */
export const notify = payload({
  kind: 'notify',
  types: [41],
  spec: SPEC,
  body: layoutBody(notifyLayout, {
    formats: [...IKEV2_NOTIFY_DATA.values()],
    check: ({ notifyType, data }, _offset, end, diagnostics) => {
      const format = IKEV2_NOTIFY_DATA.get(notifyType);
      if (format === undefined || format.measure(data, 0, data.length) === data.length) return;
      const text = `${format.name} with ${data.length} octets of data`;
      diagnostics.add('IKE_PAYLOAD_MALFORMED', end - data.length, data.length, text);
    },
    refine: (nodes, bytes, source) => {
      const format = IKEV2_NOTIFY_DATA.get(numberOf(nodes, 'isakmp.notify.msgtype'));
      refineNode(nodes, 'isakmp.notify.data', format, bytes, source);
    },
    summary: ({ notifyType }) => nameOfValue(IKEV2_NOTIFY_NAMES, notifyType) ?? `${notifyType}`,
  }),
});

/** Delete. */
export const deletion = payload({
  kind: 'delete',
  types: [42],
  spec: { rfc: 7296, section: '3.11' },
  body: deleteBody(
    layout({ name: 'Delete', fields: [] }),
    { rfc: 7296, section: '3.11' },
    IKEV2_PROTOCOL_NAMES,
  ),
});
