// sw.js lets the courier's page open without a network: assets by their hashed names, and the last page as it was.
// It answers nothing but GET of those two. Writes, sockets and every other page pass by it untouched.
'use strict';

const ASSETS = 'oc-assets';
const PAGES = 'oc-pages';
const PATIENCE = 4000; // ms for a page over a bad network before the kept one is shown

const isAsset = (url) => url.pathname.startsWith('/static/');
const isPage = (url) => url.pathname === '/livraisons' || url.pathname.startsWith('/livraisons/');

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (e) => {
  const { request } = e;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (isAsset(url)) e.respondWith(asset(request));
  else if (isPage(url) && request.mode === 'navigate') e.respondWith(page(request, e));
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

/** The network's page when it comes in time, the kept one otherwise; live.js says how old it is. */
async function page(request, event) {
  const fresh = fetch(request).then(async (answer) => {
    if (keepable(answer)) await (await caches.open(PAGES)).put(key(request.url), answer.clone());
    return answer;
  });
  event.waitUntil(fresh.catch(() => {}));
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  const first = await Promise.race([fresh.catch(() => null), late]);
  // A server in trouble is no better than none.
  if (first && first.status < 500) return first;
  const kept = await (await caches.open(PAGES)).match(key(request.url));
  return kept ?? first ?? fresh;
}

// A redirect to the sign-in page is not the courier's page.
const keepable = (answer) => answer.ok && !answer.redirected && (answer.headers.get('Content-Type') || '').includes('text/html');
const key = (address) => new URL(address).pathname;

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
  if (keepable(answer)) await (await caches.open(PAGES)).put(path, answer);
}
