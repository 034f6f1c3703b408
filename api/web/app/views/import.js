// Import: drop the files of an export, see the plan and every row that cannot be taken, apply it.

import { ask, forget, request } from '../api.js';
import { button, copy, field, h, icon, problem, put, toast, waiting } from '../dom.js';
import { counted, number, words } from '../format.js';
import { follow, jobBar } from '../jobs.js';
import { loaderForm } from '../loaderform.js';
import { head, section } from '../panel.js';
import { table } from '../table.js';

export const keys = ['upload'];
const REJECTS = 200;
const OPEN = 'twin.open.options';

export async function show(host, context) {
  const id = context.state.get('upload');
  const body = h('div', {});
  put(host, head('Import', 'Nothing is written before you have seen the plan.', id ? button('Other files', () => context.state.set({ upload: null }), { icon: 'back' }) : null), body);
  if (!id) await begin(body, context);
  else await upload(body, context, id);
}

/** After a write: the next answer tells of the new revision, and all the page follows. */
function renewed() {
  forget();
  return ask('findings', { limit: 1 }, { fresh: true });
}

/** Where files are dropped, and what was uploaded before. */
async function begin(body, { state }) {
  const files = h('input', { type: 'file', multiple: true, hidden: true, 'aria-label': 'Files of an export', onchange: () => send([...files.files]) });
  const send = async (chosen) => {
    if (!chosen.length) return;
    put(zone, waiting(`Sending ${counted(chosen.length, 'file')} …`));
    const form = new FormData();
    for (const file of chosen) form.append('file', file, file.name);
    try {
      const made = await (await request('uploads', { method: 'POST', body: form })).json();
      state.set({ upload: made.id });
    } catch (error) {
      put(body, problem(error, () => begin(body, { state })));
    }
  };
  const zone = h('div', { class: 'drop', ondragover: (event) => { event.preventDefault(); zone.classList.add('over'); }, ondragleave: () => zone.classList.remove('over'), ondrop: (event) => { event.preventDefault(); send([...event.dataTransfer.files]); } },
    icon('import'), h('p', {}, h('strong', {}, 'Drop the files of one export here'), ', or a zip of them'), button('Choose files', () => files.click()), files,
    h('p', { class: 'small' }, 'Tables, GIS layers, spreadsheets, CGMES, PyPSA, NetBox and more: the loader is guessed.'));
  const before = await ask('uploads', { limit: 10 }, { fresh: true }).catch(() => ({ items: [] }));
  put(body, zone, before.items.length ? section('Before', true, h('ul', { class: 'plain' }, ...before.items.map((item) => h('li', {}, h('button', { type: 'button', class: 'link', onclick: () => state.set({ upload: item.id }) }, item.name),
    h('small', {}, ` ${item.loader ?? ''} ${item.run ? 'imported' : item.checked ? 'planned' : ''} ${item.made_at.slice(0, 16).replace('T', ' ')}`))))) : null);
}

async function upload(body, context, id) {
  const again = () => upload(body, context, id);
  try {
    const found = await ask(`uploads/${id}`, {}, { fresh: true, signal: context.signal });
    if (['received', 'checking', 'applying'].includes(found.state)) {
      const { node, tell } = jobBar(found.state === 'applying' ? 'Importing' : 'Dry run');
      put(body, files(found), node);
      await follow(found.job, tell, context.signal);
      if (found.state === 'applying') await renewed();
      await again();
      return;
    }
    const { loaders } = await ask('loaders');
    put(body, files(found), reading(found, loaders, again), found.error ? problem(found.error, again) : null, ...(found.report ? plan(found, context, again) : []));
  } catch (error) {
    if (error.name !== 'AbortError') put(body, problem(error, again));
  }
}

const files = (found) => h('p', { class: 'lead' }, h('strong', {}, found.name), ` ${counted(found.files.length, 'file')}, ${number(Math.ceil(found.size / 1024))} kB`);

