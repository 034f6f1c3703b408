// The twin's words: domains, kinds, properties with units; and how many assets there are of each kind.

import { ask } from './api.js';
import { words } from './format.js';

/** @typedef {{name: string, title: string, colour?: string}} Domain */
/** @typedef {{name: string, domain: string, layer: string, geometry: string, description: string, properties: string[]}} Kind */

/** What `GET /schema` says, by name. */
export class Vocabulary {
  /** @param {any} schema */
  constructor(schema) {
    /** @type {Map<string, Domain>} */
    this.domains = new Map(schema.domains.map((domain) => [domain.name, domain]));
    /** @type {Map<string, Kind>} */
    this.kinds = new Map(schema.kinds.map((kind) => [kind.name, kind]));
    this.properties = new Map(schema.properties.map((property) => [property.name, property]));
    this.services = new Map(schema.services.map((service) => [service.name, service]));
    this.links = new Map(schema.link_types.map((type) => [type.name, type]));
  }

  static read = () => ask('schema').then((schema) => new Vocabulary(schema));

  /** The name that people read: `Energy`. */
  domain = (name) => this.domains.get(name)?.title ?? words(name);

  /** The unit of a property, or null. */
  unit = (name) => this.properties.get(name)?.unit ?? null;
}

/** Assets per kind, from the completeness report. @returns {Promise<{counts: Map<string, number>, total: number, revision: number}>} */
export async function countKinds() {
  const report = await ask('completeness');
  const counts = new Map();
  for (const row of report.items) counts.set(row.kind, (counts.get(row.kind) ?? 0) + row.assets);
  return { counts, total: report.total.assets, revision: report.revision, sources: report.assumptions.sources, notice: report.notice };
}
