// What an asset depends on and what it feeds: as lists by domain and hop, and as a graph.

import { ask, assetPath } from './api.js';
import { domainStyle } from './colours.js';
import { button, h, problem, waiting } from './dom.js';
import { number, title, words } from './format.js';
import { hoverable } from './hover.js';
import { shapeIcon } from './shapes.js';
import { watch } from './watching.js';

const SIDES = [['dependencies', 'Depends on'], ['dependents', 'Feeds']];
const LISTED = 200;
const KEY = 'twin.walk';

/** Both directions of *asset* with a switch between list and graph. @returns {HTMLElement} */
export function around(asset, context) {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
  let { side = 'dependencies', form = 'list', depth = 3 } = kept;
  const body = h('div', {}, waiting('Following links …'));
  const tabs = h('div', { class: 'tabs', role: 'group', 'aria-label': 'What is shown' });
  const show = async () => {
    sessionStorage.setItem(KEY, JSON.stringify({ side, form, depth }));
    tabs.replaceChildren(
      ...SIDES.map(([name, text]) => h('button', { type: 'button', 'aria-pressed': String(side === name), onclick: () => { side = name; show(); } }, text)),
      h('span', { class: 'gap' }),
      h('button', { type: 'button', 'aria-pressed': String(form === 'list'), onclick: () => { form = 'list'; show(); } }, 'List'),
      h('button', { type: 'button', 'aria-pressed': String(form === 'graph'), onclick: () => { form = 'graph'; show(); } }, 'Graph'));
    try {
      if (form === 'graph') {
        const { graph } = await import('./graph.js');
        body.replaceChildren(waiting('Drawing …'));
        await graph(body, asset, context);
      } else body.replaceChildren(await list());
    } catch (error) {
      if (error.name !== 'AbortError') body.replaceChildren(problem(error, show));
    }
  };
  const list = async () => {
    const page = await ask(`${assetPath(asset.id)}/${side}`, { depth, limit: LISTED }, { signal: context.signal });
    const groups = new Map();
    for (const row of page.items) {
      if (!groups.has(row.domain)) groups.set(row.domain, []);
      groups.get(row.domain).push(row);
    }
    const order = [...context.vocabulary.domains.keys()].filter((name) => groups.has(name));
    return h('div', {},
      h('p', { class: 'small' }, page.total === 0 ? (side === 'dependencies' ? 'Depends on nothing the twin knows.' : 'Nothing depends on it.') : `${number(page.total)} within ${depth} hops`,
        page.total > page.items.length ? `, the nearest ${number(page.items.length)} shown` : '', ' ',
        button('less', () => { depth = Math.max(1, depth - 1); show(); }, { kind: 'small', disabled: depth <= 1 }), button('further', () => { depth += 1; show(); }, { kind: 'small' }), ' ',
        button('', () => watch(side, { id: asset.id, depth }), { icon: 'watch', title: 'Tell me when this changes …', kind: 'small' })),
      ...order.map((name) => byHop(name, groups.get(name), context)));
  };
  show();
  return h('section', { class: 'section walk' }, tabs, body);
}

function byHop(name, rows, { vocabulary, choose }) {
  const { colour, shape } = domainStyle(name, vocabulary.domains.get(name)?.colour);
  const hops = [...new Set(rows.map((row) => row.hop))];
  return h('details', { class: 'reached', open: true }, h('summary', {}, shapeIcon(shape, colour), vocabulary.domain(name), h('span', { class: 'count' }, number(rows.length))),
    ...hops.map((hop) => h('div', { class: 'hop' }, h('span', { class: 'hop-n', title: `${hop} hops away` }, hop),
      h('ul', { class: 'plain' }, ...rows.filter((row) => row.hop === hop).map((row) => h('li', hoverable(row.id),
        h('button', { type: 'button', class: 'link', title: row.id, onclick: () => choose(row.id) }, title(row)), h('small', {}, ` ${words(row.kind)}${row.service ? ` · ${row.service}` : ''}`)))))));
}
