// history.js draws the days of a shop with uPlot from the table that the page has: takings as an area, orders as a line. Without it the table says
// the same. It sets styles through the CSSOM alone, which the policy of the pages allows.
(() => {
  'use strict';

  const box = document.getElementById('chart');
  const table = box && document.querySelector(box.dataset.of);
  if (!table || !window.uPlot) return;

  const rows = [...table.tBodies[0].rows].reverse();
  const noon = (day) => Date.parse(day + 'T12:00:00Z') / 1000;
  const data = [
    rows.map((r) => noon(r.dataset.day)),
    rows.map((r) => r.dataset.takings / 100),
    rows.map((r) => Number(r.dataset.orders)),
  ];
  const say = (options) => new Intl.DateTimeFormat('fr-FR', { timeZone: 'UTC', ...options });
  const short = say({ day: 'numeric', month: 'short' });
  const long = say({ weekday: 'short', day: 'numeric', month: 'long' });
  const euros = new Intl.NumberFormat('fr-FR', { style: 'currency', currency: 'EUR' });
  const round = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 0 });
  /** A colour of the style sheet for the canvas, which knows no light-dark(). */
  const token = (name) => {
    const probe = document.createElement('i');
    probe.className = name;
    box.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };

  let plot = null;
  function draw() {
    plot?.destroy();
    const ink = getComputedStyle(box).color;
    const line = token('chart-line');
    const font = '13px ' + getComputedStyle(box).fontFamily;
    const axis = (more) => ({ stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, ...more });
    plot = new window.uPlot({
      width: box.clientWidth,
      height: Math.max(220, Math.min(320, box.clientWidth * 0.4)),
      tzDate: (ts) => window.uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC'),
      scales: { x: { time: true }, euros: { range: (u, min, max) => [0, Math.max(10, max * 1.1)] }, orders: { range: (u, min, max) => [0, Math.max(5, max * 1.1)] } },
      series: [
        { label: 'Service du', value: (u, v) => (v == null ? '—' : long.format(v * 1000)) },
        { label: 'Encaissé', scale: 'euros', stroke: token('chart-a'), fill: token('chart-fill'), width: 2, points: { show: rows.length < 45 }, value: (u, v) => (v == null ? '—' : euros.format(v)) },
        { label: 'Commandes', scale: 'orders', stroke: token('chart-b'), width: 2, dash: [6, 4], points: { show: rows.length < 45 }, value: (u, v) => v ?? '—' },
      ],
      axes: [
        axis({ space: 70, values: (u, all) => all.map((v) => short.format(v * 1000)), incrs: [1, 2, 7, 14, 30, 61, 91].map((d) => d * 86400) }),
        axis({ scale: 'euros', size: 64, values: (u, all) => all.map((v) => round.format(v) + ' €') }),
        axis({ scale: 'orders', side: 1, size: 44, grid: { show: false }, values: (u, all) => all.map((v) => round.format(v)) }),
      ],
    }, data, box);
  }
  draw();

  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    draw();
  }).observe(box);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
