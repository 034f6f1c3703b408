// Asking the API: answers, problem documents as errors, the key where one is needed.

import { button, dialog, field, h } from './dom.js';

export const BASE = new URL('.', document.baseURI);
const KEY = 'twin.key';
const kept = new Map();

/** An answer that is not one: `title`, `detail`, `fix`, `code`, `request_id` of the problem document. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? `The server answered ${status}`);
    Object.assign(this, body);
    this.status = status;
  }
}

/** Address of *path* (without leading slash) with the parameters that have a value. */
export function address(path, query = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') url.searchParams.set(name, value);
  return url;
}

/** The path of an asset, with the slashes of its id as they are. */
export const assetPath = (id) => `assets/${encodeURIComponent(id).replaceAll('%2F', '/').replaceAll('%3A', ':')}`;

/** Headers that every request carries: the key, when the user gave one. */
export function headers() {
  const key = sessionStorage.getItem(KEY);
  return key ? { Authorization: `Bearer ${key}` } : {};
}

let revision = 0;
const followers = new Set();

/** Call *listener* when an answer comes from a newer state of the twin than those before. @param {(revision: number) => void} listener */
export const onRevision = (listener) => followers.add(listener);

/** The newest revision that an answer was of; 0 before the first. */
export const newest = () => revision;

/** Somebody said that the twin is at revision *now*. */
export function heard(now) {
  const before = revision;
  revision = Math.max(revision, now);
  if (now > before && before) {
    kept.clear();
    followers.forEach((listener) => listener(now));
  }
}

function noted(response) {
  heard(Number(response.headers.get('X-Twin-Revision')));
  return response;
}

/**
 * One request.
 * @param {string|URL} path @param {RequestInit & {query?: object, json?: any}} [options]
 * @returns {Promise<Response>} whose status is below 400. @throws {Problem}
 */
export async function request(path, { query, json, ...options } = {}) {
  const send = async () => {
    const given = { ...headers(), ...(options.headers ?? {}), ...(json === undefined ? {} : { 'Content-Type': 'application/json' }) };
    return fetch(path instanceof URL ? path : address(path, query), { ...options, headers: given, ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
  };
  let response;
  try {
    response = await send();
    while (response.status === 401 && await askKey(await response.clone().json().catch(() => ({})))) response = await send();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, { title: 'The server does not answer', detail: error.message, fix: 'See whether `twin serve` still runs, then try again.' });
  }
  if (response.status >= 400) {
    const text = await response.text();
    let body = { title: `The server answered ${response.status}`, detail: text.slice(0, 300) };
    try { body = JSON.parse(text); } catch { /* not a problem document */ }
    throw new Problem(response.status, body);
  }
  return noted(response);
}

/** GET as JSON. What was asked a moment ago is not asked again; what is older is revalidated by the browser. */
export function ask(path, query, { signal, fresh = false } = {}) {
  const url = address(path, query);
  const held = kept.get(url.href);
  if (held && !fresh && performance.now() - held.at < 15_000) return held.answer;
  const answer = request(url, { signal }).then((response) => response.json());
  answer.catch(() => kept.delete(url.href));
  if (kept.size > 400) kept.clear();
  kept.set(url.href, { at: performance.now(), answer });
  return answer;
}

/** POST *json*, the answer as JSON. */
export const post = (path, json, { signal, query } = {}) => request(path, { method: 'POST', json, signal, query }).then((response) => response.json());

/** Forget kept answers, e.g. after an import. */
export const forget = () => kept.clear();

/** Every page of a list up to *most* rows: `{items, total}`. */
export async function pages(path, query, most = 5000, signal) {
  const items = [];
  let cursor;
  let page;
  do {
    page = await ask(path, { ...query, cursor, limit: Math.min(1000, most) }, { signal });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor && items.length < most);
  return { ...page, items };
}

let asking = null;

/** Asks the user for a key, once at a time; false when they decline. */
function askKey(why) {
  asking ??= new Promise((resolve) => {
    const input = h('input', { type: 'password', autocomplete: 'off', required: true });
    const form = h('form', { method: 'dialog', onsubmit: () => { sessionStorage.setItem(KEY, input.value.trim()); resolve(true); } },
      h('p', {}, why.detail ?? 'This server answers only who has a key.'), field('Key', input, 'Kept until this tab is closed.'),
      h('div', { class: 'row' }, button('Use it', null, { kind: 'primary', type: 'submit' })));
    const box = dialog('A key is needed', form);
    box.addEventListener('close', () => resolve(false));
    input.focus();
  }).finally(() => { asking = null; });
  return asking;
}
