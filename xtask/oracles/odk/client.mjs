// Fills the form in as an observer would, in ODK Web Forms' own engine, and writes what it would send.
//
// usage: node client.mjs PLAIN.xml PACK.xml OUT   (both XForms as pyxform makes them)
//
// OUT gets a folder a submission: instance.xml and its attachments, as OpenRosa clients name them. The engine
// judges relevance, calculations, constraints and edits; none of that is ours. A last line of JSON says what
// the form is and what the engine held against each answer.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The packages are in the cache, not beside this file.
const modules = createRequire(path.join(process.env.ODK_MODULES, 'package.json'));
const { JSDOM } = modules('jsdom');
const { window } = new JSDOM('', { contentType: 'text/html' });
for (const name of Object.getOwnPropertyNames(window)) {
  if (/^(DOM|XML|XPath)|^(Attr|CDATASection|Comment|Document|DocumentFragment|Element|HTMLElement|Node|NodeFilter|ProcessingInstruction|Text|TreeWalker)$/.test(name)) {
    globalThis[name] ??= window[name];
  }
}
// The engine takes Node for a bundle of CommonJS when it looks for its parser's WebAssembly.
globalThis.__dirname = path.join(process.env.ODK_MODULES, 'node_modules/@getodk/xforms-engine/dist');
globalThis.require = modules;
globalThis.window ??= window;
globalThis.document ??= window.document;
const engine = await import(pathToFileURL(path.join(process.env.ODK_MODULES,
  'node_modules/@getodk/xforms-engine/dist/index.js')));

const [plain, pack, out] = process.argv.slice(2);
const forms = { plain: await load(plain), pack: await load(pack) };

async function load(file) {
  const form = await engine.loadForm(await readFile(file, 'utf8'));
  if (form.status === 'failure') throw form.error;
  return form;
}

