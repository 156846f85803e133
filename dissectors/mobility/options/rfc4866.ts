/**
 * Mobility options of enhanced route optimization: RFC 4866 section 5.
 */
import { bytesField } from '../../core/layout.ts';
import { option } from '../option.ts';
import { BINDING_ACKNOWLEDGEMENT, BINDING_UPDATE } from './message-types.ts';

/** Types of the options whose order counts: parameters, then the signature over them. */
export const CGA_PARAMETERS = 12;
export const SIGNATURE = 13;
/** Octets of CGA Parameters in one option, and in all but the last of a run. RFC 4866 section 5.1. */
export const MAX_CGA_PARAMETERS = 255;

const cgaParametersRequest = option({
  kind: 'cga-parameters-request',
  type: 11,
  name: 'CGA Parameters Request',
  filter: 'mip6.options.cgapr',
  spec: { rfc: 4866, section: '5.6' },
  lengths: [0],
  allowedIn: [BINDING_UPDATE],
  fields: [],
});

/**
 * Part of a CGA Parameters structure (RFC 3972 section 3): options of one run are put together. The tree of a
 * whole one is made in `cga-parameters.ts`.
 */
const cgaParameters = option({
  kind: 'cga-parameters',
  type: CGA_PARAMETERS,
  name: 'CGA Parameters',
  filter: 'mip6.options.cgar',
  spec: { rfc: 4866, section: '5.1' },
  allowedIn: [BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT],
  repeatable: true,
  lengths: Array.from({ length: MAX_CGA_PARAMETERS }, (_, i) => i + 1),
  fields: [
    bytesField('rest', 'parameters', { label: 'CGA Parameters', filter: 'mip6.cgar.cga_par' }),
  ],
});

const signature = option({
  kind: 'signature',
  type: SIGNATURE,
  name: 'Signature',
  filter: 'mip6.options.sign',
  spec: { rfc: 4866, section: '5.2' },
  allowedIn: [BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT],
  fields: [bytesField('rest', 'signature', { label: 'Signature', filter: 'mip6.sign.sign' })],
});

const permanentHomeKeygenToken = option({
  kind: 'permanent-home-keygen-token',
  type: 14,
  name: 'Permanent Home Keygen Token',
  filter: 'mip6.options.phkt',
  spec: { rfc: 4866, section: '5.3' },
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  fields: [
    bytesField('rest', 'encryptedToken', {
      label: 'Permanent Home Keygen Token (encrypted)',
      filter: 'mip6.phkt.phkt',
    }),
  ],
});

const careOfTestInit = option({
  kind: 'care-of-test-init-option',
  type: 15,
  name: 'Care-of Test Init',
  filter: 'mip6.options.coti',
  spec: { rfc: 4866, section: '5.4' },
  lengths: [0],
  allowedIn: [BINDING_UPDATE],
  fields: [],
});

const careOfTest = option({
  kind: 'care-of-test-option',
  type: 16,
  name: 'Care-of Test',
  filter: 'mip6.options.cot',
  spec: { rfc: 4866, section: '5.5' },
  lengths: [8],
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  fields: [
    bytesField(8, 'careOfKeygenToken', {
      label: 'Care-of Keygen Token',
      filter: 'mip6.mocot.co_keygen_tok',
    }),
  ],
});

/** Rows of RFC 4866. */
export const rfc4866Options = [
  cgaParametersRequest,
  cgaParameters,
  signature,
  permanentHomeKeygenToken,
  careOfTestInit,
  careOfTest,
] as const;
