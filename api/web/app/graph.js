// The neighbourhood of an asset as a graph: suppliers left, consumers right; what shares a place in one box.

import { ask, assetPath } from './api.js';
import { domainStyle, paper, verdictColour } from './colours.js';
import { button, h } from './dom.js';
import { verdictAt } from './event.js';
import { title, words } from './format.js';
import { hover, onHover } from './hover.js';

const FIRST = 24;
const MOST = 400;
const SHAPES = { circle: 'ellipse', diamond: 'diamond', square: 'rectangle', hexagon: 'hexagon' };
let registered = false;

/** The asset that houses another, when one does: the member of its housing gate. */
const houseOf = (asset) => asset.gates?.find((gate) => gate.service === 'housing')?.members[0]?.id ?? null;

/**
 * Draw the graph around *asset* into *host*.
 * @param {HTMLElement} host @param {any} asset @param {object} context as views get it
 */
export async function graph(host, asset, context) {
  const { default: cytoscape } = await import('cytoscape');
  if (!registered) {
    cytoscape.use((await import('cytoscape-dagre')).default);
    registered = true;
  }
  const verdicts = await verdictsOf(context);
  const canvas = h('div', { class: 'graph', role: 'img', 'aria-label': `What ${title(asset)} depends on and feeds; the list says the same` });
  const says = h('p', { class: 'small' });
  const larger = button('Larger', () => {
    const large = frame.classList.toggle('large');
    larger.querySelector('span').textContent = large ? 'Smaller' : 'Larger';
    cy.resize();
    cy.fit(undefined, 24);
  }, { kind: 'small' });
  const frame = h('div', { class: 'frame' }, canvas, h('div', { class: 'row' }, larger, button('Fit', () => fit(), { kind: 'small' }), says));
  host.replaceChildren(frame);
  const cy = cytoscape({ container: canvas, style: style(context), minZoom: 0.15, maxZoom: 2.5, boxSelectionEnabled: false });
  const fit = () => cy.animate({ fit: { padding: 24 } }, { duration: 200 });
  const add = (row, more = {}) => {
    if (cy.getElementById(row.id).length || cy.nodes().length >= MOST) return;
    cy.add({ data: { id: row.id, label: label(row, title(asset)), kind: words(row.kind), domain: row.domain, verdict: verdicts(row.id), ...more } });
  };
  const expand = async (id, side) => {
    const page = await ask(`${assetPath(id)}/${side}`, { depth: 1, limit: FIRST });
    for (const row of page.items) {
      add(row, { side });
      const [from, to] = side === 'dependencies' ? [row.id, id] : [id, row.id];
      const edge = `${from}>${to}`;
      if (cy.getElementById(row.id).length && !cy.getElementById(edge).length) cy.add({ data: { id: edge, source: from, target: to, service: row.service ?? '' } });
    }
    if (page.total > page.items.length) says.textContent = `${page.items.length} of ${page.total} shown next to ${short(id)}: the list has all.`;
    cy.getElementById(id).data(side, 'done');
  };
  const arrange = async () => {
    await boxes(cy);
    cy.layout({ name: 'dagre', rankDir: 'LR', nodeSep: 6, rankSep: 26, nodeDimensionsIncludeLabels: true, fit: true, padding: 14, animate: false }).run();
    if (cy.zoom() > 1.1) { cy.zoom(1.1); cy.center(cy.getElementById(asset.id)); }
  };
  add(asset, { picked: 1 });
  await Promise.all([expand(asset.id, 'dependencies'), expand(asset.id, 'dependents')]);
  await arrange();
  cy.on('tap', 'node', async ({ target }) => {
    if (target.isParent() && !target.data('domain')) return;
    const side = target.data('dependencies') ? 'dependents' : target.data('dependents') ? 'dependencies' : rank(cy, target, asset.id);
    if (target.data('dependencies') && target.data('dependents')) return;
    await expand(target.id(), side);
    await arrange();
  });
  cy.on('dbltap', 'node', ({ target }) => target.id().startsWith('box:') || context.choose(target.id()));
  cy.on('mouseover', 'node', ({ target }) => { canvas.style.cursor = 'pointer'; hover(target.id().startsWith('box:') ? target.data('house') : target.id(), 'graph'); });
  cy.on('mouseout', 'node', () => { canvas.style.cursor = ''; hover(null, 'graph'); });
  onHover((id) => { cy.nodes().removeClass('hovered'); if (id) cy.getElementById(id).addClass('hovered'); }, context.signal);
  context.signal?.addEventListener('abort', () => cy.destroy());
  says.textContent ||= 'Click a node to expand it, twice to choose it.';
  canvas.cy = cy;
}

