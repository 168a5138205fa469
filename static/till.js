// till.js lets a clerk work without looking: what was typed and not sent yet survives a reload, and the cursor goes where the next key belongs.
// Without it, and live.js beside it, the draft is a plain form.
(() => {
  'use strict';

  const KEPT = 'oc.draft';
  const form = () => document.getElementById('brouillon');
  // A tab that may not remember works all the same.
  const remember = (text) => {
    try {
      if (text) sessionStorage.setItem(KEPT, text);
      else sessionStorage.removeItem(KEPT);
    } catch { /* forbidden */ }
  };
  const remembered = () => {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT) || 'null');
    } catch {
      return null;
    }
  };

  /** Whether a field holds something else than the server drew. */
  const changed = (el) => {
    if (!el.name || el.type === 'hidden' || el.tagName === 'BUTTON') return false;
    if (el.type === 'radio') return el.checked && !el.defaultChecked;
    if (el.tagName === 'SELECT') return el.selectedIndex !== Math.max(0, [...el.options].findIndex((o) => o.defaultSelected));
    return el.value !== el.defaultValue;
  };

  const keep = () => {
    const f = form();
    if (!f) return;
    const fields = [...f.elements].filter(changed).map((el) => [el.name, el.value]);
    // The action says which draft it is: a new order, or the change of one.
    remember(fields.length ? JSON.stringify({ draft: f.getAttribute('action'), fields }) : '');
  };

  const restore = () => {
    const f = form();
    const kept = remembered();
    if (!f || kept?.draft !== f.getAttribute('action')) return;
    for (const [name, value] of kept.fields) {
      const el = f.elements[name];
      if (!el) continue;
      el.value = value;
      // live.js must know that it is the person's.
      const field = el.length && !el.tagName ? [...el].find((r) => r.checked) : el;
      field?.dispatchEvent(new Event('input', { bubbles: true }));
    }
  };

  /** Which form is drawn: another one after an order was taken, or when one is to be changed. */
  const drawn = () => form()?.getAttribute('action') + ' ' + form()?.elements._cle?.value;
  let before = drawn();
  const go = (css) => form()?.querySelector(css)?.focus();

  document.addEventListener('input', (e) => e.target.form === form() && keep());
  document.addEventListener('change', (e) => e.target.form === form() && keep());
  document.addEventListener('oc:applied', () => {
    keep();
    if (drawn() === before) return;
    before = drawn();
    go('[autofocus]');
  });
  document.addEventListener('oc:refused', () => go('[aria-invalid=true]'));
  // « Valider » from any field: Enter alone asks for the customer or the product.
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' || !(e.ctrlKey || e.metaKey) || e.repeat || e.target.form !== form()) return;
    e.preventDefault();
    form().querySelector('.button.big')?.click();
  });
  // From the number straight on to what is ordered; « Même commande » is one step back.
  addEventListener('submit', (e) => {
    if (e.submitter?.value === 'chercher' && document.activeElement?.name === 'telephone') go('[name=code]');
  });

  // A customer on hold who does not answer is called: said wherever the clerk is looking.
  document.addEventListener('oc:over', (e) => {
    const call = document.getElementById(e.detail.id)?.dataset.call;
    if (call) window.oc?.toast(call);
  });

  document.querySelector('[data-print]')?.addEventListener('click', () => print());
  restore();
})();
