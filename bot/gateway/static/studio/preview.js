// The other end of the preview's wire, and a storage of its own: the widget on this page is the real one, unchanged.
(() => {
  const { scene, called, ...properties } = document.currentScript.dataset;
  for (const [name, value] of Object.entries(properties)) document.documentElement.style.setProperty(`--rapport-${name}`, value);

  const shelf = (kept) => Object.assign(Object.create({
    getItem(key) { return this[key] ?? null; },
    setItem(key, value) { this[key] = String(value); },
    removeItem(key) { delete this[key]; },
  }), kept);
  // It was open on the page before: then it comes by itself, and leaves the focus where it is.
  Object.defineProperty(window, 'localStorage', { value: shelf({ 'rapport:token': '"preview"' }) });
  Object.defineProperty(window, 'sessionStorage', { value: shelf(scene === 'closed' ? {} : { 'rapport:open': 'true' }) });
  window.BroadcastChannel = undefined;

  const said = (author, text, more = {}) => ({ type: 'message', author, text, name: { bot: 'Assistant', agent: 'Ana' }[author] ?? null, ...more });
  const state = (owner, agent = null) => ({ type: 'state', case: 'preview', owner, agent, case_status: 'open' });
  const asked = [
    said('customer', 'Where is my order?'),
    said('bot', 'It left our warehouse yesterday and should be with you on **Friday**.', {
      card: { kind: 'order', number: 'LH-20418', status: 'on its way', total: '€87.80', items: [{ title: 'Table lamp', quantity: 2, price: '€59.80' }, { title: 'Motion sensor', quantity: 1, price: '€28.00' }],
        steps: [{ label: 'Ordered', state: 'done' }, { label: 'Packed', state: 'done' }, { label: 'On its way', state: 'now' }, { label: 'Delivered', state: 'next' }] },
      choices: [{ id: 'a', title: 'Thank you!' }, { id: 'b', title: 'That is too late' }],
    }),
  ];
  const survey = { id: 'preview', kind: 'csat', question: 'How satisfied were you with the help you got today?', min: 1, max: 5, answered: null };
  const scenes = {
    greeting: [],
    closed: [],
    conversation: asked,
    rating: [...asked, said('customer', 'Thank you!'), said('bot', 'You are welcome. One question before you go:', { survey })],
    agent: [asked[0], said('bot', 'I could not find it. A colleague takes over.'), state('agent', 'Ana'), said('system', 'Ana has joined the chat.'),
      said('agent', 'Hi, Ana here. I have your order in front of me: it comes on Friday.'), said('customer', 'That is good to hear.')],
  };
  const began = Date.now() - 240_000;
  const log = [];
  const add = (frame) => {
    const row = { ...frame, seq: log.length + 1, id: `preview-${log.length}`, at: new Date(began + log.length * 40_000).toISOString() };
    log.push(row);
    return row;
  };
  scenes[scene].forEach(add);
  const owner = scene === 'agent' ? 'agent' : 'bot';

  window.WebSocket = class {
    constructor() {
      this.readyState = 1;
      setTimeout(() => this.onopen?.());
    }

    hear(...frames) {
      setTimeout(() => frames.forEach((frame) => this.onmessage?.({ data: JSON.stringify(frame) })));
    }

    send(text) {
      const frame = JSON.parse(text);
      if (frame.type === 'hello') {
        this.hear({ type: 'welcome', token: 'preview', conversation: 'preview', case: 'preview', seq: log.length, owner, agent: owner === 'agent' ? 'Ana' : null, customer: null, company: called }, ...log.slice(frame.last_seq));
      } else if (frame.type === 'ping') {
        this.hear({ type: 'pong' });
      } else if (frame.cid) {
        const rows = [];
        if (frame.type === 'send') {
          const title = asked[1].choices.find(({ id }) => id === frame.choice)?.title;
          rows.push(add(said('customer', frame.text ?? title, { cid: frame.cid })), add(said(owner, 'This is a preview: nobody reads what you write here.')));
        } else if (frame.type === 'survey') {
          const of = log.find((row) => row.survey)?.seq;
          rows.push(add({ type: 'update', of, survey: { id: frame.survey, answered: frame.score, comment: frame.comment } }));
        } else if (frame.type === 'human') rows.push(add(state('queue')));
        else if (frame.type === 'end') rows.push(add(state('nobody')));
        this.hear({ type: 'ack', cid: frame.cid, seq: log.length }, ...rows);
      }
    }

    close() {
      this.readyState = 3;
    }
  };

  // What the colours came out as, in both themes, for the page that frames this one.
  const measure = () => {
    const host = document.querySelector('[data-rapport-host]');
    const root = host?.shadowRoot;
    if (!root?.querySelector('dialog')) return void setTimeout(measure, 30);
    const theme = host.dataset.theme;
    const probe = root.appendChild(document.createElement('span'));
    probe.hidden = true;
    const seen = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const colours = Object.fromEntries(['light', 'dark'].map((scheme) => {
      host.dataset.theme = scheme;
      return [scheme, Object.fromEntries(['accent', 'on', 'link', 'surface'].map((name) => [name, seen(name)]))];
    }));
    if (theme) host.dataset.theme = theme;
    else delete host.dataset.theme;
    probe.remove();
    parent.postMessage({ measured: colours }, location.origin);
  };
  addEventListener('DOMContentLoaded', measure);
})();
