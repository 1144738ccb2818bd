// Compares JSON with the models of @azure/arm-network: what its deserializers read of it, and whether what they make
// of it has the types that the package declares. Run in the folder that has node_modules.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const files = ['models', 'common/models', 'network/models']
    .map((name) => `node_modules/@azure/arm-network/dist/esm/models/${name}`);
const code = Object.assign({}, ...await Promise.all(files.map((file) => import(pathToFileURL(`${file}.js`)))));
const declarations = files.map((file) => readFileSync(`${file}.d.ts`, 'utf8')).join('\n').replace(/\/\*[^]*?\*\//g, '');

// ---- what the package declares
const found = (pattern) => [...declarations.matchAll(pattern)];
const aliases = new Map(found(/export (?:declare )?type (\w+) = ([^;]+);/g).map(([, name, type]) => [name, type]));
const values = new Map(found(/export declare enum Known(\w+) \{([^}]*)\}/g).map(([, name, body]) =>
  [name, [...body.matchAll(/= "([^"]*)"/g)].map(([, value]) => value)]));
const interfaces = new Map(found(/export interface (\w+)(?: extends ([\w, ]+))? \{([^}]*)\}/g).map(([, name, parents, body]) =>
  [name, { parents: parents?.split(', ') ?? [], members: membersIn(body) }]));
const results = new Map(found(/export declare function (\w+)Deserializer\(\w+: any\): (\w+);/g)
    .map(([, name, type]) => [name, type]));

function membersIn(body) {
  return [...body.matchAll(/(?:readonly )?"?(\w+)"?(\??): ([^;]+);/g)]
      .map(([, name, optional, type]) => ({ name, type, required: optional === '' }));
}

function membersOf(type) {
  const { parents, members } = interfaces.get(type);
  return [...parents.flatMap(membersOf), ...members];
}

// ---- what is wrong with a value of a type: yields a sentence for each
function* wrongIn(value, type, where) {
  if (/^(any|unknown)$/.test(type)) return;
  if (type.endsWith('[]')) return yield* wrongInList(value, type.slice(0, -2).replace(/^\((.*)\)$/, '$1'), where);
  const [, listed] = type.match(/^Array<(.*)>$/) ?? [];
  if (listed) return yield* wrongInList(value, listed, where);
  const [, entries] = type.match(/^Record<string, (.*)>$/) ?? [];
  if (entries) return yield* wrongInRecord(value, entries, where);
  if (aliases.has(type)) {
    yield* wrongIn(value, aliases.get(type), where);
    if (values.has(type) && !values.get(type).includes(value)) yield `${where} is ${JSON.stringify(value)}, none of ${type}`;
    return;
  }
  if (interfaces.has(type)) return yield* wrongInObject(value, type, where);
  if (type === 'Date') return value instanceof Date && !isNaN(value) ? undefined : yield `${where} is no date`;
  if (!/^(string|number|boolean)$/.test(type)) throw new Error(`${where} has the type ${type}, which this test does not know`);
  if (typeof value !== type) yield `${where} is ${JSON.stringify(value)}, no ${type}`;
}

function* wrongInList(value, type, where) {
  if (!Array.isArray(value)) return yield `${where} is ${JSON.stringify(value)}, no list`;
  for (const item of value) yield* wrongIn(item, type, `${where}[]`);
}

function* wrongInRecord(value, type, where) {
  if (typeof value !== 'object' || value === null) return yield `${where} is ${JSON.stringify(value)}, no object`;
  for (const [key, item] of Object.entries(value)) yield* wrongIn(item, type, `${where}.${key}`);
}

function* wrongInObject(value, type, where) {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) return yield `${where} is ${JSON.stringify(value)}, no ${type}`;
  for (const { name, type: wanted, required } of membersOf(type)) {
    if (value[name] !== undefined) yield* wrongIn(value[name], wanted, `${where}.${name}`);
    else if (required) yield `${where}.${name} is missing`;
  }
}

// ---- what the deserializers read: JSON that remembers which of its members were asked for
class Watched {
  constructor(value) {
    this.value = value;
    this.read = new Set();
    this.inside = new Map(); // a member's, or an item's
    const children = Array.isArray(value) ? value.map((item, index) => this.child(index, item)) : value;
    this.shown = Array.isArray(value) ? children : new Proxy(value, {
      get: (object, name) => { this.read.add(name); return this.child(name, object[name]); },
      ownKeys: (object) => { Object.keys(object).forEach((name) => this.read.add(name)); return Reflect.ownKeys(object); },
    });
  }
  child(name, value) {
    if (typeof value !== 'object' || value === null) return value;
    if (!this.inside.has(name)) this.inside.set(name, new Watched(value));
    return this.inside.get(name).shown;
  }
  // Visits every member that was printed: (where, whether it was read). Not those of an object that was taken as it is.
  each(visit, where) {
    if (Array.isArray(this.value)) return this.inside.forEach((item) => item.each(visit, `${where}[]`));
    if (this.read.size === 0) return;
    for (const name of Object.keys(this.value)) {
      visit(`${where}.${name}`, this.read.has(name));
      if (this.read.has(name)) this.inside.get(name)?.each(visit, `${where}.${name}`);
    }
  }
}

// {printed, known, unknown: [where...], wrong: [sentence...]} of JSON that `model`Deserializer takes.
export function compare(model, json) {
  const read = code[`${model}Deserializer`];
  const type = results.get(model);
  if (!read || !type) throw new Error(`@azure/arm-network has no ${model}Deserializer`);
  const result = { printed: 0, known: 0, unknown: new Set(), wrong: new Set() };
  try {
    const watched = new Watched(json);
    read(watched.shown);
    watched.each((where, known) => {
      result.printed += 1;
      result.known += known;
      if (!known) result.unknown.add(where);
    }, model);
    for (const sentence of wrongIn(read(json), type, model)) result.wrong.add(sentence);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    result.wrong.add(`${model}: the SDK cannot read it: ${error.message}`);
  }
  return result;
}
