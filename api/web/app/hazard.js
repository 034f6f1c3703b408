// Hazards in the address: `c:lon,lat,metres` a circle, `p:lon,lat,lon,lat,...` a polygon, `j:...` any GeoJSON,
// `f:name` a dropped file too large for an address, which this tab keeps.

const R = 6371008.8;
const MAX = 6000;
const files = new Map();

/** A circle as a polygon of 64 corners. */
export function circle(lon, lat, metres) {
  const ring = [];
  const [phi, angle] = [(lat * Math.PI) / 180, metres / R];
  for (let i = 0; i <= 64; i += 1) {
    const bearing = -(i % 64) * (Math.PI / 32);
    const to = Math.asin(Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(bearing));
    const by = Math.atan2(Math.sin(bearing) * Math.sin(angle) * Math.cos(phi), Math.cos(angle) - Math.sin(phi) * Math.sin(to));
    ring.push([round(lon + (by * 180) / Math.PI), round((to * 180) / Math.PI)]);
  }
  return { type: 'Polygon', coordinates: [ring] };
}

const round = (value) => Math.round(value * 1e5) / 1e5;

/** Metres between two positions. */
export function distance([lon1, lat1], [lon2, lat2]) {
  const rad = Math.PI / 180;
  const a = Math.sin(((lat2 - lat1) * rad) / 2) ** 2 + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * R * Math.asin(Math.sqrt(a));
}

/** The GeoJSON that *text* of the address stands for; null for none or when this tab does not have the file. */
export function hazardOf(text) {
  if (!text) return null;
  const kind = text.slice(0, 2);
  const rest = text.slice(2);
  try {
    if (kind === 'c:') return circle(...rest.split(',').map(Number));
    if (kind === 'p:') {
      const flat = rest.split(',').map(Number);
      const ring = [];
      for (let i = 0; i + 1 < flat.length; i += 2) ring.push([flat[i], flat[i + 1]]);
      ring.push(ring[0]);
      return ring.length > 3 && ring.flat().every(Number.isFinite) ? { type: 'Polygon', coordinates: [ring] } : null;
    }
    if (kind === 'j:') return JSON.parse(rest);
    if (kind === 'f:') return files.get(rest) ?? JSON.parse(sessionStorage.getItem(`twin.hazard.${rest}`));
  } catch { /* not a hazard: none */ }
  return null;
}

/** Whether the address names a file that this tab does not have. */
export const isLost = (text) => Boolean(text) && text.startsWith('f:') && hazardOf(text) === null;

/** Text of the address for a drawn ring [[lon, lat], ...]. */
export const polygonText = (ring) => `p:${ring.slice(0, -1).map((place) => place.map(round).join(',')).join(',')}`;

/** Text of the address for a circle. */
export const circleText = ([lon, lat], metres) => `c:${round(lon)},${round(lat)},${Math.round(metres)}`;

/** A short name that only this content has. */
function digest(text) {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return (sum >>> 0).toString(36);
}

/** As `documentText`, under a name of its content; with *keep* false a large one is named only. */
export function savedText(document, keep = true) {
  const text = JSON.stringify(document);
  const name = `hazard-${digest(text)}`;
  return text.length > MAX && !keep ? `f:${name}` : documentText(document, name);
}

/** Text of the address for any GeoJSON; a large one is kept by this tab under *name*. */
export function documentText(document, name) {
  const text = JSON.stringify(document);
  if (text.length <= MAX) return `j:${text}`;
  const short = name.replace(/[^\w.-]+/g, '_').slice(0, 60);
  files.set(short, document);
  try { sessionStorage.setItem(`twin.hazard.${short}`, text); } catch { /* too large to outlive a reload */ }
  return `f:${short}`;
}

/** A hazard in a few words. */
export function described(text) {
  if (text.startsWith('c:')) {
    const [lon, lat, metres] = text.slice(2).split(',').map(Number);
    return `circle of ${metres >= 1000 ? `${Math.round(metres / 100) / 10} km` : `${metres} m`} around ${lat.toFixed(2)}, ${lon.toFixed(2)}`;
  }
  if (text.startsWith('p:')) return `polygon with ${text.slice(2).split(',').length / 2} corners`;
  if (text.startsWith('f:')) return text.startsWith('f:hazard-') ? 'GeoJSON' : text.slice(2);
  return 'GeoJSON';
}
