/**
 * Messages of the return routability procedure. RFC 6275 sections 6.1.3 to 6.1.6.
 */
import { bytesField, reserved, uint16 } from '../../core/layout.ts';
import { message } from '../message.ts';

export const homeTestInit = message({
  kind: 'home-test-init',
  mhType: 1,
  name: 'Home Test Init',
  spec: { rfc: 6275, section: '6.1.3' },
  fields: [
    reserved(2, 'reserved', 'mip6.hoti.reserved'),
    bytesField(8, 'homeInitCookie', { label: 'Home Init Cookie', filter: 'mip6.hoti.cookie' }),
  ],
});

export const careOfTestInit = message({
  kind: 'care-of-test-init',
  mhType: 2,
  name: 'Care-of Test Init',
  spec: { rfc: 6275, section: '6.1.4' },
  fields: [
    reserved(2, 'reserved', 'mip6.coti.reserved'),
    bytesField(8, 'careOfInitCookie', { label: 'Care-of Init Cookie', filter: 'mip6.coti.cookie' }),
  ],
});

export const homeTest = message({
  kind: 'home-test',
  mhType: 3,
  name: 'Home Test',
  spec: { rfc: 6275, section: '6.1.5' },
  fields: [
    uint16('homeNonceIndex', { label: 'Home Nonce Index', filter: 'mip6.hot.nindex' }),
    bytesField(8, 'homeInitCookie', { label: 'Home Init Cookie', filter: 'mip6.hot.cookie' }),
    bytesField(8, 'homeKeygenToken', { label: 'Home Keygen Token', filter: 'mip6.hot.token' }),
  ],
});

export const careOfTest = message({
  kind: 'care-of-test',
  mhType: 4,
  name: 'Care-of Test',
  spec: { rfc: 6275, section: '6.1.6' },
  fields: [
    uint16('careOfNonceIndex', { label: 'Care-of Nonce Index', filter: 'mip6.cot.nindex' }),
    bytesField(8, 'careOfInitCookie', { label: 'Care-of Init Cookie', filter: 'mip6.cot.cookie' }),
    bytesField(8, 'careOfKeygenToken', { label: 'Care-of Keygen Token', filter: 'mip6.cot.token' }),
  ],
});
