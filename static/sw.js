// sw.js lets the courier's page open without a network: assets by their hashed names, and the last page as it was. A wall that starts before
// its network does gets a page that tries again. It answers nothing but GET of those. Writes, sockets and every other page pass by it untouched.
'use strict';

const ASSETS = 'oc-assets';
const PAGES = 'oc-pages';
const PATIENCE = 4000; // ms for a page over a bad network before the kept one is shown
const SIGNING_IN = '/connexion'; // kept beside the pages: whose they are is uncertain

const isAsset = (url) => url.pathname.startsWith('/static/');
// What the till expects is never shown as it was: money is counted against what is so.
const isPage = (url) => url.pathname === '/livraisons' || (url.pathname.startsWith('/livraisons/') && url.pathname !== '/livraisons/compte');
const isWall = (url) => url.pathname === '/cuisine' || url.pathname === '/ecran';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (e) => {
  const { request } = e;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === 'POST' && url.pathname === SIGNING_IN) e.waitUntil(keepPage(SIGNING_IN, new Response()));
  if (request.method !== 'GET') return;
  if (isAsset(url)) e.respondWith(asset(request));
  else if (request.mode !== 'navigate') return;
  else if (isPage(url)) e.respondWith(page(request, e));
  else if (isWall(url)) e.respondWith(wall(request));
});

/** A hashed name never changes its content, so what is kept is right. */
async function asset(request) {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  // Plain names may change: they are kept too, for want of better offline, when the page says that it uses them.
  if (answer.ok && /\.[0-9a-f]{10}\.\w+$/.test(new URL(request.url).pathname)) cache.put(request, answer.clone());
  return answer;
}

/**
 * The network's page when it comes in time, the kept one otherwise; live.js says how old it is. When the session is over the run stays readable.
 * After somebody signed in, the kept page may be another's: then only the network knows whose run it is.
 */
async function page(request, event) {
  const fresh = fetch(request).then(async (answer) => {
    if (!keepable(answer)) return answer;
    await keepPage(key(request.url), answer.clone());
    await (await caches.open(PAGES)).delete(SIGNING_IN);
    return answer;
  });
  event.waitUntil(fresh.catch(() => {}));
  const pages = await caches.open(PAGES);
  const kept = await pages.match(key(request.url));
  if (!kept) return fresh;
  if (await pages.match(SIGNING_IN)) return fresh.then((answer) => (answer.type === 'opaqueredirect' ? kept : answer));
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  const first = await Promise.race([fresh.catch(() => null), late]);
  // A server in trouble is no better than none. A redirect leads to the sign-in page.
  return first && first.status < 500 && first.type !== 'opaqueredirect' ? first : kept;
}

/** Nobody stands before a wall to load it again. */
async function wall(request) {
  const answer = await fetch(request).catch(() => null);
  if (answer && answer.status < 500) return answer;
  return new Response(WAITING, { status: 503, headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', Refresh: '5' } });
}

const WAITING = `<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5"><title>Connexion… · OC Pizza</title><style>
html { color-scheme: dark; background: #0e0a08; color: #f8ecdc; font: clamp(1.25rem, 2.2vw, 3rem)/1.4 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; justify-items: center; gap: .5em; text-align: center; padding: 1em; box-sizing: border-box; }
h1 { font-size: 1.8em; line-height: 1.1; margin: 0; } p { margin: 0; max-width: 34em; } b { color: #ffd23f; }
</style></head><body><h1>Pas de connexion au serveur</h1><p role="status">Cet écran réessaie <b>tout seul</b>, toutes les 5 secondes.</p>
<p>Si cela dure : vérifiez le câble ou le Wi-Fi, et notez les commandes sur papier.</p></body></html>`;

// A redirect to the sign-in page is not the courier's page.
const keepable = (answer) => answer.ok && !answer.redirected && (answer.headers.get('Content-Type') || '').includes('text/html');
const key = (address) => new URL(address).pathname;
const keepPage = async (path, answer) => (await caches.open(PAGES)).put(path, answer);

self.addEventListener('message', (e) => {
  const { keep, page: path, forget } = e.data || {};
  if (forget) e.waitUntil(caches.delete(PAGES));
  if (keep) e.waitUntil(remember(keep, path));
});

async function remember(keep, path) {
  const cache = await caches.open(ASSETS);
  const wanted = new Set(keep);
  // What this build no longer uses goes.
  for (const request of await cache.keys()) if (!wanted.has(key(request.url))) await cache.delete(request);
  await Promise.all(keep.map(async (p) => (await cache.match(p)) ?? cache.add(p).catch(() => {})));
  if (!isPage(new URL(path, location.origin))) return;
  const answer = await fetch(path, { headers: { Accept: 'text/html' } });
  if (keepable(answer)) await keepPage(path, answer);
}
