/**
 * Home Agent Switch: a home agent sends its mobile nodes elsewhere. RFC 5142 section 4.
 */
import { address, layout, list, reserved, uint8 } from '../../core/layout.ts';
import { message } from '../message.ts';

const spec = { rfc: 5142, section: '4' };

const homeAgent = layout({
  name: 'Home agent',
  spec,
  fields: [address('address', { label: 'Home agent address', filter: 'mip6.has.address' })],
});

export const homeAgentSwitch = message({
  kind: 'home-agent-switch',
  mhType: 12,
  name: 'Home Agent Switch',
  spec,
  fields: [
    // Zero: the mobile node has to discover its home agents again.
    uint8('numberOfAddresses', { label: 'Number of addresses', filter: 'mip6.has.num_addrs' }),
    reserved(1, 'reserved', 'mip6.has.reserved'),
    list('homeAgents', {
      label: 'Home agent addresses',
      of: homeAgent,
      count: 'numberOfAddresses',
    }),
  ],
});
