import { defineRule, formatAddress } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1008',
  title: 'Reserved fields or unknown flags set',
  severity: 'info',
  category: 'integrity',
  references: ['RFC 6275 section 6.1.7', 'RFC 6275 section 6.1.8', 'RFC 6275 section 6.1.9'],
  needs: [],
  verdict: 'alert',
  precedence: 'header',
  explanation:
    'Fields that the specification keeps for later must be zero, and receivers must ignore them. This sender ' +
    'writes something there. Most often that is a newer extension; it can also be a fuzzer at work, or data ' +
    'hidden where nobody looks. One line per sender: by itself this proves nothing.',
  advice:
    'Nothing, if the sender runs an extension newer than this program. Otherwise compare the values of several ' +
    'packets: changing values are a reason to look closer.',
  on: ['mobility'],
  asksOnly: { mobility: ['faulty'] },
  params: {},
  evaluate({ context, header, diagnostics }) {
    if (diagnostics.length === 0) return undefined;
    if (!diagnostics.some(({ code }) => code === 'RESERVED_NOT_ZERO')) return undefined;
    const source = formatAddress(context.source);
    const { message, mhType } = header;
    const name = message.kind === 'unknown-message' ? `message of type ${mhType}` : message.kind;
    const flags = 'flags' in message ? `, flags 0x${message.flags.toString(16)}` : '';
    return {
      object: source,
      message: `${source} sends mobility messages with reserved bits that are not zero`,
      packet: context.packet,
      evidence: [
        {
          packet: context.packet,
          text: `${name.replaceAll('-', ' ')} to ${formatAddress(context.destination)} with reserved bits set${flags}`,
          link: context.link,
        },
      ],
      confidence: 'certain',
    };
  },
});
