// The search box: assets by the words of their id or name, as one types; also a place "lat, lon".

import { ask } from './api.js';
import { domainStyle } from './colours.js';
import { h, icon } from './dom.js';
import { number, title, words } from './format.js';
import { hover } from './hover.js';
import { shapeIcon } from './shapes.js';

const PLACE = /^\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*$/;
let boxes = 0;

/**
 * A combobox that finds assets.
 * @param {{vocabulary: import('./vocabulary.js').Vocabulary, label: string, placeholder: string, value?: string,
 *   onPick: (id: string, asset: any) => void, onPlace?: (lat: number, lon: number) => void}} given
 */
export function searchBox({ vocabulary, label, placeholder, value = '', onPick, onPlace }) {
  boxes += 1;
  const listId = `found-${boxes}`;
  const list = h('ul', { id: listId, role: 'listbox', 'aria-label': `${label}: results`, class: 'found', hidden: true });
  const input = h('input', {
    type: 'search', role: 'combobox', 'aria-label': label, 'aria-expanded': 'false', 'aria-controls': listId, 'aria-autocomplete': 'list',
    placeholder, autocomplete: 'off', spellcheck: 'false', value,
  });
  let at = -1;
  let controller = new AbortController();
  let items = [];
  const close = () => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); at = -1; hover(null, 'search'); };
  const pick = (asset) => { close(); input.blur(); onPick(asset.id, asset); };
  const move = (by) => {
    if (!items.length) return;
    at = (at + by + items.length) % items.length;
    [...list.querySelectorAll('[role=option]')].forEach((node, i) => {
      node.setAttribute('aria-selected', String(i === at));
      if (i === at) { node.scrollIntoView({ block: 'nearest' }); input.setAttribute('aria-activedescendant', node.id); hover(items[i].id, 'search'); }
    });
  };
  const show = async () => {
    const text = input.value.trim();
    controller.abort();
    controller = new AbortController();
    if (text.length < 2) return close();
    const place = onPlace && PLACE.exec(text);
    if (place) { close(); return undefined; }
    try {
      const page = await ask('assets', { text, limit: 30 }, { signal: controller.signal });
      if (input.value.trim() !== text || document.activeElement !== input) return undefined;
      items = page.items;
      at = -1;
      list.replaceChildren(...items.map((asset, i) => option(asset, i)), h('li', { class: 'more', role: 'presentation' }, note(page)));
      list.hidden = false;
      input.setAttribute('aria-expanded', 'true');
    } catch (error) {
      if (error.name !== 'AbortError') { list.replaceChildren(h('li', { class: 'more' }, error.detail ?? error.message)); list.hidden = false; }
    }
    return undefined;
  };
  const note = (page) => (page.total === 0 ? 'Nothing has these words in its id or name.' : page.total > items.length ? `${number(page.total)} found; more words narrow it.` : `${number(page.total)} found`);
  const option = (asset, i) => {
    const { colour, shape } = domainStyle(asset.domain, vocabulary.domains.get(asset.domain)?.colour);
    return h('li', { role: 'option', id: `${listId}-${i}`, 'aria-selected': 'false', onmousedown: (event) => { event.preventDefault(); pick(asset); }, onmouseenter: () => hover(asset.id, 'search') },
      shapeIcon(shape, colour), h('span', {}, title(asset), h('small', {}, `${words(asset.kind)} · ${asset.id}`)));
  };
  let timer = 0;
  input.oninput = () => { clearTimeout(timer); timer = setTimeout(show, 120); };
  input.onfocus = () => { if (input.value.trim().length > 1) show(); };
  input.onblur = () => setTimeout(close, 100);
  input.onkeydown = (event) => {
    const place = onPlace && PLACE.exec(input.value);
    if (event.key === 'ArrowDown') { event.preventDefault(); move(1); }
    else if (event.key === 'ArrowUp') { event.preventDefault(); move(-1); }
    else if (event.key === 'Escape') { event.stopPropagation(); close(); input.blur(); }
    else if (event.key === 'Enter' && place) { onPlace(Number(place[1]), Number(place[2])); input.blur(); }
    else if (event.key === 'Enter' && items.length && !list.hidden) pick(items[Math.max(0, at)]);
    else if (event.key === 'Enter') show();
  };
  return h('div', { class: 'search' }, icon('target'), input, list);
}
