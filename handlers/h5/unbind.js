'use strict';
// A binding is ended after a plain question, asked where the button was.
(() => {
  const { one, all, call, leave, lost } = shixi;
  for (const box of all('[data-unbind]')) {
    const ask = one('.ask', box), question = one('.question', box), yes = one('.yes', box), status = one('[role=alert]', box);

    function open(open) {
      question.hidden = !open;
      ask.hidden = open;
      status.hidden = true;
      (open ? one('.no', box) : ask).focus();
    }

    ask.addEventListener('click', () => open(true));
    one('.no', box).addEventListener('click', () => open(false));
    yes.addEventListener('click', async () => {
      if (yes.disabled) return;
      yes.disabled = true;
      try {
        await call('DELETE', box.dataset.unbind);
        leave('/h5/bind', '已解除' + box.dataset.name + '绑定');
      } catch (problem) {
        yes.disabled = false;
        if (lost(problem)) return;
        status.textContent = problem.detail;
        status.hidden = false;
      }
    });
  }
})();
