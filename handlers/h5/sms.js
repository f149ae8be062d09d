'use strict';
// The button beside a field for an SMS code sends one, after a puzzle.
(() => {
  const { one, all, call, clear, show, enable, puzzle } = shixi;

  function count(button, seconds) {
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? seconds + ' 秒后重发' : '获取验证码';
    if (seconds > 0) setTimeout(count, 1000, button, seconds - 1);
  }

  const isMobile = text => /^1\d{10}$/.test(text.replace(/[\s-]/g, '').replace(/^(\+86|0086)/, ''));

  for (const button of all('[data-code]')) {
    button.addEventListener('click', async () => {
      const form = button.form, mobile = one('[name=mobile]', form).value.trim();
      let wait = 0;
      clear(form);
      button.disabled = true;
      try {
        if (!isMobile(mobile)) throw { errors: [{ field: 'mobile', message: '请填写 11 位手机号' }] };
        const ticket = await puzzle();
        if (!ticket) return;
        wait = (await call('POST', '/api/v1/sms-codes', { mobile, purpose: button.dataset.code, ticket })).retryAfter;
        one('[name=smsCode]', form).focus();
      } catch (problem) {
        show(form, problem);
      } finally {
        if (!wait) enable(button);
        count(button, wait);
      }
    });
  }
})();
