// Renders openapi.json as a reference page in which every operation can be tried. No library, no network.

const base = new URL('.', document.baseURI);
const $ = (id) => document.getElementById(id);

/** An element with attributes, properties (`on*`) and children. */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node[name] = value;
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

/** Text as nodes, with `code` in backticks. */
const inline = (text = '') => text.split(/`([^`]+)`/).map((part, i) => (i % 2 ? h('code', {}, part) : part));

const resolve = (api, schema) => (schema?.$ref ? schema.$ref.slice(2).split('/').reduce((at, key) => at[key], api) : schema);

/** A schema in a few words: type, bounds, choices. */
function words(api, given, optional = false) {
  const schema = resolve(api, given) ?? {};
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.filter((option) => !optional || option.type !== 'null').map((option) => words(api, option)).join(' or ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  let text = schema.type ?? 'any';
  if (text === 'array') text = `list of ${words(api, schema.items ?? schema.prefixItems?.[0], true)}`;
  const { minimum, maximum, maxLength, maxItems } = schema;
  if (minimum !== undefined && maximum !== undefined) text += ` ${minimum} … ${maximum >= 1e9 ? maximum.toExponential() : maximum}`;
  else if (minimum !== undefined) text += ` ≥ ${minimum}`;
  if (maxLength !== undefined && !optional) text += `, at most ${maxLength} characters`;
  if (maxItems !== undefined) text += `, at most ${maxItems} of them`;
  return text;
}

/** The members of an object schema as a nested table. */
function members(api, given, depth = 0) {
  const schema = resolve(api, given) ?? {};
  const inner = schema.type === 'array' ? resolve(api, schema.items) : schema;
  const values = inner?.additionalProperties?.$ref ? resolve(api, inner.additionalProperties) : inner;
  if (!values?.properties || depth > 4) return undefined;
  return h('table', {}, ...Object.entries(values.properties).map(([name, member]) => h('tr', {},
    h('td', { class: 'name' }, h('code', {}, name)),
    h('td', {}, words(api, member), ...(member.description ? [' · ', ...inline(member.description)] : []),
      members(api, member, depth + 1) ? h('details', {}, h('summary', {}, 'members'), members(api, member, depth + 1)) : undefined))));
}

function parameterRow(parameter, api) {
  const example = parameter.example ?? Object.values(parameter.examples ?? {})[0] ?? parameter.schema?.examples?.[0];
  const hint = example?.value ?? example;
  const input = h('input', {
    name: parameter.name, 'data-in': parameter.in, placeholder: parameter.schema?.default ?? (hint === undefined ? '' : `e.g. ${hint}`),
    'aria-label': parameter.name, autocomplete: 'off', spellcheck: 'false', required: parameter.required,
  });
  return h('tr', {},
    h('td', { class: 'name' }, h('code', {}, parameter.name), parameter.required ? ' *' : ''),
    h('td', {}, ...inline(parameter.description), ' ', h('small', {}, words(api, parameter.schema, true))),
    h('td', { class: 'value' }, input));
}

function address(path, form) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(form.elements[name].value).replaceAll('%2F', '/').replaceAll('%3A', ':'));
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll('[data-in=query]')) if (input.value !== '') query.set(input.name, input.value);
  return new URL(filled.slice(1) + (query.size ? `?${query}` : ''), base);
}

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

async function send(event, method, path) {
  event.preventDefault();
  const form = event.target;
  const output = form.querySelector('output');
  const url = address(path, form);
  const body = form.elements.body?.value;
  const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
  for (const input of form.querySelectorAll('[data-in=header]')) if (input.value) headers[input.name] = input.value;
  const curl = ['curl', method === 'GET' ? '' : `-X ${method}`, ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    body === undefined ? '' : `-d ${quoted(body)}`, quoted(url.href)].filter(Boolean).join(' ');
  output.replaceChildren(h('p', {}, 'Asking …'));
  const begun = performance.now();
  try {
    const response = await fetch(url, { method, headers, body });
    const text = await response.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
    const cut = shown.length > 200000 ? `${shown.slice(0, 200000)}\n… (${shown.length - 200000} more characters)` : shown;
    output.replaceChildren(
      h('div', { class: 'row' }, h('strong', { class: response.ok || response.status === 304 ? '' : 'bad' }, `${response.status} ${response.statusText}`),
        h('small', {}, `${Math.round(performance.now() - begun)} ms · revision ${response.headers.get('X-Twin-Revision') ?? '–'} · ETag ${response.headers.get('ETag') ?? '–'}`),
        h('button', { type: 'button', onclick: () => navigator.clipboard?.writeText(curl) }, 'Copy as curl')),
      h('pre', {}, curl), h('pre', {}, cut));
  } catch (error) {
    output.replaceChildren(h('p', { class: 'bad' }, `No answer: ${error.message}`), h('pre', {}, curl));
  }
}

function operation(api, path, method, given) {
  const media = given.requestBody?.content?.['application/json'];
  const request = resolve(api, media?.schema);
  const sample = media?.example ?? request?.examples?.[0];
  const success = given.responses['200']?.content?.['application/json']?.schema;
  const parameters = given.parameters ?? [];
  return h('section', { id: given.operationId, 'data-words': `${path} ${given.summary} ${given.operationId}`.toLowerCase() },
    h('h2', {}, h('span', { class: `verb ${method}` }, method.toUpperCase()), ' ', h('span', { class: 'path' }, path)),
    h('p', {}, h('strong', {}, given.summary)), h('p', {}, ...inline(given.description)),
    h('form', { onsubmit: (event) => send(event, method.toUpperCase(), path) },
      parameters.length ? h('table', {}, ...parameters.map((parameter) => parameterRow(parameter, api))) : undefined,
      request ? h('div', {}, h('h3', {}, 'Body'), members(api, request), h('textarea', { name: 'body', 'aria-label': 'Body', spellcheck: 'false' }, JSON.stringify(sample ?? {}, null, 2))) : undefined,
      h('p', {}, h('button', {}, 'Try it')), h('output', {})),
    success ? h('details', {}, h('summary', {}, 'Answer'), members(api, success)) : undefined,
    h('details', {}, h('summary', {}, 'Statuses'), h('table', {}, ...Object.entries(given.responses).map(([status, response]) =>
      h('tr', {}, h('td', { class: 'name' }, status), h('td', {}, response.description)))))); 
}

function show(api) {
  $('version').textContent = api.info.version;
  $('status').replaceChildren(api.info.description.replace(/\n(?!\n)/g, ' ').replaceAll('`', '').replace(/\n+ */g, '\n'), '\n',
    h('a', { href: 'openapi.json' }, 'openapi.json'), ' · ', h('a', { href: 'docs/errors' }, 'error codes'));
  const sections = [];
  for (const tag of api.tags) {
    const links = [];
    for (const [path, item] of Object.entries(api.paths)) {
      for (const [method, given] of Object.entries(item)) {
        if (!given.tags?.includes(tag.name)) continue;
        links.push(h('a', { href: `#${given.operationId}`, 'data-for': given.operationId }, h('span', { class: `verb ${method}` }, method.toUpperCase()), ' ', path));
        sections.push(operation(api, path, method, given));
      }
    }
    $('index').append(h('h2', {}, tag.name), ...links);
  }
  $('operations').replaceChildren(...sections);
  $('filter').oninput = ({ target }) => {
    for (const section of sections) {
      const hidden = !section.dataset.words.includes(target.value.toLowerCase());
      section.hidden = hidden;
      document.querySelector(`[data-for="${section.id}"]`).hidden = hidden;
    }
  };
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && !event.target.matches('input, textarea')) { event.preventDefault(); $('filter').focus(); }
  });
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

try {
  const response = await fetch(new URL('openapi.json', base));
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  show(await response.json());
} catch (error) {
  $('status').replaceChildren(h('span', { class: 'bad' }, `The document could not be read: ${error.message}. `), h('a', { href: '' }, 'Try again'));
}