/** Expand upstream what lies left of the asset, downstream what lies right of it. */
const rank = (cy, node, from) => (node.position('x') < cy.getElementById(from).position('x') ? 'dependencies' : 'dependents');

/** The name without the name of the asset asked about: `Cooling 1` in `Hall 1`. */
function label(row, around) {
  const name = title(row);
  const rest = name.replace(around, '').trim();
  return short(rest.length > 2 ? rest : name);
}

const short = (text) => (text.length > 26 ? `${text.slice(0, 24)}…` : text);

/** Put what shares a house into a box. */
async function boxes(cy) {
  const nodes = cy.nodes().filter((node) => node.data('domain') && node.data('house') === undefined);
  await Promise.all(nodes.map(async (node) => {
    const asset = await ask(assetPath(node.id())).catch(() => ({}));
    node.data('house', houseOf(asset));
  }));
  const count = new Map();
  cy.nodes('[domain]').forEach((node) => { const house = node.data('house'); if (house) count.set(house, (count.get(house) ?? 0) + 1); });
  for (const [house, many] of count) {
    const box = `box:${house}`;
    if (many < 2 && !cy.getElementById(box).length) continue;
    if (!cy.getElementById(box).length) {
      const asset = await ask(assetPath(house)).catch(() => ({ id: house, name: null }));
      cy.add({ data: { id: box, label: short(title(asset)), house } });
    }
    const inside = cy.nodes('[domain]').filter((node) => node.data('house') === house && node.parent().length === 0);
    inside.move({ parent: box });
    const self = cy.getElementById(house);
    // The box says that it houses them: its own node goes, unless it is the asset asked about or supplies more than that.
    if (self.length && !self.data('picked') && self.connectedEdges().every((edge) => edge.data('service') === 'housing' && [edge.source(), edge.target()].some((end) => end.data('house') === house))) self.remove();
  }
}

async function verdictsOf({ event }) {
  const question = event.asked();
  const impact = question && await event.answer('impact', question).catch(() => null);
  const rows = new Map((impact?.affected ?? []).map((row) => [row.id, row]));
  return (id) => (rows.has(id) ? verdictAt(rows.get(id), Infinity) ?? rows.get(id).verdict : '');
}

function style({ vocabulary }) {
  const look = paper();
  const domains = [...vocabulary.domains.values()].map(({ name, colour }) => {
    const given = domainStyle(name, colour);
    return { selector: `node[domain = "${name}"]`, style: { 'background-color': given.colour, shape: SHAPES[given.shape] } };
  });
  return [
    { selector: 'node', style: { width: 16, height: 16, label: 'data(label)', color: look.ink, 'font-size': 10, 'text-valign': 'bottom', 'text-margin-y': 3, 'font-family': 'system-ui, sans-serif' } },
    ...domains,
    { selector: 'node[side = "dependencies"]', style: { 'text-valign': 'center', 'text-halign': 'left', 'text-margin-x': -4, 'text-margin-y': 0 } },
    { selector: 'node[side = "dependents"]', style: { 'text-valign': 'center', 'text-halign': 'right', 'text-margin-x': 4, 'text-margin-y': 0 } },
    { selector: ':parent', style: { shape: 'round-rectangle', 'background-color': look.soft, 'background-opacity': 0.08, 'border-color': look.soft, 'border-width': 1, 'text-valign': 'top', 'text-halign': 'center', 'text-margin-y': -2, color: look.soft, padding: 8 } },
    { selector: 'node[verdict != ""]', style: { 'border-width': 3, 'border-color': (node) => verdictColour(node.data('verdict')) } },
    { selector: 'node[picked]', style: { width: 24, height: 24, 'text-wrap': 'wrap', 'text-max-width': 96, 'font-weight': 700, 'border-width': 3, 'border-color': look.accent } },
    { selector: 'node.hovered', style: { 'overlay-color': look.accent, 'overlay-opacity': 0.25, 'overlay-padding': 5 } },
    { selector: 'edge', style: { width: 1.4, 'line-color': look.soft, 'target-arrow-color': look.soft, 'target-arrow-shape': 'triangle', 'arrow-scale': 0.7, 'curve-style': 'bezier', opacity: 0.75 } },
  ];
}
