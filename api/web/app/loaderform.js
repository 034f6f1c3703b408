// The options of a loader as a form: plain ones as fields, its tables (mappings) as text in TOML.

import { button, choice, field, h, problem, put } from './dom.js';
import { words } from './format.js';

const KEY = 'twin.mapping.';

/**
 * @param {any} found the upload @param {{options: {option: string, type: string, default: string, description: string}[]}} loader
 * @param {(options: string) => Promise<void>} check tries it with these options (TOML); rejects where the API does
 */
export function loaderForm(found, loader, check) {
  const own = loader.options.filter(({ option }) => !option.includes('.'));
  const plain = own.filter(({ type }) => type !== 'table');
  const tables = own.filter(({ type }) => type === 'table');
  const given = { ...(found.options ?? {}) };
  const kept = tables.length ? sessionStorage.getItem(KEY + found.id + loader.name) ?? mappingOf(found, plain) : '';
  const wrong = h('div', {});
  let busy = false;
  const area = h('textarea', { rows: Math.min(18, Math.max(4, kept.split('\n').length + 1)), spellcheck: 'false', class: 'code', 'aria-label': 'Mapping', value: kept, onchange: () => send() });
  const send = async () => {
    if (busy) return;
    busy = true;
    const set = plain.filter(({ option }) => given[option] !== undefined && given[option] !== '').map(({ option }) => `${option} = ${toml(given[option])}`);
    sessionStorage.setItem(KEY + found.id + loader.name, area.value);
    try {
      await check([...set, area.value].join('\n'));
    } catch (error) {
      const detail = String(error.detail ?? error.message).replace(/at line (\d+)/, (_, line) => `at line ${Math.max(1, line - set.length)}`);
      put(wrong, problem(Object.assign(error, { detail })));
    } finally {
      busy = false;
    }
  };
  const one = ({ option, type, default: usual, description }) => field(words(option), control(option, type, usual, given[option], (value) => { given[option] = value; send(); }), description);
  return h('div', { class: 'form loader' }, ...plain.map(one),
    tables.length ? h('div', { class: 'field' }, h('span', {}, `Mapping: ${tables.map(({ option }) => option).join(', ')}`), area,
      h('small', {}, 'TOML, as in a manifest below import.options. ', ...tables.map(({ option, description }) => `${option}: ${description} `)), h('div', { class: 'row' }, button('Try this mapping', send, { kind: 'small' }))) : null, wrong);
}

/** A control for an option by its type. */
function control(option, type, usual, value, change) {
  const shown = String(usual).replace(/^"|"$/g, '');
  const several = type.split(' | ');
  if (several.length > 1 && !several.some((name) => ['text', 'integer', 'number', 'list of text', 'table'].includes(name))) {
    const options = several.map((name) => [name, name === shown ? `${name} (default)` : name]);
    return choice(options, String(value ?? shown), (chosen) => change(type === 'true | false' ? chosen === 'true' : chosen), { 'data-option': option });
  }
  const list = type === 'list of text';
  const number = ['number', 'integer'].includes(type);
  const input = h('input', { value: list ? (value ?? []).join(', ') : value ?? '', placeholder: shown || (list ? 'a, b' : ''), type: number ? 'number' : 'text', step: 'any', 'data-option': option, spellcheck: 'false', onchange: () => {
    const text = input.value;
    if (text === '') change('');
    else change(list ? text.split(',').map((part) => part.trim()).filter(Boolean) : number ? Number(text) : text);
  } });
  return input;
}

/** The mapping of an upload as text: with the comments of the guess where it was guessed. */
function mappingOf(found, plain) {
  const guessed = found.toml?.split('\n').filter((line) => !/^(\[\[import\]\]|source = |loader = |path = |# (Seen:|A starter mapping of|Read the comments))/.test(line)).join('\n').replace(/^(#? ?\[+)import\.(?:options\.)?/gm, '$1');
  if (guessed?.includes('[')) return guessed.trim();
  const simple = new Set(plain.map(({ option }) => option));
  return document(Object.fromEntries(Object.entries(found.options ?? {}).filter(([name]) => !simple.has(name))));
}

const key = (name) => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));
const isTable = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** A value as TOML writes it. */
export function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`;
  if (isTable(value)) return `{ ${Object.entries(value).map(([name, part]) => `${key(name)} = ${toml(part)}`).join(', ')} }`;
  return JSON.stringify(value);
}

/** Tables as a TOML document. */
export function document(table, above = []) {
  const own = Object.entries(table).filter(([, value]) => value !== null && !isTable(value)).map(([name, value]) => `${key(name)} = ${toml(value)}`);
  const below = Object.entries(table).filter(([, value]) => isTable(value)).map(([name, value]) => document(value, [...above, name]));
  const head = above.length && own.length ? [`[${above.map(key).join('.')}]`] : [];
  return [[...head, ...own].join('\n'), ...below].filter(Boolean).join('\n\n');
}
