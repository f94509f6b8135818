// Stands in the page before any other script: the page asks the program at the address at which it is shown. The program
// knows only the address at which a reverse proxy asks it, which lacks the path below which the proxy shows the page.
(() => {
  const { pathname, search, hash } = location;
  if (!pathname.endsWith("/")) location.replace(`${pathname}/${search}${hash}`); // relative addresses need it
  const root = new URL(".", location.href).href.slice(0, -1);
  Object.defineProperty(window, "gradio_config", {
    configurable: true,
    set: (config) => {
      const value = { ...config, root };
      Object.defineProperty(window, "gradio_config", { configurable: true, enumerable: true, writable: true, value });
    },
  });
})();
