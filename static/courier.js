// courier.js makes the courier's page an application that opens in a tunnel: the service worker keeps the last page and
// its assets, the home screen gets an icon. Sending later is outbox.js's business, not the worker's.
(() => {
  'use strict';

  const worker = navigator.serviceWorker;
  if (worker && window.oc) {
    oc.worker().catch((err) => console.warn('worker:', err));

    // A shared telephone: signing out on purpose takes the page with it. A session that merely ended leaves the run readable.
    document.addEventListener('submit', (e) => {
      if (new URL(e.target.getAttribute('action') || '', location.href).pathname === '/deconnexion') worker.controller?.postMessage({ forget: true });
    });
  }

  // A stop that is cancelled on the way is felt in the pocket and said; it stays crossed out until it is acknowledged.
  document.addEventListener('oc:order-cancelled', () => {
    navigator.vibrate?.([300, 150, 300, 150, 300]);
    const gone = [...document.querySelectorAll('.drop[data-status=cancelled]:not([data-pending]) h3')].map((h) => h.textContent.trim());
    window.oc?.toast(`Annulée : ${gone.join(', ')}. Ne livrez pas, rapportez à la pizzeria.`, { ms: 10_000 });
  });

  // The navigation app chosen last is the one that « Itinéraire » opens, on this telephone.
  const GUIDE = 'oc.guide';
  let guide = '';
  try {
    guide = localStorage.getItem(GUIDE) ?? '';
  } catch { /* then the first one stays */ }
  function lead() {
    for (const drop of guide ? document.querySelectorAll('.drop') : []) {
      const way = drop.querySelector('[data-way]');
      const chosen = drop.querySelector(`[data-guide="${CSS.escape(guide)}"]`);
      if (!way || !chosen) continue;
      way.href = chosen.href;
      for (const g of drop.querySelectorAll('[data-guide]')) g.toggleAttribute('aria-current', g === chosen);
    }
  }
  document.addEventListener('click', (e) => {
    const chosen = e.target.closest?.('[data-guide]');
    if (!chosen) return;
    guide = chosen.dataset.guide;
    try {
      localStorage.setItem(GUIDE, guide);
    } catch { /* for as long as the page lasts */ }
    lead();
  });
  document.addEventListener('oc:applied', lead);
  lead();

  // The sequence of the stops is the courier's: a press moves the stop at once, with or without network, and the whole sequence is sent, so that
  // what arrives last holds. What still waits to be sent is put back over what the server drew meanwhile.
  const mine = () => document.getElementById('drops-mine-list');
  const order = document.getElementById('run-form');
  const idOf = (drop) => drop.id.replace('drop-', '');
  const stops = () => [...(mine()?.querySelectorAll('.drop') ?? [])];
  let chosen = null;

  function arrange(ids) {
    const drops = stops();
    const place = (d) => (ids.includes(idOf(d)) ? ids.indexOf(idOf(d)) : ids.length);
    const sorted = [...drops].sort((a, b) => place(a) - place(b));
    if (sorted.every((d, i) => d === drops[i])) return;
    for (const d of sorted) mine()[d.isConnected && mine().moveBefore ? 'moveBefore' : 'insertBefore'](d, null);
  }

  /** The last sequence that waits in the outbox; none once it was sent. */
  function waiting() {
    const all = window.oc?.waiting?.('/livraisons/tournee') ?? [];
    return all.length ? new URLSearchParams(all.at(-1).body).get('ordre')?.split(',') : null;
  }

  document.addEventListener('click', (e) => {
    const by = e.target.closest?.('[data-move]');
    const drop = by?.closest('.drop');
    if (!drop || !order) return;
    e.preventDefault();
    const drops = stops();
    const from = drops.indexOf(drop);
    const to = Math.min(Math.max(from + (by.dataset.move === 'monter' ? -1 : 1), 0), drops.length - 1);
    if (to === from) return;
    drops.splice(from, 1);
    drops.splice(to, 0, drop);
    chosen = drops.map(idOf);
    arrange(chosen);
    // At the end of the list the button goes: its neighbour takes the focus.
    const still = by.checkVisibility?.({ visibilityProperty: true }) === false ? drop.querySelector(`[data-move]:not([data-move=${by.dataset.move}])`) : by;
    still?.focus({ preventScroll: true });
    drop.scrollIntoView({ block: 'nearest' });
    order.elements.ordre.value = chosen.join(',');
    order.elements.geste.value = String(Date.now());
    document.getElementById('run-said').textContent = `${drop.querySelector('h3').textContent.trim()} : arrêt ${to + 1} sur ${drops.length}`;
    order.requestSubmit();
  });
  const again = () => {
    const ids = waiting();
    if (ids) arrange(ids);
  };
  document.addEventListener('oc:applied', again);
  again();

  // What was ticked off stays so for as long as the stop is there, whatever is drawn anew, and across a reload in a tunnel.
  const TICKS = 'oc.ticks';
  let ticks = new Set();
  try {
    ticks = new Set(JSON.parse(localStorage.getItem(TICKS) ?? '[]'));
  } catch { /* none */ }
  const boxes = () => document.querySelectorAll('.drop-check input');
  document.addEventListener('change', ({ target }) => {
    if (!target.matches('.drop-check input')) return;
    ticks[target.checked ? 'add' : 'delete'](target.id);
    try {
      const there = new Set([...boxes()].map((b) => b.id));
      localStorage.setItem(TICKS, JSON.stringify([...ticks].filter((id) => there.has(id))));
    } catch { /* for as long as the page lasts */ }
  });
  const tick = () => boxes().forEach((b) => (b.checked = ticks.has(b.id)));
  document.addEventListener('oc:applied', tick);
  tick();

  // The position: off until the courier switches it on, on this telephone; sent only while there is something to deliver, and at a walker's pace:
  // every ten seconds and thirty metres, or once a minute. It is not a write of the outbox: an old one is worth nothing.
  const SHARE = 'oc.share';
  const PACE = 10_000;
  const STILL = 60_000;
  const STEP = 30;
  const sharing = document.getElementById('sharing');
  const toggle = document.getElementById('sharing-switch');
  const words = document.getElementById('sharing-words');
  let shared = false;
  let watcher = null;
  let last = null;
  let denied = false;
  let nobody = false;

  const remember = (on) => {
    try {
      localStorage.setItem(SHARE, on ? document.documentElement.dataset.user : '');
    } catch { /* for as long as the page lasts */ }
  };
  const riding = () => !!mine()?.querySelector('.drop[data-status=on_the_way]');

  async function tell(fields) {
    const body = new URLSearchParams(fields);
    const shop = order?.elements.pizzeria?.value;
    if (shop) body.set('pizzeria', shop);
    const r = await fetch('/livraisons/position', {
      method: 'POST', body, keepalive: true, headers: { Accept: 'application/json', 'X-Live': '1', 'X-Csrf-Token': document.querySelector('input[name=_csrf]')?.value ?? '' },
    }).catch(() => null);
    return r?.status ?? 0;
  }

  // Metres between two near places: the earth is flat enough.
  const apart = (a, b) => Math.hypot((a.latitude - b.latitude) * 111_195, (a.longitude - b.longitude) * 111_195 * Math.cos((a.latitude * Math.PI) / 180));

  async function moved({ coords }) {
    const t = Date.now();
    if (last && (t - last.t < PACE || (t - last.t < STILL && apart(last, coords) < STEP))) return;
    const { latitude, longitude, accuracy } = coords;
    last = { t, latitude, longitude, sent: last?.sent };
    const status = await tell({ latitude, longitude, precision: Math.round(accuracy) });
    if (status === 204 && last) last.sent = t;
    nobody = status === 409;
    show();
  }

  function follow() {
    const should = shared && riding();
    if (should && watcher === null) {
      denied = false;
      watcher = navigator.geolocation.watchPosition(moved, (err) => {
        denied = err.code === err.PERMISSION_DENIED;
        show();
      }, { enableHighAccuracy: true, maximumAge: PACE, timeout: STILL });
    } else if (!should && watcher !== null) {
      navigator.geolocation.clearWatch(watcher);
      watcher = last = null;
      tell({ arret: 1 });
    }
    show();
  }

  function show() {
    toggle.setAttribute('aria-checked', String(shared));
    const since = document.createElement('span');
    if (last?.sent) since.dataset.ago = String(last.sent + (window.oc ? oc.now() - Date.now() : 0));
    const say = !shared ? 'Pendant la tournée, au prochain client.'
      : denied ? 'Refusée par le téléphone : voyez ses réglages.'
        : !riding() ? 'Prête : elle part avec la tournée.'
          : !last?.sent ? (nobody ? 'Rien à livrer, rien n’est partagé.' : 'Recherche de la position…')
            : 'Position d’';
    if (words.dataset.said === say + (since.dataset.ago ?? '')) return;
    words.dataset.said = say + (since.dataset.ago ?? '');
    words.replaceChildren(say, ...(say.endsWith('’') ? [since] : []));
  }

  if (sharing && navigator.geolocation) {
    try {
      shared = localStorage.getItem(SHARE) === document.documentElement.dataset.user;
    } catch { /* off */ }
    sharing.hidden = false;
    toggle.addEventListener('click', () => {
      shared = !shared;
      remember(shared);
      follow();
    });
    document.addEventListener('oc:applied', follow);
    document.addEventListener('submit', (e) => {
      if (watcher !== null && new URL(e.target.getAttribute('action') || '', location.href).pathname === '/deconnexion') tell({ arret: 1 });
    });
    follow();
  }

  let prompt = null;
  const button = () => document.getElementById('install');
  addEventListener('beforeinstallprompt', (e) => {
    e.preventDefault();
    prompt = e;
    if (button()) button().hidden = false;
  });
  addEventListener('appinstalled', () => {
    if (button()) button().hidden = true;
  });
  document.addEventListener('click', (e) => {
    if (!prompt || !e.target.closest?.('#install')) return;
    prompt.prompt();
    prompt = null;
    button().hidden = true;
  });
})();
