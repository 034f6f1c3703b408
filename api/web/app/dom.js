// Building the page: elements, icons, notes, small parts that many views use.

/**
 * An element with attributes, handlers (`on*`) and children; null and false children are left out.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `data-*`, `onclick` ...; `style` is an object of properties.
 * @param {...(Node|string|number|null|undefined|false|any[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node[name] = value;
    else if (name === 'style') Object.assign(node.style, value);
    else if (name === 'value') node.value = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** Replace what is in *host*; null and false children are left out. */
export const put = (host, ...children) => host.replaceChildren(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));

const ICONS = {
  explore: 'M3 4.5 8 2l5 2.5L8 7zM3 8l5 2.5L13 8M3 11.5 8 14l5-2.5',
  impact: 'M9 1.5 4 9h3.5L7 14.5 12 7H8.5z',
  compare: 'M2.5 3h4v10h-4zM9.5 3h4v10h-4z',
  critical: 'M3 13V8M8 13V3M13 13v-3',
  paths: 'M3.5 3.5a1.5 1.5 0 1 0 .01 0M12.5 12.5a1.5 1.5 0 1 0 .01 0M5 5c1 4 6 1 6.5 7M4 6.5C4 12 8 13 11 14',
  findings: 'M8 2 14.5 13.5h-13zM8 6.5v3.5M8 11.8v.2',
  import: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 10.5v3h11v-3',
  saved: 'M4 2h8v12l-4-3-4 3z',
  watch: 'M3 11.5h10c-1.2-1.2-1.5-2.3-1.5-4.500a3.500 3.500 0 0 0-7 0c0 2.200-.3 3.300-1.500 4.500zM6.500 13.500h3M8 2v1.500',
  edit: 'M3 13l.8-3.200L10.500 3 13 5.500 6.200 12.200zM9 4.500 11.500 7',
  refresh: 'M13 8a5 5 0 1 1-1.500-3.500L13 6M13 2.500V6H9.500',
  report: 'M4 1.5h6l3 3v10H4zM6 7h5M6 9.5h5M6 12h3',
  sun: 'M8 5a3 3 0 1 0 .01 0M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
  help: 'M5.5 6a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M8 12.5v.2',
  link: 'M6.5 9.5l3-3M5 7 3.5 8.5a2.5 2.5 0 0 0 3.5 3.5L8.5 10.5M11 9l1.5-1.5A2.5 2.5 0 0 0 9 4L7.5 5.5',
  close: 'M4 4l8 8M12 4l-8 8',
  play: 'M5 3v10l8-5z',
  pause: 'M5 3v10M11 3v10',
  next: 'M4 3v10l6-5zM12 3v10',
  back: 'M12 3v10L6 8zM4 3v10',
  polygon: 'M3 6 8 2l5.5 4L11 13H5z',
  circle: 'M8 2.5a5.5 5.5 0 1 0 .01 0',
  file: 'M4 1.5h6l3 3v10H4zM10 1.5v3h3',
  layers: 'M3 6 8 3l5 3-5 3zM3 9.5l5 3 5-3',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  target: 'M8 3.5a4.5 4.5 0 1 0 .01 0M8 1v3M8 12v3M1 8h3M12 8h3',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  graph: 'M3.5 8a1.5 1.5 0 1 0 .01 0M12 3a1.5 1.5 0 1 0 .01 0M12 13a1.5 1.5 0 1 0 .01 0M5 7.5 10.5 4.5M5 8.5l5.5 3',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6 3.5v9',
};

/** A 16-pixel line icon; hidden from screen readers, so its button needs a label. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svg.namespaceURI, 'path');
  path.setAttribute('d', ICONS[name] ?? '');
  svg.append(path);
  return svg;
}

const sheets = new Map();

/** Load the stylesheet of a library once. @param {string} file below `web/vendor/` */
export function stylesheet(file) {
  if (!sheets.has(file)) sheets.set(file, new Promise((resolve) => document.head.prepend(h('link', { rel: 'stylesheet', href: `web/vendor/${file}`, onload: resolve, onerror: resolve }))));
  return sheets.get(file);
}

/** A button with an icon, a text, or both. */
export function button(text, onclick, { icon: name, title, kind = '', ...rest } = {}) {
  return h('button', { type: 'button', class: `button ${kind}`, title, 'aria-label': text ? undefined : title, onclick, ...rest },
    name ? icon(name) : null, text ? h('span', {}, text) : null);
}

/** A field: a label above its control. */
export const field = (label, control, hint) => h('label', { class: 'field' }, h('span', {}, label), control, hint ? h('small', {}, hint) : null);

/** A choice among `[value, text]` pairs. */
export function choice(options, value, onchange, attributes = {}) {
  const select = h('select', { onchange: () => onchange(select.value), ...attributes },
    ...options.map(([option, text]) => h('option', { value: option, selected: option === value }, text)));
  return select;
}

/** A line that says what is being waited for. */
export const waiting = (text) => h('p', { class: 'waiting', role: 'status' }, h('i', { class: 'spinner' }), text);

/** What a view shows when there is nothing to show yet: a sentence, and what to do. */
export const empty = (title, ...lines) => h('div', { class: 'empty' }, h('strong', {}, title), ...lines.map((line) => h('p', {}, line)));

/** An error as the user reads it: what, why, what to do about it. */
export function problem(error, retry) {
  const code = error.code ? h('a', { href: `docs/errors#${error.code}`, target: '_blank', rel: 'noopener' }, error.code) : null;
  return h('div', { class: 'problem', role: 'alert' }, h('strong', {}, error.title ?? 'That did not work'), h('p', {}, error.detail ?? error.message),
    error.fix ? h('p', { class: 'fix' }, error.fix) : null,
    h('p', { class: 'small' }, code, error.request_id ? ` · request ${error.request_id}` : null),
    retry ? button('Try again', retry) : null);
}

/** A short message that goes away by itself; of a *kind* (`bad`, `told`) it stays longer. @param {string|Node} text */
export function toast(text, kind = '') {
  const note = h('div', { class: `toast ${kind}` }, text);
  document.getElementById('toasts').append(note);
  setTimeout(() => note.remove(), kind ? 9000 : 3500);
}

/** Put *text* on the clipboard, and say so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch { // no clipboard without https or permission: show it to be copied by hand
    const area = h('textarea', { rows: 4, readonly: true, 'aria-label': what }, text);
    dialog(what, area);
    area.select();
  }
}

/** A dialog over the page; Esc and its button close it. @returns {HTMLDialogElement} */
export function dialog(title, ...content) {
  const box = /** @type {HTMLDialogElement} */ (h('dialog', { 'aria-label': title },
    h('header', {}, h('h2', {}, title), button('', () => box.close(), { icon: 'close', title: 'Close', kind: 'quiet' })), ...content));
  const before = document.activeElement; // the browser gives the keyboard back only to what is still to be seen
  box.onclose = () => {
    box.remove();
    if (document.activeElement === document.body) (before?.checkVisibility() && before !== document.body ? before : before?.closest('details')?.querySelector('summary') ?? document.querySelector('#panel h2[tabindex]'))?.focus();
  };
  box.onclick = ({ target }) => { if (target === box) box.close(); }; // returning false would cancel what was clicked
  document.body.append(box);
  box.showModal();
  return box;
}

/** Offer *content* as a file. */
export function download(name, content, type = 'application/octet-stream') {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = h('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
