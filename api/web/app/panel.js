// The right panel: shows the view that the address names, and shows it anew when what it depends on changes.

import { h, icon, problem, waiting } from './dom.js';
import * as kept from './kept.js';
import { VIEW_OF } from './saving.js';
import * as state from './state.js';
import { load, VIEWS } from './views.js';

/** Views that would ask in the place of a kept answer. */
const ASKS = new Set(['explore', ...Object.values(VIEW_OF)]);

let leaving = new AbortController();
let turn = 0;

/** The rail of views at the left edge. */
export function rail() {
  const links = VIEWS.map(({ id, title, icon: name, says, key }) =>
    h('button', { type: 'button', 'data-view': id, title: `${says} (${key})`, onclick: () => open(id) }, icon(name), h('span', {}, title)));
  const mark = () => links.forEach((link) => {
    if (link.dataset.view === state.get('view', 'explore')) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  });
  state.on(['view'], mark);
  mark();
  return links;
}

/** Open a view. */
export const open = (id) => state.set({ view: id === 'explore' ? null : id });

/**
 * Show views in *host* from now on.
 * @param {HTMLElement} host
 * @param {object} context what every view is given, see README.md
 * @returns {() => Promise<void>} shows the view (again)
 */
export function panel(host, context) {
  const show = async () => {
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    turn += 1;
    const mine = turn;
    const view = VIEWS.find(({ id }) => id === state.get('view', 'explore')) ?? VIEWS[0];
    document.title = `${view.title} · Infrastructure twin`;
    const body = h('div', { class: `view view-${view.id}` }, waiting('Loading …'));
    const first = !host.dataset.view;
    const keyboard = keyboardIn(host);
    const scrolled = host.dataset.view === view.id ? host.scrollTop : 0;
    const late = setTimeout(() => mine === turn && host.replaceChildren(body), host.dataset.view === view.id ? 250 : 0);
    host.dataset.view = view.id;
    try {
      const [module] = await Promise.all([load(view.id), kept.ready()]);
      if (mine !== turn) return;
      const keys = module.keys ?? [];
      state.on(keys, () => mine === turn && show(), signal);
      const content = h('div', { class: 'content' });
      if (kept.gone() && ASKS.has(view.id)) content.append(kept.goneNote());
      else await module.show(content, { ...context, signal });
      const banner = kept.banner(view.id);
      if (banner) content.querySelector('.head').after(banner);
      if (mine === turn) body.replaceChildren(content);
    } catch (error) {
      if (error.name === 'AbortError' || mine !== turn) return;
      body.replaceChildren(problem(error, show));
      if (!error.title) throw error; // ours: let it be seen in the console too
    } finally {
      clearTimeout(late);
      if (mine === turn) {
        host.replaceChildren(body);
        host.scrollTop = scrolled;
        // an address that leads on to another view is no reason to draw a ring before anybody has touched anything
        if (!first && navigator.userActivation?.hasBeenActive !== false) keyboardTo(host, keyboard);
        host.dispatchEvent(new CustomEvent('shown', { detail: view.id }));
      }
    }
  };
  state.on(['view', 'result', 'event'], show);
  return show;
}

/** What tells a control from its neighbours, to find it again when the view is built anew. */
const nameOf = (node) => [node.tagName, node.getAttribute('aria-label') ?? node.title ?? '', node.dataset.asset ?? '', node.tagName === 'INPUT' || node.tagName === 'SELECT' ? node.closest('label')?.firstChild?.textContent ?? '' : node.textContent].join('|');

/** Where the keyboard was in *host*: the name of the control, '' for anywhere, null for elsewhere on the page. */
function keyboardIn(host) {
  const at = document.activeElement;
  if (!at || at === document.body) return '';
  return host.contains(at) ? nameOf(at) : null;
}

/** Put the keyboard where it was, or on the view's title: never nowhere. */
function keyboardTo(host, name) {
  if (name === null || (document.activeElement !== document.body && !host.contains(document.activeElement))) return;
  const same = name && [...host.querySelectorAll('a[href], button, input, select, textarea, summary')].find((node) => nameOf(node) === name);
  const title = host.querySelector('h2');
  title?.setAttribute('tabindex', '-1');
  (same || title || host).focus({ preventScroll: true });
}

/** The head of a view: title, a line below, buttons at the right. */
export const head = (title, line, ...tools) => h('header', { class: 'head' }, h('div', {}, h('h2', {}, title), line ? h('p', {}, line) : null), h('div', { class: 'row' }, ...tools));

/** A section that can be folded; open unless said otherwise. */
export function section(title, open, ...content) {
  return h('details', { class: 'section', open }, h('summary', {}, h('h3', {}, title)), ...content);
}
