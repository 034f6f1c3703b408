// Findings: what is wrong or missing in the data, and where.

import { ask, assetPath, pages } from '../api.js';
import { choice, empty, h, put, waiting } from '../dom.js';
import { exportMenu } from '../exporting.js';
import { counted, number, words } from '../format.js';
import { hoverable } from '../hover.js';
import { extent } from '../map.js';
import { head, section } from '../panel.js';

export const keys = ['severity', 'code'];
const SEVERITIES = [['', 'every severity'], ['error', 'errors'], ['warning', 'warnings'], ['info', 'notes']];
const COLOURS = { error: '#c51b3c', warning: '#b58900', info: '#2f79c4' };
const NAMED = 30;
const MARKED = 300;

export async function show(host, context) {
  const { state, map, signal } = context;
  const [severity, code] = [state.get('severity'), state.get('code')];
  put(host, head('Findings', 'What is wrong or missing in the data.'), waiting('Looking through the data …'));
  const all = await pages('findings', { severity }, 5000, signal);
  const codes = [...new Set(all.items.map((finding) => finding.code))].sort();
  const shown = all.items.filter((finding) => !code || finding.code === code);
  put(host, head('Findings', `What is wrong or missing in the data: ${counted(all.total, 'finding')}.`, exportMenu({ context, question: 'findings', asked: { severity, code }, method: 'GET', formats: ['json', 'csv', 'parquet', 'arrow'] })),
    h('div', { class: 'row form' }, choice(SEVERITIES, severity, (value) => state.set({ severity: value }), { 'aria-label': 'Severity' }),
      choice([['', 'every code'], ...codes.map((name) => [name, words(name)])], code, (value) => state.set({ code: value }), { 'aria-label': 'Code' })),
    shown.length ? null : empty('Nothing to find', 'No finding of this kind at this revision.'),
    ...shown.slice(0, 200).map((finding) => one(finding, context)),
    shown.length > 200 ? h('p', { class: 'small' }, `and ${number(shown.length - 200)} more; choose a code, or export them.`) : null);
  if (map) marks(shown, map, signal);
}

function one(finding, { choose }) {
  const named = finding.assets.slice(0, NAMED);
  return h('div', { class: `finding ${finding.severity}` }, h('p', {}, h('strong', {}, `${finding.severity}: ${words(finding.code)}`)),
    h('p', {}, finding.message), h('p', { class: 'fix' }, finding.fix),
    named.length ? section(counted(finding.count, 'asset'), named.length <= 5, h('ul', { class: 'plain' }, ...named.map((id) => h('li', hoverable(id), h('button', { type: 'button', class: 'link', onclick: () => choose(id) }, id))),
      finding.count > named.length ? h('li', { class: 'small' }, `and ${number(finding.count - named.length)} more`) : null)) : null);
}

/** A mark on each asset that has a finding, the worst severity on top. */
async function marks(findings, map, signal) {
  const worst = new Map();
  for (const severity of ['info', 'warning', 'error']) {
    for (const finding of findings) if (finding.severity === severity) for (const id of finding.assets) worst.set(id, severity);
  }
  const ids = [...worst.keys()].slice(0, MARKED);
  const assets = await Promise.all(ids.map((id) => ask(assetPath(id)).catch(() => null)));
  if (signal.aborted) return;
  const features = assets.filter((asset) => asset?.geometry).map((asset) => ({ type: 'Feature', properties: { id: asset.id, asset: asset.id, colour: COLOURS[worst.get(asset.id)], size: 1.3 }, geometry: asset.geometry }));
  const collection = { type: 'FeatureCollection', features };
  map.show('marks', collection);
  const box = extent(collection);
  if (box && !features.some(({ geometry }) => map.map.getBounds().contains(extent(geometry).slice(0, 2)))) map.fit(box, 9);
  signal.addEventListener('abort', () => map.show('marks', null));
}