// Every node of a form by its path below the form's element.
function nodesOf(root) {
  const nodes = new Map();
  const visit = (node) => {
    for (const child of node.currentState.children ?? []) {
      nodes.set(child.currentState.reference.replace(/^\/data\//, ''), child);
      visit(child);
    }
  };
  visit(root);
  return nodes;
}

function answer(root, answers) {
  for (const [where, value] of Object.entries(answers)) {
    const node = nodesOf(root).get(where);
    if (node === undefined) throw new Error(`the form has no ${where}`);
    if (!node.currentState.relevant) throw new Error(`${where} is not asked here`);
    if (node.nodeType === 'select') node.selectValue(value);
    else node.setValue(value);
  }
}

async function write(name, instance) {
  const payload = await instance.root.prepareInstancePayload();
  const folder = path.join(out, name);
  await mkdir(folder, { recursive: true });
  for (const [key, file] of payload.data[0].entries()) {
    const plainName = key === 'xml_submission_file' ? 'instance.xml' : key;
    await writeFile(path.join(folder, plainName), Buffer.from(await file.arrayBuffer()));
  }
  const held = (payload.violations ?? []).map(({ reference, violation }) =>
    `${reference.replace(/^\/data\//, '')}: ${violation.message?.asString ?? violation.condition}`);
  const xml = await readFile(path.join(folder, 'instance.xml'), 'utf8');
  const id = /<(?:\w+:)?instanceID>([^<]*)</.exec(xml)[1];
  return { name, id, status: payload.status, held, payload };
}

const when = { from: '2017-07-10T04:31:00+03:00', to: '2017-07-10T04:33:00+03:00' };
const first = {
  'source/id': 'مراقب-٠٥', 'source/post': 'نقطة الجسر', 'source/position': { latitude: 32.745, longitude: 36.036, altitude: 610, accuracy: 4.2 },
  method: 'heard', kind: 'explosion', ...when,
  'count/count_how': 'between', 'count/min': 5n, 'count/max': 7n,
  'bearing/bearing_how': 'points', 'bearing/point_how': '45',
  'range/range_how': 'words', 'range/class': 'middle',
  side_a: 'القوات الشمالية', weapon_class: 'mortar', language: 'ar',
  photo: new File([Buffer.from('ffd8ffe000104a464946', 'hex')], 'صورة.jpg', { type: 'image/jpeg' }),
};
const told = [];
const submit = async (name, form, answers) => {
  const instance = form.createInstance();
  answer(instance.root, answers);
  told.push(await write(name, instance));
};
await submit('first', forms.plain, first);

// Edited and sent again: the engine gives it a new instanceID and keeps the old one as deprecatedID.
const before = told[0].payload;
const edited = await forms.plain.editInstance({ inputType: 'FORM_INSTANCE_INPUT_RESOLVED', data: before.data });
answer(edited.root, { 'count/count_how': 'about', 'count/about': 6n });
told.push(await write('edited', edited));

// Every question there is, of a sensor and of a sighting.
const least = { 'source/id': 'm-1', method: 'heard', kind: 'explosion', ...when };
await submit('sensor', forms.plain, {
  ...least, 'source/kind': 'acoustic', 'source/precision_how': 'yes', clock_sd_s: 0.5,
  'arrival/at': '2017-07-10T01:31:29.221Z', 'arrival/sd_s': 0.008,
  'bearing/bearing_how': 'degrees', 'bearing/degrees_how': 271.5, 'bearing/sd_deg': 2,
  'range/range_how': 'metres', 'range/min_m': 1000n, 'range/max_m': 4000n, 'range/sd_log': 0.2,
});
await submit('sighting', forms.plain, {
  'source/id': 'm-2', method: 'told', sources: 3n, kind: 'helicopter', ...when,
  'count/count_how': 'exact', 'count/exact': 2n,
  'place/point': { latitude: 32.62, longitude: 36.1, altitude: 0, accuracy: 0 }, 'place/radius_m': 2000n,
  mgrs: '37S BS 21', place_name: 'بصرى', pcode: 'SY12', side_a: 'A', side_b: 'B', weapon: 'رشاش',
  'sighting/class': 'attack helicopter', 'sighting/number': 2n, 'sighting/heading_deg': 190,
  'sighting/height_low_m': 100, 'sighting/height_high_m': 400, deaths: 1n,
  video: new File(['film'], 'film.mp4'), audio: new File(['sound'], 'sound.m4a'),
  document: new File(['paper'], 'paper.pdf'),
});
await submit('pack', forms.pack, {
  ...least, place_name_how: '-other-', place_name_other_how: 'تل الحارة', side_a_how: 'government', side_b_how: 'opposition',
});

// What nobody should send: the form holds something against each, and the reader has to as well.
const soon = new Date(Date.now() + 86_400_000).toISOString();
const bad = {
  future: { from: soon, to: soon },
  backwards: { from: when.to, to: when.from },
  bearing: { 'bearing/bearing_how': 'degrees', 'bearing/degrees_how': 361 },
  negative: { 'count/count_how': 'exact', 'count/exact': -1n },
  billion: { 'count/count_how': 'about', 'count/about': 1_000_000_000n },
  grid: { mgrs: '37I BS 27' },
  pcode: { pcode: 'sy12' },
  long: { weapon: 'x'.repeat(129) },
  nobody: { 'source/id': '' },
};
for (const [name, answers] of Object.entries(bad)) {
  await submit(name, forms.plain, { ...least, ...answers });
}
// The same instance with another body, as a broken client or a forger would send it.
const copied = await readFile(path.join(out, 'sighting', 'instance.xml'), 'utf8');
const twice = copied.replace('<deaths>1</deaths>', '<deaths>100</deaths>').replace(/<(video|audio|document)>[^<]*<\/\1>/g, '<$1/>');
await mkdir(path.join(out, 'twice'), { recursive: true });
await writeFile(path.join(out, 'twice', 'instance.xml'), twice);

const languages = (form) => form.createInstance().root.languages.map((language) => language.language);
const asked = (form) => [...nodesOf(form.createInstance().root).keys()];
console.log(JSON.stringify({
  languages: { plain: languages(forms.plain), pack: languages(forms.pack) },
  asked: { plain: asked(forms.plain), pack: asked(forms.pack) },
  told: told.map(({ name, id, status, held }) => ({ name, id, status, held })),
}));
