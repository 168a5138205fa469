// outbox.js keeps what is written where there may be no network, and sends it later: once, in the order and with the time of the act. It is for the
// screens of those who work here; what follows live.js with a form[data-outbox] or a button[data-outbox], data-undo=seconds, comes here. It also starts
// the service worker, which is theirs alone.
window.oc?.join((kit) => {
  'use strict';

  const { BEAT, WEAK, AGAIN, who, local, policy, byId, say, mark, pend, release, sent, forget, emit, toast, sleep, uuid, send, token, stale, renew, settle, signin, backoff } = kit;

  // Writes made where there may be no network. In localStorage, so that they survive the page, in the order and
  // with the time of the act. Only what this person wrote is sent under this person's session.
  //
  // One item of the storage per entry, written once and removed once: tabs see each other's changes a moment late, and a
  // list that both read, change and write back would lose what one of them had just added.
  const BOX = 'oc.outbox.';

  function outbox() {
    const all = [];
    for (let i = 0; i < local.length; i++) {
      const name = local.key(i);
      if (!name?.startsWith(BOX)) continue;
      try {
        const w = JSON.parse(local.getItem(name));
        if (w && w.who === who) all.push(w);
      } catch { /* not ours */ }
    }
    return all.sort((a, b) => a.n - b.n);
  }

  function unkeep(key) {
    local.removeItem(BOX + key);
    showOutbox();
  }

  // What each waiting entry has greyed on this page, by the entry's key. Another tab may be the one that sends it.
  const greyed = new Map();

  function showOutbox() {
    const waiting = outbox();
    for (const w of waiting) {
      const el = (w.el && byId(w.el)) || greyed.get(w.key);
      if (!el) continue;
      pend(el);
      greyed.set(w.key, el);
    }
    for (const [key, el] of greyed) {
      if (waiting.some((w) => w.key === key)) continue;
      greyed.delete(key);
      if (![...greyed.values()].includes(el)) sent(el.id, el);
    }
    const el = byId('outbox');
    if (!el) return;
    const n = waiting.length;
    say(el.querySelector('[data-text]') ?? el, n ? n + (n > 1 ? ' envois' : ' envoi') + ' en attente' : '');
    mark(el, 'data-count', String(n));
    if (el.hidden !== !n) el.hidden = !n;
  }

  function keep(w, form, by, el) {
    const waiting = outbox();
    if (waiting.some((o) => o.sig === w.sig)) return;
    const wait = Number(by?.dataset.undo) || 0;
    // `n` orders them even when the device's clock is set back between two.
    const n = Math.max(Date.now(), (waiting.at(-1)?.n ?? 0) + 1);
    Object.assign(w, { key: uuid(), who, n, hold: Date.now() + wait * 1000 });
    greyed.set(w.key, el);
    local.setItem(BOX + w.key, JSON.stringify(w));
    showOutbox();
    forget(form);
    if (wait) {
      toast(by.dataset.undoText || by.textContent.trim(), {
        label: 'Annuler',
        ms: wait * 1000,
        run() {
          // too late: it may be on its way
          if (Date.now() >= w.hold) return;
          unkeep(w.key);
          release(w.el, el);
          emit('undone', { id: w.el });
        },
      });
    }
    flush();
  }

  /** One tab at a time. Should two send all the same, the key makes the second harmless. */
  async function alone(fn) {
    // Held a moment longer than needed, until the other tabs' view of the storage has caught up.
    const slowly = () => fn().finally(() => sleep(100));
    if (navigator.locks) return navigator.locks.request(BOX, slowly);
    // Plain http has no locks: a lease, looked at again after the others had time to see it.
    const me = uuid();
    const lease = () => JSON.parse(local.getItem('oc.lease') || '{}');
    const rest = lease().until - Date.now();
    if (rest > 0) return again(rest);
    local.setItem('oc.lease', JSON.stringify({ me, until: Date.now() + WEAK }));
    await sleep(100);
    if (lease().me !== me) return again(WEAK);
    try {
      await slowly();
    } finally {
      local.removeItem('oc.lease');
    }
  }

  let boxTimer = 0;
  let flushing = false;
  let more = false;
  let failed = 0;
  const again = (ms) => {
    clearTimeout(boxTimer);
    boxTimer = setTimeout(flush, ms);
  };

  async function flush() {
    if (flushing) {
      more = true;
      return;
    }
    if (!outbox().length) return;
    flushing = true;
    try {
      await alone(async () => {
        for (;;) {
          // read again each time: it may have been undone, or sent by another tab
          const [w] = outbox();
          if (!w) return;
          if (w.hold > Date.now()) return again(w.hold - Date.now() + 5);
          let r = await send(w, token()).catch(() => null);
          if (stale(r)) {
            const fate = await renew();
            if (fate === 'signin') return signin();
            r = fate === 'done' ? await send(w, token()).catch(() => null) : null;
            if (stale(r)) return signin();
          }
          // 500 may be one bad moment, or this very entry; after eight it lets the others pass.
          if (!r || AGAIN.has(r.status) || (r.status >= 500 && failed < 8)) return again(BEAT / 40 + backoff(failed++));
          failed = 0;
          const fate = await settle(r, true);
          // kept: it is sent after signing in again
          if (fate === 'signin') return signin();
          const el = greyed.get(w.key);
          unkeep(w.key);
          if (fate !== 'refused') continue;
          release(w.el, el);
          // what still waits for the same card greys it again
          showOutbox();
          emit('refused', { id: w.el });
        }
      });
    } finally {
      flushing = false;
      if (more) {
        more = false;
        flush();
      }
    }
  }

  addEventListener('storage', (e) => (!e.key || e.key.startsWith(BOX)) && showOutbox());

  Object.assign(window.oc, {
    pending: () => outbox().length,
    /** What waits to be sent to a path, in its order. */
    waiting: (path) => outbox().filter((w) => new URL(w.url).pathname === path),
    /** The service worker, told what this build uses: the first page was loaded before it stood. */
    async worker() {
      const worker = navigator.serviceWorker;
      if (!worker) return;
      await worker.register(policy.createScriptURL('/sw.js'));
      const used = performance.getEntriesByType('resource').map((r) => new URL(r.name));
      const keep = used.filter((u) => u.origin === location.origin && u.pathname.startsWith('/static/')).map((u) => u.pathname);
      (await worker.ready).active.postMessage({ keep: [...new Set(keep)], page: location.pathname });
    },
  });

  showOutbox();
  flush();
  /** What happens to what waits, once somebody has signed in again. */
  function promise() {
    const n = outbox().length;
    return n ? ` : ${n > 1 ? n + ' envois gardés partiront' : 'votre envoi gardé partira'} ensuite` : '';
  }

  return { entries: outbox, show: showOutbox, flush, keep, promise };
});
