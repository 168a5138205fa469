// live.js keeps a page equal to what the server knows, and says so when it is not.
//
// It only enhances: without it every page is an ordinary page and every button an ordinary form.
// It is a classic deferred script that follows idiomorph.js. No eval, no inline handler, no style attribute;
// every piece of HTML goes through the one Trusted Types policy `ocpizza`.
//
// What a page says to it:
//   <main id=board data-live=/live/… data-epoch data-seq data-build data-now>   connect, and from where
//   #service with data-service, #promise with data-promise                      what pings redraw without a number, presented when connecting
//   data-heartbeat (ms), data-ended (words for a session that ended)            on #board, rarely
//   data-title on #board or in it                                               becomes document.title
//   <html data-user>  owner of outbox entries      <html data-tz>               time zone of displayed times
//   #live-lamp (data-state) #live-banner #toast #outbox                         where it speaks; [data-text] inside is used
//   data-version                                                                older never replaces newer, per id
//   data-keep                                                                   never touched by a morph
//   data-since data-ago data-until data-clock data-count-late                   texts, every second
//   data-placed + data-due                                                      data-age, every second; <html data-warn-at> is where warn begins
//   form[data-live-form]  form|button[data-outbox]  button[data-undo=seconds]   writes, the latter by outbox.js; [data-optimistic] gets data-pending
//   data-reset on a form                                                        emptied once accepted
//   data-clear on a field                                                       emptied as it is sent, for what is typed next; refused, it comes back
//   data-open=<dialog id>  data-close                                           dialogs
// What it says to the page: events on document oc:applied, oc:state, oc:late, oc:refused, oc:undone and the server's own
// oc:<name>; <html data-live>; and window.oc = { hold, now, toast, state }; pending and worker are outbox.js's.
//
// All times are counted in heartbeats (10 s unless data-heartbeat says otherwise), so that a test which shortens
// the heartbeat shortens everything with it and the proportions that matter stay as they are.
(() => {
  'use strict';

  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const board = () => byId('board');
  const start = board();
  const who = root.dataset.user || '';
  // A paired wall screen has no password to sign in with: without its session it shows its code again.
  const paired = who.startsWith('device:');
  const door = paired ? '/ecran' : '/connexion';
  const data = start ? start.dataset : {};
  const BEAT = Number(data.heartbeat) || 10_000;
  // silence that is worth a word
  const WEAK = 1.5 * BEAT;
  // silence after which the socket is taken for dead: a half-open one never fires `close`
  const DEAD = 2.5 * BEAT;
  // how long a reconnection may take before the banner comes
  const GRACE = 0.5 * BEAT;
  const POLL = 3 * BEAT;

  const emit = (name, detail) => document.dispatchEvent(new CustomEvent('oc:' + name, { detail }));

  /** A browser may forbid storage; then things are remembered as long as the page lasts. */
  const storage = (name) => {
    try {
      window[name].getItem('');
      return window[name];
    } catch {
      const m = new Map();
      return {
        getItem: (k) => m.get(k) ?? null,
        setItem: (k, v) => m.set(k, v),
        removeItem: (k) => m.delete(k),
        key: (i) => [...m.keys()][i],
        get length() {
          return m.size;
        },
      };
    }
  };
  const local = storage('localStorage');
  const session = storage('sessionStorage');

  // ---------------------------------------------------------------------------------------------- Trusted Types
  // Scripts may only come from one place, and the only one ever asked for by script is the service worker.
  const rules = {
    createHTML: (html) => html,
    createScriptURL: (url) => {
      if (url !== '/sw.js') throw new TypeError('unexpected script');
      return url;
    },
  };
  const policy = window.trustedTypes?.createPolicy('ocpizza', rules) ?? rules;

  /** Parses a piece into inert nodes: a <template> takes a lone <tr> and loads no image. */
  const parse = (html) => {
    const t = document.createElement('template');
    t.innerHTML = policy.createHTML(html);
    return t.content;
  };

  // ------------------------------------------------------------------------------------------------------- clock
  // A page that came out of the service worker's cache is old: its data-now says nothing about this device's clock.
  const nav = performance.getEntriesByType('navigation')[0];
  const drawn = Number(data.now) || 0;
  let skew = drawn && nav && !nav.workerStart ? drawn - (performance.timeOrigin + nav.responseStart) : 0;
  const now = () => Date.now() + skew;
  // The shop's wall clock, not the device's: the server's times are written in it too.
  const timeZone = root.dataset.tz;
  // A page in English brings the words for what is written here.
  const words = JSON.parse(root.dataset.scriptWords || '{}');
  const tr = (s) => words[s] ?? s;
  const hhmm = (ms, second) => new Date(ms).toLocaleTimeString('fr-FR', { hour: '2-digit', minute: '2-digit', second, timeZone });
  const minutes = (m) => (m < 60 ? m + ' min' : Math.floor(m / 60) + ' h ' + String(m % 60).padStart(2, '0'));

  // Writes only what differs: a text that is the same wakes neither layout nor a screen reader.
  const say = (el, text) => {
    if (el && el.textContent !== text) el.textContent = text;
  };
  const mark = (el, name, value) => {
    if (el.getAttribute(name) !== value) el.setAttribute(name, value);
  };

  /** The age last seen of each element. Not read back from data-age: a morph takes that away and it is set again. */
  const ages = new WeakMap();

  function tick() {
    const t = now();
    for (const el of document.querySelectorAll('[data-since]')) {
      const m = Math.floor((t - el.dataset.since) / 60_000);
      say(el, m < 1 ? '< 1 min' : minutes(m));
    }
    for (const el of document.querySelectorAll('[data-ago]')) {
      const n = Math.max(0, Math.floor((t - el.dataset.ago) / 1000));
      say(el, tr('il y a %').replace('%', n < 60 ? n + ' s' : minutes(Math.floor(n / 60))));
    }
    for (const el of document.querySelectorAll('[data-until]')) {
      const left = el.dataset.until - t;
      const over = Math.floor(-left / 60_000);
      say(el, left > 0 ? tr('dans ') + minutes(Math.ceil(left / 60_000)) : over < 1 ? tr('maintenant') : tr('en retard de ') + minutes(over));
    }
    for (const el of document.querySelectorAll('[data-placed][data-due]')) {
      const { placed, due } = el.dataset;
      const part = (t - placed) / (due - placed || 1);
      const age = part > 1 ? 'late' : part < (root.dataset.warnAt || 0.6) ? 'ok' : 'warn';
      mark(el, 'data-age', age);
      const before = ages.get(el);
      ages.set(el, age);
      if (before && before !== age && age === 'late') emit('late', { id: el.id });
    }
    for (const el of document.querySelectorAll('[data-count-late]')) {
      const n = String(document.querySelectorAll(`:is(${el.dataset.countLate}) [data-age=late]`).length);
      say(el, n);
    }
    for (const el of document.querySelectorAll('[data-clock]')) say(el, hhmm(t));
  }

  // ------------------------------------------------------------------------------------------------------- morph
  /** Fields the person changed since the server drew them. Theirs, until the form is sent or reset. */
  const dirty = new WeakSet();
  const forget = (form) => [...form.elements].forEach((el) => dirty.delete(el));
  addEventListener(
    'input',
    ({ target: el }) => {
      dirty.add(el);
      // Choosing one of a group is a choice about the others.
      if (el.type === 'radio') for (const other of document.getElementsByName(el.name)) dirty.add(other);
    },
    true
  );
  addEventListener('reset', (e) => forget(e.target), true);

  const mine = (el) => dirty.has(el) || (el === document.activeElement && el.matches('input,textarea,select'));

  // true while a new epoch is drawn: after a restore the versions start lower
  let anyVersion = false;
  const callbacks = {
    beforeNodeMorphed(old, fresh) {
      if (old.nodeType !== 1 || fresh.nodeType !== 1) return true;
      if (old.hasAttribute('data-keep')) return false;
      if (!anyVersion && old.id && old.id === fresh.id && Number(fresh.dataset.version) < Number(old.dataset.version)) return false;
      // What the person opened stays open, whatever the server thinks.
      if (old.matches('dialog,details')) fresh.toggleAttribute('open', old.hasAttribute('open'));
      // A press stays visible until it is answered and something newer than what was pressed arrives.
      const { pending, version } = old.dataset;
      if (pending === '' || (pending && version && !(Number(fresh.dataset.version) > Number(version)))) fresh.dataset.pending = pending;
      return true;
    },
    beforeAttributeUpdated(name, el) {
      if (name === 'value' || name === 'checked') return !mine(el);
      if (name === 'selected') return !mine(el.closest('select') ?? el);
      return true;
    },
  };
  const morph = (old, fresh) => Idiomorph.morph(old, fresh, { callbacks, head: { style: 'none' } });

  const FOCUSABLE = 'a[href],button:not([disabled]),input:not([type=hidden],[disabled]),select,textarea,summary,[tabindex]';

  /** Runs a change of the document; the focus, the caret and the place stay, or go to what stood next to it. */
  function keepingFocus(change) {
    const el = document.activeElement;
    if (!el || el === document.body) return change();
    let caret = null;
    try {
      caret = [el.selectionStart, el.selectionEnd, el.selectionDirection];
    } catch { /* this kind of field has none */ }
    // Nearest first, following before preceding, from the inside out: the list is made now because
    // afterwards nobody knows where a removed element stood.
    const near = [];
    for (let n = el; n && n !== document.body && n.id !== 'board'; n = n.parentElement) {
      for (let s = n.nextElementSibling; s; s = s.nextElementSibling) near.push(s);
      for (let s = n.previousElementSibling; s; s = s.previousElementSibling) near.push(s);
    }
    change();
    if (document.activeElement === el) return;
    const again = el.isConnected ? el : el.id && byId(el.id);
    if (again && again.checkVisibility?.() !== false && !again.disabled) {
      again.focus({ preventScroll: true });
      if (caret && caret[0] != null && again.value === el.value) again.setSelectionRange?.(...caret);
      return;
    }
    // The same kind of button on the neighbour, so that a series of presses goes on.
    const kind = [...el.attributes].find((a) => a.name.startsWith('data-') && a.name !== 'data-pending')?.name;
    for (const n of near) {
      if (!n.isConnected || n.checkVisibility?.() === false) continue;
      const to = (kind && n.querySelector(`[${kind}]`)) || (n.matches(FOCUSABLE) ? n : n.querySelector(FOCUSABLE));
      if (to) return to.focus({ preventScroll: true });
    }
    const b = board();
    if (b) {
      b.tabIndex = -1;
      b.focus({ preventScroll: true });
    }
  }

  /** An element whose id stands in the box is morphed where it stands; one of another box comes over, the others are new. */
  function put(box, pieces, place) {
    for (const piece of pieces) {
      const old = piece.id && byId(piece.id);
      if (old?.parentNode !== box) place(old || piece);
      if (old) morph(old, piece);
    }
  }

  const need = (id) => {
    const el = byId(id);
    if (!el) throw new Error('no #' + id);
    return el;
  };

  const operations = {
    morph(op, pieces) {
      const old = need(op.to);
      const fresh = pieces[0];
      if (!fresh) throw new Error('empty morph of #' + op.to);
      // The drawn board may not know how this page is connected.
      if (op.to === 'board') for (const a of old.attributes) if (a.name.startsWith('data-') && !fresh.hasAttribute(a.name)) fresh.setAttribute(a.name, a.value);
      morph(old, fresh);
    },
    append(op, pieces) {
      const box = need(op.to);
      put(box, pieces, (p) => box.append(p));
    },
    prepend(op, pieces) {
      const box = need(op.to);
      const first = box.firstChild;
      put(box, pieces, (p) => box.insertBefore(p, first));
    },
    // `before` says where, so an element that exists moves there too.
    before(op, pieces) {
      const next = need(op.to);
      for (const p of pieces) {
        const old = p.id && byId(p.id);
        if (!old) next.before(p);
        else {
          if (old.nextElementSibling !== next && old !== next) next.parentNode[next.parentNode.moveBefore ? 'moveBefore' : 'insertBefore'](old, next);
          morph(old, p);
        }
      }
    },
    remove: (op) => byId(op.to)?.remove(),
  };

  /** Applies one frame whole: everything is parsed before anything moves, events come after the page is right. */
  function apply(ops = []) {
    const events = ops.filter((op) => op.do === 'event');
    const work = ops.filter((op) => op.do !== 'event').map((op) => [op, op.html == null ? [] : [...parse(op.html).children]]);
    if (work.length) {
      keepingFocus(() => {
        for (const [op, pieces] of work) operations[op.do](op, pieces);
      });
    }
    settled();
    for (const op of events) emit(op.name, op);
  }

  function settled() {
    outbox.show();
    tick();
    const title = (document.querySelector('#board [data-title]') ?? board())?.dataset.title;
    if (title && document.title !== title) document.title = title;
    emit('applied');
  }

  // ------------------------------------------------------------------------------------------------------ socket
  // the socket in use; frames of any other are nobody's
  let ws = null;
  let epoch = data.epoch || '';
  let seq = Number(data.seq) || 0;
  const build = data.build || '';
  // hello came and nothing went missing since
  let synced = false;
  // told not to come back
  let ended = false;
  // this socket got as far as `open`
  let opened = false;
  // sockets in a row that never opened
  let failures = 0;
  // for the back-off
  let tries = 0;
  // resynchronisations in a row: the first is immediate, a loop of them is not
  let gaps = 0;
  // anything at all from the socket
  let heardAt = Date.now();
  // when the page stopped being connected
  let lostAt = heardAt;
  // the last moment the page was known to be right
  let freshAt = drawn ? drawn - skew : heardAt;
  let polledAt = 0;
  let everSynced = false;
  let retry = 0;
  let pollTimer = 0;

  /** Full jitter: 0.5 s · 2ⁿ, never more than 30 s. */
  const backoff = (n) => Math.random() * Math.min(POLL, (BEAT / 20) * 2 ** n);

  function connect() {
    clearTimeout(retry);
    drop();
    if (ended || !data.live) return;
    const url = new URL(data.live, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('epoch', epoch);
    url.searchParams.set('seq', seq);
    url.searchParams.set('build', build);
    // Read where it is shown: a ping may have changed it.
    for (const id of ['service', 'promise']) {
      const told = byId(id)?.dataset[id];
      if (told) url.searchParams.set(id, told);
    }
    heardAt = Date.now();
    opened = false;
    try {
      ws = new WebSocket(url);
    } catch {
      return later();
    }
    const self = ws;
    ws.onopen = () => {
      if (self !== ws) return;
      opened = true;
      failures = 0;
      heardAt = Date.now();
    };
    ws.onmessage = (e) => {
      if (self !== ws) return;
      heardAt = Date.now();
      queue.push(e.data);
      drain();
    };
    ws.onclose = (e) => self === ws && closed(e.code);
    paint();
  }

  /** Lets go of the socket without waiting for its `close`, which a dead network never delivers. */
  function drop() {
    queue.length = 0;
    if (synced) lostAt = Date.now();
    synced = false;
    if (!ws) return;
    const old = ws;
    ws = null;
    old.onopen = old.onmessage = old.onclose = null;
    old.close();
  }

  function closed(code) {
    if (!opened) failures++;
    drop();
    if (code === 4001 || code === 1008) return end();
    // A restart sends everybody away at once: they come back spread over two seconds, not half a one.
    if (code === 1012) tries = Math.max(tries, 2);
    later();
  }

  function later() {
    clearTimeout(retry);
    retry = setTimeout(connect, backoff(tries++));
    // Proxies that block sockets let pages through. The socket goes on being tried.
    if (failures >= 3 && !pollTimer) poll();
    paint();
  }

  function end() {
    ended = true;
    clearTimeout(retry);
    clearTimeout(pollTimer);
    drop();
    paint();
    // Nobody stands before a wall to touch a link.
    if (paired && !data.ended) location.assign(door);
  }

  /** Something is missing. `whole`: what is shown cannot be trusted either, so ask for everything. */
  function resync(whole) {
    if (whole) seq = 0;
    drop();
    if (gaps++) {
      clearTimeout(retry);
      retry = setTimeout(connect, backoff(gaps));
    } else connect();
    paint();
  }

  /** What has no sequence of its own. Where the page has no place for one, nothing is lost. */
  const figures = (f) => f.o && apply(f.o.filter((op) => byId(op.to)));

  const frames = {
    hello(f) {
      if (f.m === 'snapshot') {
        anyVersion = f.e !== epoch;
        try {
          apply(f.o);
        } finally {
          anyVersion = false;
        }
      } else if (f.e !== epoch) {
        return resync(true);
      } else figures(f);
      epoch = f.e;
      // even when it is lower: the topic's number, not the board's
      seq = f.s;
      synced = everSynced = true;
      tries = 0;
      clearTimeout(pollTimer);
      pollTimer = 0;
      outbox.flush();
    },
    patch(f) {
      if (!synced || f.s <= seq) return;
      if (f.p !== seq) return resync();
      apply(f.o);
      seq = f.s;
      gaps = 0;
    },
    ping(f) {
      if (!synced) return;
      // the only thing that reveals a lost *last* message
      if (f.s !== seq) return resync();
      figures(f);
      gaps = 0;
      ws.send(JSON.stringify({ k: 'ack', s: seq }));
    },
  };

  // Frames wait while a finger is on the page (`hold`), in order, pings among them.
  const queue = [];
  let heldUntil = 0;
  let heldSince = 0;

  function hold(ms) {
    const t = Date.now();
    if (t >= heldUntil) heldSince = t;
    // Somebody who never stops touching still sees the orders: three seconds at most.
    heldUntil = Math.min(t + ms, heldSince + 3000);
    setTimeout(drain, heldUntil - t + 1);
  }

  function drain() {
    while (queue.length && Date.now() >= heldUntil) {
      const text = queue.shift();
      const self = ws;
      try {
        const f = JSON.parse(text);
        if (f.t) skew = f.t - Date.now();
        if (f.b && build && f.b !== build) outdated(f.b);
        frames[f.k]?.(f);
        if (self === ws && synced) {
          freshAt = Date.now();
          Object.assign(board().dataset, { epoch, seq });
        }
      } catch (err) {
        console.error('live:', err);
        resync(true);
      }
    }
    paint();
  }

  /** Without a socket: the same page, fetched and morphed. Never called live, for it is up to 30 s old. */
  async function poll() {
    pollTimer = setTimeout(poll, POLL);
    try {
      const r = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store', signal: AbortSignal.timeout(POLL) });
      if (synced || ended) return;
      if (r.status === 401 || r.status === 403 || (r.redirected && new URL(r.url).pathname === door)) return end();
      // What the page is about is no more, says the server itself: a router's error page has no policy.
      if (r.status === 404 && data.ended && r.headers.has('Content-Security-Policy')) return end();
      if (!r.ok) return;
      const page = new DOMParser().parseFromString(policy.createHTML(await r.text()), 'text/html');
      const fresh = page.getElementById('board');
      if (synced || !fresh) return;
      anyVersion = fresh.dataset.epoch !== epoch;
      try {
        keepingFocus(() => morph(board(), fresh));
      } finally {
        anyVersion = false;
      }
      epoch = fresh.dataset.epoch || '';
      seq = Number(fresh.dataset.seq) || 0;
      polledAt = freshAt = Date.now();
      if (fresh.dataset.now) skew = fresh.dataset.now - polledAt;
      if (fresh.dataset.build && fresh.dataset.build !== build) outdated(fresh.dataset.build);
      settled();
      outbox.flush();
    } catch { /* still nothing: the banner says since when */ }
    paint();
  }

  /** How the page stands. Live means: connected, told so, and heard from. */
  function state() {
    const t = Date.now();
    if (ended) return 'off';
    if (synced) return t - heardAt < WEAK ? 'live' : 'weak';
    return t - lostAt < GRACE || (polledAt && t - polledAt < 1.5 * POLL) ? 'weak' : 'stale';
  }

  let shown = '';
  function paint() {
    if (!data.live) return;
    const s = state();
    // Asked for only when it is shown: the first time of day that a phone formats costs it a tenth of a second.
    const since = () => tr('Figé depuis ') + hhmm(freshAt + skew, '2-digit');
    const over = data.ended || (paired ? 'Écran détaché — reliez-le' : tr('Session terminée — reconnectez-vous'));
    const lamp = byId('live-lamp');
    if (lamp) {
      mark(lamp, 'data-state', s);
      const said = { live: 'En direct', weak: everSynced ? 'Signal faible' : 'Connexion…', off: over }[s];
      say(lamp.querySelector('[data-text]') ?? lamp, said ? tr(said) : since());
    }
    const banner = byId('live-banner');
    if (banner) {
      // A socket silent beyond 1.5 heartbeats has missed what was due five seconds ago: that is told too.
      const silent = s === 'weak' && synced;
      const show = s === 'stale' || s === 'off' || silent;
      if (s === 'off') {
        if (shown !== s) {
          banner.textContent = over + ' ';
          if (!data.ended) {
            const a = document.createElement('a');
            a.href = door;
            a.textContent = paired ? 'Relier cet écran' : tr('Se connecter');
            banner.append(a);
          }
        }
      } else if (show) say(banner, since() + tr(silent ? ' — signal faible' : ' — reconnexion…'));
      if (banner.hidden === show) banner.hidden = !show;
    }
    if (s === shown) return;
    shown = s;
    root.dataset.live = s;
    emit('state', { state: s, since: freshAt + skew });
  }

  function watch() {
    if (ws && Date.now() - heardAt >= DEAD) {
      const silentSince = heardAt;
      const was = synced;
      if (!opened) failures++;
      drop();
      // no five seconds of grace for one that was silent already
      if (was) lostAt = silentSince;
      if (was) connect();
      else later();
    }
    paint();
  }

  /** The world may have changed: look now instead of when the back-off ends. */
  function wake() {
    outbox.flush();
    if (ended || !data.live) return;
    if (!ws || (ws.readyState !== WebSocket.OPEN && ws.readyState !== WebSocket.CONNECTING) || Date.now() - heardAt >= WEAK) {
      tries = 0;
      connect();
    }
    tick();
  }

  // -------------------------------------------------------------------------------------------------- new build
  let reloadTimer = 0;

  /** Somebody is in the middle of something that a reload would lose. */
  const busy = () =>
    document.querySelector('dialog[open]') ||
    outbox.entries().length ||
    inFlight.size ||
    [...document.querySelectorAll('input,textarea')].some(
      (el) => dirty.has(el) && el.value && el.value !== el.defaultValue && el.checkVisibility?.() !== false
    );

  function outdated(b) {
    if (reloadTimer) return;
    // While two builds answer side by side a reload may bring the old page again: one try per build and five minutes.
    const seen = JSON.parse(session.getItem('oc.reload') || '{}');
    if (seen.b === b && Date.now() - seen.t < 300_000) return;
    const go = () => {
      if (busy()) {
        reloadTimer = setTimeout(go, GRACE);
        return;
      }
      session.setItem('oc.reload', JSON.stringify({ b, t: Date.now() }));
      location.reload();
    };
    reloadTimer = setTimeout(go, Math.random() * BEAT);
  }

  // ------------------------------------------------------------------------------------------------------ toast
  let toastTimer = 0;

  /** One sentence, perhaps one button. An error stays until it is closed or replaced. */
  function toast(text, { label = tr('Fermer'), run, ms = 0 } = {}) {
    const el = byId('toast');
    if (!el) return;
    clearTimeout(toastTimer);
    const p = document.createElement('span');
    p.textContent = text;
    const b = document.createElement('button');
    b.type = 'button';
    b.textContent = label;
    b.onclick = () => {
      quiet();
      run?.();
    };
    el.replaceChildren(p, ' ', b);
    el.hidden = false;
    if (ms) toastTimer = setTimeout(quiet, ms);
  }
  function quiet() {
    const el = byId('toast');
    if (!el) return;
    el.hidden = true;
    el.replaceChildren();
  }

  // ------------------------------------------------------------------------------------------------------ writes
  const uuid = () =>
    // absent on plain http, where a shop's own network may live
    crypto.randomUUID?.() ??
    '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const AGAIN = new Set([408, 425, 429, 502, 503, 504]);

  /** What is being sent at this moment, and the keys of writes whose fate is unknown: pressed again, same key. */
  const inFlight = new Set();
  const UNSURE = 'oc.key ';
  // after which the same again is meant: the next crate of the same ingredient, the next evening's pizza
  const FORGET = 3_600_000;

  const send = (w, csrf) =>
    fetch(w.url, {
      method: 'POST',
      body: w.body,
      credentials: 'same-origin',
      keepalive: true,
      signal: AbortSignal.timeout(Math.max(3000, WEAK)),
      headers: {
        Accept: 'text/html',
        'Content-Type': 'application/x-www-form-urlencoded;charset=UTF-8',
        'X-Live': '1',
        'X-Csrf-Token': csrf || '',
        'Idempotency-Key': w.key,
        'X-Acted-At': new Date(w.at).toISOString(),
      },
    });

  /** A refusal that the page itself says, where it can be seen: said again it would only lie over what is to be done about it. */
  const inSight = (message) =>
    [...document.querySelectorAll('main [role=alert]')].some((el) => {
      const r = el.getBoundingClientRect();
      return message && el.textContent.trim() === message && r.height > 0 && r.top >= 0 && r.bottom <= innerHeight;
    });

  /**
   * A page may be older than the session: kept by the service worker, or left open across a sign-in. The token of the same person is fetched
   * anew; under another's session nothing of this page's may be sent.
   * @returns {Promise<'done'|'signin'|'lost'>}
   */
  async function renew() {
    try {
      const r = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store', signal: AbortSignal.timeout(WEAK) });
      const page = new DOMParser().parseFromString(policy.createHTML(await r.text()), 'text/html');
      const fresh = page.querySelector('input[name=_csrf]')?.value;
      if (r.status >= 500) return 'lost';
      if (!fresh || (page.documentElement.dataset.user || '') !== who) return 'signin';
      for (const field of document.querySelectorAll('input[name=_csrf]')) field.value = fresh;
      return 'done';
    } catch {
      return 'lost';
    }
  }
  const token = () => document.querySelector('input[name=_csrf]')?.value;
  const stale = (r) => r?.status === 403 && r.headers.has('X-Csrf-Stale');

  /**
   * Does what an answer says.
   * @returns {Promise<'done'|'refused'|'signin'>}
   */
  async function settle(r, quietly) {
    const where = r.headers.get('X-Location') || (r.redirected ? r.url : '');
    if (where) {
      const to = new URL(where, location.href);
      if (to.origin === location.origin && to.pathname === door && location.pathname !== door) return 'signin';
      // A live page that is sent to itself has, or will get, the change through its socket.
      if (to.origin === location.origin && !(to.pathname === location.pathname && (synced || quietly))) location.assign(to);
      if (r.ok) return 'done';
    }
    if (r.status === 204) return 'done';
    const type = r.headers.get('Content-Type') || '';
    const text = await r.text();
    let message = '';
    if (type.includes('json')) {
      try {
        message = JSON.parse(text).error?.message;
      } catch { /* the sentence below will do */ }
    } else if (type.includes('html')) {
      const piece = parse(text);
      message = piece.querySelector('[role=alert],[data-error]')?.textContent.trim();
      // A whole page is not a piece: of an error page only the sentence is taken.
      if (!/^\s*<(!doctype|html)/i.test(text)) {
        keepingFocus(() => {
          for (const el of [...piece.children]) {
            const old = el.id && byId(el.id);
            if (old) morph(old, el);
          }
        });
        settled();
      }
    }
    if (r.ok) return 'done';
    if (r.status === 401) return 'signin';
    if (!inSight(message)) toast(message || tr('Refusé par le serveur') + ` (${r.status}).`);
    return 'refused';
  }

  const signin = () => {
    if (paired) return end();
    toast('Session terminée — reconnectez-vous' + outbox.promise(), { label: 'Se connecter', run: () => location.assign(door) });
  };

  // data-pending is "" while the write is on its way and "sent" between its answer and the frame that shows it.
  const pend = (el) => mark(el, 'data-pending', '');
  // a morph may have put another element in its place
  const both = (id, el) => [el, id && byId(id)].filter(Boolean);
  const release = (id, el) => both(id, el).forEach((e) => e.removeAttribute('data-pending'));
  const sent = (id, el) => {
    const all = both(id, el).filter((e) => e.hasAttribute('data-pending'));
    if (!all.some((e) => e.hasAttribute('data-optimistic'))) return release(id, el);
    all.forEach((e) => mark(e, 'data-pending', 'sent'));
    // Without a frame the press must not stay grey for ever.
    setTimeout(() => all.forEach((e) => e.dataset.pending === 'sent' && e.removeAttribute('data-pending')), GRACE);
  };

  addEventListener('submit', (e) => {
    const form = e.target;
    const by = e.submitter;
    const attr = (name) => by?.getAttribute('form' + name) ?? form.getAttribute(name) ?? '';
    const boxed = form.hasAttribute('data-outbox') || by?.hasAttribute('data-outbox') || by?.hasAttribute('data-undo');
    if (e.defaultPrevented || !(boxed || form.hasAttribute('data-live-form'))) return;
    if (attr('method').toLowerCase() !== 'post' || attr('enctype').startsWith('multipart')) return;
    e.preventDefault();
    const fields = new FormData(form, by);
    // The token travels in a header: in the body it would make a repeated write differ from itself after a new sign-in.
    const csrf = fields.get('_csrf');
    fields.delete('_csrf');
    const body = String(new URLSearchParams(fields));
    const url = new URL(attr('action'), location.href).href;
    const el = by?.closest('[data-optimistic]') ?? by ?? form;
    // What the server draws anew each time (its own key, what it had shown) is no part of what is asked: the same
    // order on a page loaded again is the same order.
    for (const name of [...fields.keys()]) if (/^_|_attendu/.test(name)) fields.delete(name);
    const w = { url, body, at: now(), sig: url + '\n' + new URLSearchParams(fields), el: el.id };
    if (boxed && outbox.keep) outbox.keep(w, form, by, el);
    // "sent" blocks as well where a frame is awaited: a second « prêt » before it came would be the next step.
    else if (!inFlight.has(w.sig) && !el.closest('[data-pending=""],[data-optimistic][data-pending]')) write(w, form, el, csrf);
  });

  /** A write that somebody waits for: a few tries with the same key, then a sentence. */
  async function write(w, form, el, csrf) {
    const [key, at] = (session.getItem(UNSURE + w.sig) ?? '').split(' ');
    w.key = Date.now() - at < FORGET ? key : uuid();
    session.setItem(UNSURE + w.sig, w.key + ' ' + Date.now());
    inFlight.add(w.sig);
    pend(el);
    const cleared = [...form.querySelectorAll('[data-clear]')].map((f) => [f, f.value]);
    for (const [f] of cleared) f.value = '';
    let fate = 'lost';
    try {
      for (let n = 1; ; n++) {
        const r = await send(w, csrf).catch(() => null);
        if (n < 3 && stale(r) && (await renew()) === 'done') {
          csrf = token();
          continue;
        }
        if ((!r || r.status === 503) && n < 3) {
          await sleep((BEAT / 20) * n);
          continue;
        }
        if (r) {
          fate = await settle(r);
          if (!AGAIN.has(r.status)) session.removeItem(UNSURE + w.sig);
        } else toast(tr('Pas de réponse du serveur. Réessayez : rien ne sera compté deux fois.'));
        break;
      }
    } catch (err) {
      console.error('live:', err);
    }
    inFlight.delete(w.sig);
    if (fate === 'signin') signin();
    if (fate === 'done') {
      forget(form);
      if (form.hasAttribute('data-reset')) form.reset();
      sent(w.el, el);
    } else {
      release(w.el, el);
      for (const [old, text] of cleared) {
        const f = (old.id && byId(old.id)) || old;
        if (!f.value) f.value = text;
      }
      emit('refused', { id: w.el });
    }
  }

  // ------------------------------------------------------------------------------------------------------ outbox
  // outbox.js, on the screens of those who work here. Without it every write waits for its answer.
  let outbox = { entries: () => [], show() {}, flush() {}, promise: () => '' };

  // ----------------------------------------------------------------------------------------------------- dialogs
  addEventListener('click', (e) => {
    const open = e.target.closest?.('[data-open]');
    if (open) {
      const d = byId(open.dataset.open);
      if (d && !d.open) d.showModal();
    }
    e.target.closest?.('[data-close]')?.closest('dialog')?.close();
  });

  // ------------------------------------------------------------------------------------------------------- start
  window.oc = {
    hold,
    now,
    tr,
    toast,
    state,
    /** outbox.js takes what it needs of this and gives the box. */
    join(make) {
      const kit = { BEAT, WEAK, AGAIN, who, local, policy, byId, say, mark, pend, release, sent, forget, emit, toast, sleep, uuid, send, token, stale, renew, settle, signin, backoff };
      outbox = make(kit);
    },
  };

  addEventListener('online', wake);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake());
  addEventListener('pageshow', (e) => e.persisted && wake());
  // an open socket keeps a page out of the back-forward cache
  addEventListener('pagehide', drop);

  tick();
  setInterval(tick, 1000);
  if (data.live) {
    setInterval(watch, Math.min(1000, BEAT / 10));
    connect();
  }
})();
