import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, markup, trusted } from '../../../../cli/report/html/markup.ts';

describe('a template of HTML', () => {
  it('escapes text, also in lists, and leaves markup as it is', () => {
    const inner = markup`<b>${'<i>'}</b>`;
    expect(markup`<p title="${'"x\''}">${[inner, '&', 7, undefined]}</p>`.text).toBe(
      '<p title="&quot;x&#39;"><b>&lt;i&gt;</b>&amp;7</p>',
    );
    expect(markup`${trusted('<hr>')}`.text).toBe('<hr>');
  });

  it('shows what would turn the direction of text or break its line', () => {
    expect(escapeHtml('a\u202eb\nc\u0000')).toBe('a\\u{202e}b\\x0ac\\x00');
  });

  it('lets no text make an element or end an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(markup`${text}`.text).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
      }),
    );
  });
});
