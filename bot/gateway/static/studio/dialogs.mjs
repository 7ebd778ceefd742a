/** Opens the dialogs of a page by their buttons; without this module the page still shows everything else. */

for (const button of document.querySelectorAll("[data-opens]")) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById(button.dataset.opens));
  button.addEventListener("click", () => {
    dialog.showModal();
    dialog.querySelector("input:not([type=hidden])")?.focus();
  });
}
for (const button of document.querySelectorAll("[data-closes]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
document.querySelector("dialog[data-reopen]")?.showModal();
