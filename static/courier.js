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
