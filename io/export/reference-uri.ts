/**
 * Where a document that a rule cites can be read.
 */

/** URI of `RFC 6275 section 11.5.5` or `draft-name-00 section 5.3`; undefined for a reference of another form. */
export function referenceUri(reference: string): string | undefined {
  const rfc = /^RFC (\d{1,5})(?: sections? ([\w.]{1,20}))?/i.exec(reference);
  if (rfc !== null) {
    const [, number = '', section] = rfc;
    return `https://www.rfc-editor.org/rfc/rfc${number}${section === undefined ? '' : `#section-${section}`}`;
  }
  const draft = /^(draft-[a-z0-9-]{3,100})(?: sections? ([\w.]{1,20}))?/.exec(reference);
  if (draft === null) return undefined;
  const [, name = '', section] = draft;
  return `https://datatracker.ietf.org/doc/html/${name}${section === undefined ? '' : `#section-${section}`}`;
}
