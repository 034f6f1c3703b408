// The card of layers: what is shown, how many there are, what the colours mean.

import { domainStyle, ORDER, SIDES, STATES, VERDICTS, verdictColour, VOLTAGES } from './colours.js';
import { choice, h, icon } from './dom.js';
import { number, words } from './format.js';
import { shapeIcon } from './shapes.js';
import * as state from './state.js';

const BY = [['domain', 'domain'], ['voltage', 'voltage'], ['state', 'state'], ['verdict', 'verdict']];

/**
 * @param {HTMLElement} host
 * @param {import('./vocabulary.js').Vocabulary} vocabulary
 * @param {Map<string, number>} counts assets per kind
 * @param {() => string} colouring what the map is coloured by now
 */
export function layers(host, vocabulary, counts, colouring) {
  const show = () => {
    const closed = state.get('layers', innerWidth < 1100 ? '0' : '1') === '0';
    host.classList.toggle('closed', closed);
    const fold = h('button', { type: 'button', class: 'fold', 'aria-expanded': String(!closed), title: 'Layers and legend (l)', onclick: () => state.set({ layers: closed ? '1' : '0' }, { quiet: true }) },
      icon('layers'), h('h2', {}, 'Layers'));
    const by = colouring();
    host.replaceChildren(fold, closed ? '' : h('div', { class: 'body' },
      h('label', { class: 'by' }, 'Colour by ', choice(BY, by, (value) => state.set({ colour: value }))),
      legend(by), ...[...vocabulary.domains.values()].map((domain) => group(domain, vocabulary, counts))));
  };
  state.on(['layers', 'hide', 'colour', 'fail', 'where', 'hazard', 'view', 'side'], show);
  new MutationObserver(show).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  show();
  return show;
}

function group(domain, vocabulary, counts) {
  const kinds = [...vocabulary.kinds.values()].filter((kind) => kind.domain === domain.name && counts.get(kind.name));
  if (!kinds.length) return null;
  const hidden = new Set(state.list('hide'));
  const names = kinds.map((kind) => kind.name);
  const gone = names.filter((name) => hidden.has(name)).length;
  const change = (these, shown) => {
    for (const name of these) hidden[shown ? 'delete' : 'add'](name);
    state.set({ hide: [...hidden].join(',') });
  };
  const all = /** @type {HTMLInputElement} */ (h('input', { type: 'checkbox', 'aria-label': `Show ${domain.title}`, checked: gone < names.length, onchange: () => change(names, all.checked) }));
  all.indeterminate = gone > 0 && gone < names.length;
  const { colour, shape } = domainStyle(domain.name, domain.colour);
  const total = names.reduce((sum, name) => sum + counts.get(name), 0);
  const key = `twin.open.${domain.name}`;
  const list = h('ul', { hidden: sessionStorage.getItem(key) !== '1' }, ...kinds.map((kind) => h('li', {}, h('label', { title: kind.description },
    h('input', { type: 'checkbox', checked: !hidden.has(kind.name), onchange: ({ target }) => change([kind.name], target.checked) }), words(kind.name)),
  h('span', { class: 'count' }, number(counts.get(kind.name))))));
  const unfold = h('button', { type: 'button', class: 'unfold', 'aria-expanded': String(!list.hidden), title: `Kinds of ${domain.title}`, onclick: () => {
    list.hidden = !list.hidden;
    unfold.setAttribute('aria-expanded', String(!list.hidden));
    sessionStorage.setItem(key, list.hidden ? '0' : '1');
  } }, domain.title);
  return h('div', { class: 'domain' }, h('div', { class: 'line' }, h('label', {}, all, shapeIcon(shape, colour)), unfold, h('span', { class: 'count' }, number(total))), list);
}

const swatch = (colour, text, title) => h('li', { title }, h('i', { class: 'swatch', style: { background: colour } }), text);

function legend(by) {
  if (by === 'voltage') return h('ul', { class: 'legend' }, ...VOLTAGES.slice(1).map(([from, colour]) => swatch(colour, `≥ ${from} kV`)), swatch(VOLTAGES[0][1], 'below 10 kV or unknown'));
  if (by === 'state') return h('ul', { class: 'legend' }, swatch(STATES.operating, 'operates'), swatch(STATES.down, 'down before any event'));
  if (by === 'verdict' && state.get('view') === 'compare' && state.get('side') === 'diff') return h('ul', { class: 'legend' }, ...Object.entries(SIDES).map(([name, { title }]) => swatch(verdictColour(name), title)));
  if (by === 'verdict') return h('ul', { class: 'legend' }, ...ORDER.map((verdict) => swatch(verdictColour(verdict), VERDICTS[verdict].title, VERDICTS[verdict].says)), swatch(verdictColour('none'), 'not affected'));
  return null;
}

