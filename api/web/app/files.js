// Links to files on a server with keys: a link carries no key by itself, so the file is fetched with it and saved.

import { BASE, headers, request } from './api.js';
import { download, toast } from './dom.js';

/** Fetch what a link to a file leads to with the key, where the user gave one. */
export function keyedFiles() {
  document.addEventListener('click', async (click) => {
    const link = click.target.closest?.('a[download]');
    if (!link?.href.startsWith(BASE.href) || !headers().Authorization) return;
    click.preventDefault();
    try {
      download(link.download, await (await request(new URL(link.href))).blob());
    } catch (error) {
      toast([error.message, error.fix].filter(Boolean).join(' '), 'bad');
    }
  });
}
