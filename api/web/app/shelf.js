// Cards of what is saved: a name and a note that can be changed, what can be done with it, a page at a time.

import { request } from './api.js';
import { button, field, h, problem, put, toast } from './dom.js';
import { number } from './format.js';

/**
 * A list of what is kept, with a button for the rest of it.
 * @param {string} path of the list @param {any} first its first page @param {(item: any) => HTMLElement} card
 */
export function shelf(path, first, card) {
  const list = h('div', { class: 'shelf' });
  const more = h('div', { class: 'row' });
  let shown = 0;
  const fill = (page) => {
    list.append(...page.items.map(card));
    shown += page.items.length;
    put(more, page.cursor ? button(`More (${number(page.total - shown)})`, () => next(page.cursor)) : null);
  };
  const next = async (cursor) => {
    try {
      fill(await (await request(path, { query: { limit: first.items.length, cursor } })).json());
    } catch (error) {
      put(more, problem(error, () => next(cursor)));
    }
  };
  fill(first);
  return h('div', {}, list, more);
}

/**
 * One card.
 * @param {{path: string, item: any, parts: (item: any) => {title: any, lines?: any[], actions?: any[]}, removed: () => void,
 *   attributes?: object, named?: boolean}} given
 *   parts: what the card shows; removed: after it was removed; named: whether name and note can be changed
 */
export function card({ path, item, parts, removed, attributes = {}, named = true }) {
  const node = h('article', { class: 'saved', ...attributes });
  const address = `${path}/${item.id}`;
  const tried = async (act) => {
    try {
      await act();
    } catch (error) {
      toast([error.detail ?? error.message, error.fix].filter(Boolean).join(' '), 'bad');
    }
  };
  const remove = () => tried(async () => {
    await request(address, { method: 'DELETE' });
    await removed();
  });
  const show = (now) => {
    const { title, lines = [], actions = [] } = parts(now, { show, tried });
    put(node, h('h3', {}, title), now.note ? h('p', { class: 'said' }, now.note) : null, ...lines,
      h('div', { class: 'row' }, ...actions, named ? button('Edit', () => edit(now), { icon: 'edit', kind: 'small', title: 'Another name or note' }) : null, button('Remove', remove, { kind: 'small' })));
  };
  const edit = (now) => {
    const name = h('input', { value: now.name ?? '', required: true, maxlength: 200 });
    const note = h('textarea', { rows: 3, maxlength: 10000, value: now.note });
    put(node, h('form', { class: 'form', onsubmit: (event) => {
      event.preventDefault();
      tried(async () => show(await (await request(address, { method: 'PATCH', json: { name: name.value.trim(), note: note.value } })).json()));
    } }, field('Name', name), field('Note', note), h('div', { class: 'row' }, button('Save', null, { kind: 'primary small', type: 'submit' }), button('Cancel', () => show(now), { kind: 'small' }))));
    name.focus();
  };
  show(item);
  return node;
}
