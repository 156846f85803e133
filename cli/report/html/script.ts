/**
 * Script of the page, for comfort alone: all is readable without it.
 */

/** Switch of the colour theme; packets open when a link leads to them; everything opens for print. */
export const SCRIPT = `
'use strict';
(() => {
  const root = document.documentElement;
  const key = 'mip6guard-theme';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const button = document.querySelector('.theme');
  const stored = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const now = () => root.dataset.theme || (dark.matches ? 'dark' : 'light');
  const label = () => { button.textContent = now() === 'dark' ? 'Light theme' : 'Dark theme'; };
  const kept = stored();
  if (kept === 'dark' || kept === 'light') root.dataset.theme = kept;
  button.hidden = false;
  label();
  dark.addEventListener('change', label);
  button.addEventListener('click', () => {
    root.dataset.theme = now() === 'dark' ? 'light' : 'dark';
    try { localStorage.setItem(key, root.dataset.theme); } catch { /* A file may not be allowed to keep anything. */ }
    label();
  });
  const openTarget = () => {
    const id = location.hash.slice(1);
    const target = id === '' ? null : document.getElementById(id);
    const details = target && target.querySelector('details.octets');
    if (details) { details.open = true; target.focus({ preventScroll: true }); }
  };
  addEventListener('hashchange', openTarget);
  openTarget();
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details:not([open])')];
    for (const item of closed) item.open = true;
  });
  addEventListener('afterprint', () => { for (const item of closed) item.open = false; });
})();
`;
