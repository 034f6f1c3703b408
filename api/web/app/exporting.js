// What every result can become: files, a picture, a command, a program, a layer in QGIS, a page to print.

import { address, BASE, request } from './api.js';
import { copy, download, h, icon, toast } from './dom.js';
import { compact } from './format.js';
import * as kept from './kept.js';
import { report } from './report.js';
import { nameOf, save as keep } from './saving.js';
import { WATCHABLE, watch } from './watching.js';

/** Formats that the API writes itself, by `?f=`. */
const FILES = [['json', 'JSON'], ['geojson', 'GeoJSON'], ['csv', 'CSV'], ['gpkg', 'GeoPackage, styled'], ['fgb', 'FlatGeobuf'], ['parquet', 'Parquet'], ['arrow', 'Arrow']];
/** Their names where a kept answer becomes a file. */
const OF_KEPT = { geojson: 'geojson', csv: 'csv', gpkg: 'gpkg', fgb: 'fgb', parquet: 'geoparquet', arrow: 'arrow' };
const ENDINGS = { geojson: 'geojson', json: 'json', csv: 'csv', gpkg: 'gpkg', fgb: 'fgb', parquet: 'parquet', arrow: 'arrow' };

const quoted = (text) => (/^[\w:/.@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);

/** Options of the command line that say the same as the body of a question. */
function options(asked) {
  const parts = [];
  if (asked.where) parts.push('--where', quoted(asked.where));
  if (asked.hazard) parts.push('--hazard', 'hazard.geojson');
  if (asked.buffer_m) parts.push('--buffer', `${asked.buffer_m}m`);
  if (asked.min_crossing_m) parts.push('--min-crossing', `${asked.min_crossing_m}m`);
  if (asked.horizon_s !== undefined && asked.horizon_s !== null) parts.push('--horizon', compact(asked.horizon_s));
  return parts;
}

/** The question as a command. */
export function asCommand(question, asked) {
  if (question === 'compare') {
    const side = (name, { failed = [], where, hazard }) => [...failed.flatMap((id) => [`--${name}`, quoted(id)]), ...(where ? [`--${name}-where`, quoted(where)] : []), ...(hazard ? [`--${name}-hazard`, `${name}.geojson`] : [])];
    return ['twin compare', ...side('a', asked.a), ...side('b', asked.b), ...options({ horizon_s: asked.horizon_s })].join(' ');
  }
  if (question === 'paths') {
    return ['twin paths', quoted(asked.from), quoted(asked.to), ...(asked.k > 1 ? ['--routes', asked.k] : []), ...(asked.by && asked.by !== 'hops' ? ['--by', asked.by] : []), ...(asked.disjoint ? ['--disjoint', asked.disjoint] : [])].join(' ');
  }
  if (question === 'criticality') return ['twin criticality', ...(asked.weight ? ['--weight', quoted(asked.weight)] : []), ...(asked.domain ? ['--domain', asked.domain] : [])].join(' ');
  if (question === 'findings') return ['twin findings', ...(asked.code ? ['--code', asked.code] : []), ...['severity', 'kind', 'source'].flatMap((name) => (asked[name] ? [`--${name}`, quoted(asked[name])] : []))].join(' ');
  return [`twin ${question}`, ...(asked.failed ?? []).map(quoted), ...options(asked)].join(' ');
}

/** A value as Python writes it. */
const python = (given) => JSON.stringify(given, (_, value) => (value === null ? '\u0000None' : value === true ? '\u0000True' : value === false ? '\u0000False' : value))
  .replace(/"\\u0000(None|True|False)"/g, '$1');

/** An event as an argument: its ids, or an Event with a selection or a hazard. */
function eventArgument({ failed = [], where, hazard, buffer_m: buffer, min_crossing_m: crossing }, used) {
  if (!where && !hazard) return python(failed);
  used.add('Event');
  const parts = [python(failed)];
  if (where) parts.push(`where=${python(where)}`);
  if (hazard) {
    used.add('Hazard');
    parts.push(`hazard=Hazard.from_geojson(${[python(hazard), buffer ? `buffer_m=${buffer}` : '', crossing ? `min_crossing_m=${crossing}` : ''].filter(Boolean).join(', ')})`);
  }
  return `Event(${parts.join(', ')})`;
}

/** The question as a program. */
export function asPython(question, asked) {
  const used = new Set(['Twin']);
  const named = (names) => names.filter((name) => asked[name]).map((name) => `${name}=${python(asked[name])}`);
  const given = {
    impact: () => [eventArgument(asked, used)],
    compare: () => [eventArgument(asked.a, used), eventArgument(asked.b, used)],
    paths: () => [python(asked.from), python(asked.to), ...named(['k', 'by', 'disjoint'])],
    criticality: () => [...named(['weight', 'domain']), ...(asked.limit ? [`top=${asked.limit}`] : [])],
    findings: () => [],
  }[question]();
  if (asked.horizon_s !== undefined) given.push(`horizon_s=${asked.horizon_s}`);
  return [`from twin import ${[...used].sort().join(', ')}`, '', `twin = Twin.connect(${python(BASE.href.replace(/\/$/, ''))})`, `result = twin.${question}(${given.join(', ')})`, 'print(result)', ''].join('\n');
}

const KEPT = ['impact', 'compare', 'paths', 'criticality'];

/**
 * The menu of a result.
 * @param {{context: any, question: string, asked: any, path?: string, method?: 'POST'|'GET', formats?: string[], name?: string}} given
 */
export function exportMenu({ context, question, asked, path = question, method = 'POST', formats = FILES.map(([f]) => f), name = question }) {
  const item = (iconName, text, act, hint) => h('button', { type: 'button', class: 'item', onclick: () => { menu.open = false; act(); } }, icon(iconName), text, hint ? h('small', {}, hint) : null);
  const held = kept.current(question);
  const offered = FILES.filter(([f]) => formats.includes(f) && (!held || f === 'json' || f in OF_KEPT));
  const save = async (f) => {
    try {
      if (held) return download(`${name}.${ENDINGS[f]}`, f === 'json' ? JSON.stringify(held.answer) : await (await request(`results/${held.id}/export`, { query: { f: OF_KEPT[f] } })).blob());
      const response = await request(path, method === 'POST' ? { method, json: asked, query: { f } } : { query: { ...asked, f } });
      return download(`${name}.${ENDINGS[f]}`, await response.blob());
    } catch (error) {
      return toast(error.detail ?? error.message, 'bad');
    }
  };
  const menu = h('details', { class: 'menu', onkeydown: (event) => { if (event.key === 'Escape') { event.stopPropagation(); menu.open = false; } } },
    h('summary', { class: 'button' }, icon('download'), 'Export'),
    h('div', {}, h('h3', {}, held ? 'File, as kept' : 'File'), ...offered.map(([f, text]) => item('file', text, () => save(f), `.${ENDINGS[f]}`)),
      asked.hazard ? item('polygon', 'The hazard', () => download('hazard.geojson', JSON.stringify(asked.hazard)), '.geojson') : null,
      h('h3', {}, held ? 'The question, asked anew' : 'The same elsewhere'), item('table', 'Copy as CLI', () => copy(asCommand(question, asked), 'Command')), item('file', 'Copy as Python', () => copy(asPython(question, asked), 'Program')),
      KEPT.includes(question) && !held ? item('saved', 'Save and share …', () => keep(question, asked, nameOf(question, asked))) : null,
      WATCHABLE.includes(question) ? item('watch', 'Tell me when this changes …', () => watch(question, asked)) : null,
      h('a', { class: 'item', href: address('ogc/qgis/twin.qlr').href, download: 'twin.qlr' }, icon('layers'), 'Open the twin in QGIS', h('small', {}, '.qlr')),
      h('h3', {}, 'Picture and paper'), context.map ? item('layers', 'Map as PNG', async () => download(`${name}.png`, await context.map.picture()), '.png') : null, item('report', 'Print a report', () => report(context, held?.name ?? nameOf(question, asked), question))));
  addEventListener('click', ({ target }) => { if (!menu.contains(target)) menu.open = false; }, { signal: context.signal });
  return menu;
}
