// menu.js keeps the visitor's basket honest: the board is everybody's and live, the basket is one person's and is not,
// so what is left is carried from one to the other here. And closing the basket of a phone gives the place on the menu back.
(() => {
  'use strict';

  const basket = () => document.getElementById('panier');
  let count = basket()?.dataset.count;

  const extra = (product, slug) => slug && document.querySelector(`#product-${product} [name=avec][value="${slug}"]`);

  function compare() {
    for (const line of document.querySelectorAll('#panier [data-line]')) {
      const { product, size, quantity } = line.dataset;
      const row = document.getElementById('product-' + product)?.querySelector(`[data-size="${size}"]`);
      const without = line.dataset.added.split(' ').map((slug) => extra(product, slug)).find((el) => el?.dataset.possible === 'non');
      const left = row && !without ? Number(row.dataset.left) : 0;
      const short = left < quantity;
      const note = line.querySelector('.line-left');
      const words = !short ? '' : without ? oc.tr('plus assez de ') + without.dataset.name : left ? oc.tr('plus que\u00a0') + left : oc.tr('épuisée');
      const text = note.querySelector('[data-text]');
      if (text.textContent !== words) text.textContent = words;
      note.hidden = !short;
      const more = line.querySelector('[value=plus]');
      if (more) more.disabled = left <= quantity;
    }
    const now = basket()?.dataset.count;
    if (now !== count && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      document.querySelector('.basket-bar')?.animate([{ transform: 'translateY(.75rem)' }, { transform: 'none' }], { duration: 260, easing: 'cubic-bezier(.2, 1.6, .4, 1)' });
    }
    count = now;
  }

  // What a pizza costs as it is composed: the price of each size, and what the additions come to. What has just run out is taken off.
  const english = document.documentElement.lang === 'en';
  const euros = (cents) => {
    const sum = (cents / 100).toFixed(2);
    return english ? '€' + sum : sum.replace('.', ',') + '\u00a0€';
  };
  function price(form) {
    const chosen = [...form.querySelectorAll('[name=avec]:checked')];
    for (const el of chosen) if (el.dataset.possible === 'non') el.checked = false;
    const added = chosen.filter((el) => el.checked);
    const sums = [];
    for (const row of form.querySelectorAll('.size')) {
      const sum = added.reduce((all, el) => all + Number(el.dataset['price' + row.dataset.size[0].toUpperCase() + row.dataset.size.slice(1)] ?? 0), 0);
      const words = euros(Number(row.dataset.price) + sum);
      const shown = row.querySelector('.price');
      const add = row.querySelector('.add');
      if (add && shown.textContent !== words) add.setAttribute('aria-label', add.getAttribute('aria-label').replace(/, \S+\s?€?$/, ', ' + words));
      if (shown.textContent !== words) shown.textContent = words;
      sums.push(words);
    }
    const said = form.querySelector('.extras-sum');
    if (!said) return;
    const { one, many, or } = said.dataset;
    const words = added.length ? added.length + '\u00a0' + (added.length > 1 ? many : one) + '\u00a0: ' + [...new Set(sums)].join(` ${or} `) : '';
    if (said.textContent !== words) said.textContent = words;
    said.hidden = !words;
    const full = added.length >= Number(said.dataset.most);
    for (const el of form.querySelectorAll('[name=avec]:not(:checked)')) el.disabled = full || el.dataset.possible === 'non';
  }
  const prices = () => document.querySelectorAll('.product-form').forEach(price);
  document.addEventListener('change', (e) => e.target.name === 'avec' && price(e.target.form));
  document.addEventListener('reset', (e) => setTimeout(() => e.target.matches?.('.product-form') && price(e.target)));
  document.addEventListener('oc:applied', prices);
  // a browser that comes back has kept what was ticked
  addEventListener('pageshow', prices);

  let opened = false;
  document.addEventListener('click', (e) => {
    if (e.target.closest?.('.basket-bar')) opened = true;
    else if (opened && e.target.closest?.('.basket-close')) {
      e.preventDefault();
      opened = false;
      history.back();
    }
  });
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && location.hash === '#panier') document.querySelector('.basket-close')?.click();
  });
  // A refusal stands on top of the basket and the button at its end: what it is about comes into sight.
  document.addEventListener('oc:refused', () => {
    if (!document.getElementById('panier-refus')) return;
    // it would say the same, on top of the form
    document.getElementById('toast').hidden = true;
    const field = document.querySelector('#panier [aria-invalid=true]');
    if (field) field.focus();
    (field ?? document.querySelector('#panier :is([data-bad], .refusal)'))?.scrollIntoView({ block: 'center' });
  });
  document.addEventListener('oc:applied', compare);
  compare();
})();
