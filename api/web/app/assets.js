// The assets as a table: what is shown where no map can be drawn, and to who prefers to read.

import { ask } from './api.js';
import { button, h, problem, waiting } from './dom.js';
import { number, words } from './format.js';
import { hoverable } from './hover.js';
import * as state from './state.js';

/** All assets, a page at a time, with a filter by text and kind. @param {(id: string) => void} choose */
export function assetTable(choose) {
  const host = h('div', { class: 'assets' }, waiting('Reading the assets …'));
  let cursors = [null];
  let text = state.get('table');
  const show = async () => {
    try {
      const page = await ask('assets', { text, limit: 100, cursor: cursors.at(-1) });
      body.replaceChildren(...page.items.map((asset) => h('tr', hoverable(asset.id),
        h('td', {}, h('button', { type: 'button', class: 'link', onclick: () => choose(asset.id) }, asset.name ?? asset.id)), h('td', {}, words(asset.kind)), h('td', {}, words(asset.domain)),
        h('td', {}, h('code', {}, asset.id)), h('td', {}, asset.lat === null ? '' : `${asset.lat.toFixed(4)}, ${asset.lon.toFixed(4)}`))));
      const from = (cursors.length - 1) * 100;
      foot.replaceChildren(h('span', {}, `${number(Math.min(from + 1, page.total))} – ${number(from + page.items.length)} of ${number(page.total)}`),
        button('Back', () => { cursors.pop(); show(); }, { disabled: cursors.length < 2 }), button('Next', () => { cursors.push(page.cursor); show(); }, { disabled: !page.cursor }));
      host.replaceChildren(filter, h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Assets' }, table), foot);
    } catch (error) {
      host.replaceChildren(problem(error, show));
    }
  };
  let timer = 0;
  const filter = h('input', { type: 'search', 'aria-label': 'Filter assets', placeholder: 'Filter by words of the id or the name', value: text, oninput: () => {
    clearTimeout(timer);
    timer = setTimeout(() => { text = filter.value.trim(); cursors = [null]; state.set({ table: text }, { quiet: true }); show(); }, 200);
  } });
  const body = h('tbody');
  const table = h('table', { class: 'rows' }, h('thead', {}, h('tr', {}, ...['name', 'kind', 'domain', 'id', 'lat, lon'].map((name) => h('th', { scope: 'col' }, name)))), body);
  const foot = h('div', { class: 'row foot' });
  show();
  return host;
}