/** How it is read; a change tries it again. */
function reading(found, loaders, again) {
  const ask = async (change) => {
    const { loader, source, replace, force, skip_rejects, as_of, path } = { ...found, ...change };
    const options = change.loader ? {} : { options: change.options ?? found.options, mapping: found.mapping };
    await request(`uploads/${found.id}/check`, { method: 'POST', json: { loader, source, replace, force, skip_rejects, as_of, path, ...(loader ? options : {}) } });
    again();
  };
  const check = (change) => ask(change).catch((error) => toast(error.detail ?? error.message, 'bad'));
  const flag = (name, text) => h('label', { class: 'flag' }, h('input', { type: 'checkbox', checked: found[name], onchange: ({ target }) => check({ [name]: target.checked }) }), text);
  const fixed = Boolean(found.run);
  const guess = found.guesses?.[0];
  const chosen = loaders.find(({ name }) => name === found.loader);
  return section('How it is read', !fixed, h('div', { class: 'form' },
    h('div', { class: 'two' },
      field('Loader', h('select', { disabled: fixed, onchange: ({ target }) => check({ loader: target.value }) }, ...loaders.map(({ name, title }) => h('option', { value: name, selected: name === found.loader, title }, name)))),
      field('Source (id prefix)', h('input', { value: found.source ?? '', disabled: fixed, onchange: ({ target }) => check({ source: target.value.trim() }) }))),
    guess ? h('p', { class: 'small' }, `Guessed ${guess.loader}, ${Math.round(100 * guess.sure)} % sure: ${guess.why}`) : null,
    fixed || !chosen?.options.length ? null : h('details', { class: 'more', 'data-test': 'options', open: sessionStorage.getItem(OPEN) === '1', ontoggle: ({ target }) => sessionStorage.setItem(OPEN, target.open ? '1' : '0') },
      h('summary', { class: 'small' }, chosen.options.some(({ type, option }) => type === 'table' && !option.includes('.')) ? `Options and mapping of ${chosen.name}` : `Options of ${chosen.name}`), loaderForm(found, chosen, (options) => ask({ options }))),
    fixed ? null : flag('skip_rejects', 'Take the good rows, keep the others as findings'), fixed ? null : flag('replace', 'Remove what vanished from this source')));
}

function plan(found, context, again) {
  const { report } = found;
  const { plan: planned } = report;
  const numbers = ['create', 'update', 'unchanged', 'remove'];
  const rows = planned.sources.flatMap((source) => ['assets', 'links'].map((what) => [`${source.source} ${what}`, source[what], what === 'assets' ? source.rejected : null]));
  for (const rule of planned.stitches) rows.push([`rule ${rule.name ?? rule.rule ?? ''}`, rule.links ?? rule, null]);
  return [
    h('table', { class: 'numbers', 'data-test': 'plan' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, found.run ? 'Done' : 'Plan'), ...numbers.map((name) => h('th', { scope: 'col' }, name)), h('th', { scope: 'col' }, 'rejected'))),
      h('tbody', {}, ...rows.map(([label, counts, rejected]) => h('tr', {}, h('td', {}, label), ...numbers.map((name) => h('td', { class: counts[name] ? '' : 'zero' }, number(counts[name] ?? 0))), h('td', { class: rejected ? 'plus' : 'zero' }, rejected === null ? '' : number(rejected)))))),
    report.rejected ? rejects(found) : h('p', { class: 'small' }, 'Every row can be taken.'),
    act(found, context, again),
    report.findings.length ? section(`Findings (${report.findings.length})`, false, ...report.findings.slice(0, 50).map((finding) => h('div', { class: `finding ${finding.severity}` }, h('p', {}, h('strong', {}, words(finding.code)), ` ${finding.message}`), h('p', { class: 'fix' }, finding.fix)))) : null,
    found.toml ? section('For a manifest', false, h('pre', {}, found.toml), button('Copy', () => copy(found.toml, 'Manifest'), { kind: 'small' })) : null,
  ];
}

function rejects(found) {
  const { rejects: rows, rejected } = found.report;
  return section(`Rows that cannot be taken (${number(rejected)})`, true,
    table([
      { title: 'where', value: (row) => `${row.file}:${row.row ?? ''}`, show: (row) => h('span', {}, `${row.file}${row.row === null ? '' : `:${row.row}`}`, row.column ? h('small', {}, row.column) : null) },
      { title: 'what', value: (row) => row.message, show: (row) => h('span', {}, row.message, h('small', {}, row.fix)) },
    ], rows.slice(0, REJECTS), { label: 'Rejected rows' }),
    h('p', {}, h('a', { href: `uploads/${found.id}/rejects`, download: 'rejects.csv' }, rejected > rows.length ? `All ${number(rejected)} as CSV` : 'As CSV')));
}

/** Apply, or what has come of it. */
function act(found, { state, open }, again) {
  const begun = async (path) => {
    try {
      await request(path, { method: 'POST' });
      await again();
    } catch (error) {
      toast(`${error.detail ?? error.message} ${error.fix ?? ''}`, 'bad');
    }
  };
  if (found.run) {
    return h('div', { class: 'row' }, h('strong', {}, `Imported as revision ${found.report.revision}`), button('See it', () => { state.set({ upload: null }); open('explore'); }, { kind: 'primary' }),
      button('Take it back', async ({ currentTarget }) => {
        currentTarget.disabled = true;
        await begun(`imports/${found.run}/undo`);
        await renewed();
        toast('Taken back: the twin is as it was before this import');
      }));
  }
  const blocked = found.report.rejected && !found.skip_rejects;
  const changed = found.report.plan.changed;
  return h('div', { class: 'row act' }, button(changed ? `Apply: ${counted(changed, 'change')}` : 'Nothing to change', () => begun(`uploads/${found.id}/apply`), { kind: 'primary', disabled: blocked || !changed }),
    blocked ? h('small', {}, 'Correct the rows above, or take the good ones only.') : null);
}
