// What JupyterLab lacks as a learner's room: an empty window shows the map; terminals are told which notebook is in
// front; a page follows its file, which a check (the map), a reset or another window may have changed.
"use strict";

var _JUPYTERLAB = _JUPYTERLAB || {};

_JUPYTERLAB["kubernetes-lab-room"] = (() => {
  const MAP = "map.md";
  const NOTEBOOK = /^notebooks\/(\w+)\.ipynb$/;
  const LOOK_EVERY = 2000; // milliseconds
  const TOLD_FOR = 10000; // milliseconds

  let shared = {};

  /** What went wrong, for who looks into it; that a server is away JupyterLab tells by itself. */
  function tell(error) {
    console.warn("the room:", error);
  }

  /** A package that JupyterLab shares with its extensions. */
  async function load(name) {
    const [version] = Object.values(shared[name]);
    return (await version.get())();
  }

  class Room {
    constructor(shell, documents, services, notify) {
      this.shell = shell;
      this.documents = documents;
      this.services = services;
      this.notify = notify;
      this.resets = new Map(); // which reset of its notebook a page has seen; by its context
      this.told = undefined;
    }

    /** Every document on this page. */
    contexts() {
      const widgets = [...this.shell.widgets("main")];
      return [...new Set(widgets.map(widget => this.documents.contextForWidget(widget)))].filter(
        context => context && context.isReady && !context.isDisposed
      );
    }

    /** In a window with nothing in it, as a second one on the same address is: the map, not a launcher. */
    async showMapIfEmpty() {
      const isLauncher = widget => widget.id.startsWith("launcher");
      if ([...this.shell.widgets("main")].every(isLauncher)) {
        const map = this.documents.openOrReveal(MAP, "Markdown Preview");
        await map.revealed;
        [...this.shell.widgets("main")].filter(isLauncher).forEach(launcher => launcher.close());
      }
    }

    /** Tell the terminals which notebook is in front; a terminal, or the map, that comes to the front changes nothing. */
    async tellFront(again = false) {
      const context = this.shell.currentWidget && this.documents.contextForWidget(this.shell.currentWidget);
      const [, front] = (context && NOTEBOOK.exec(context.path)) || [];
      if (front && (again || front !== this.told)) {
        await this.ask({ method: "PUT", body: JSON.stringify({ front }) });
        this.told = front;
      }
    }

    /** Keep what was changed here, before another window may show the same file. */
    async save() {
      for (const context of this.contexts()) {
        if (context.model.dirty && !context.model.readOnly && NOTEBOOK.test(context.path)) {
          await context.save();
        }
      }
    }

    /** Bring every page up to date with its file; one whose file is gone keeps no other from it. */
    async look() {
      const { resets } = await this.ask({});
      for (const context of this.contexts()) {
        await this.lookAt(context, resets).catch(tell);
      }
    }

    async lookAt(context, resets) {
      const [, notebook] = NOTEBOOK.exec(context.path) || [];
      const reset = notebook && resets[notebook];
      const at = reset ? reset.at : "";
      if (at !== (this.resets.get(context) ?? at)) {
        await this.begin(context, reset.says);
      } else if ((notebook || context.path === MAP) && !context.model.dirty) {
        await this.follow(context);
      }
      this.resets.set(context, at);
    }

    /** A notebook that was reset: its fresh page, and a kernel that knows nothing of the earlier one. */
    async begin(context, says) {
      if (context.model.dirty) {
        await this.keep(context);
      }
      await context.revert();
      await this.showBeginning(context);
      const kernel = context.sessionContext.session && context.sessionContext.session.kernel;
      if (kernel) {
        await kernel.restart();
      }
      this.notify.info(says, { autoClose: TOLD_FOR });
    }

    /** A page as long as the earlier one may have been left far below the end of the fresh one. */
    async showBeginning(context) {
      const { content } = [...this.shell.widgets("main")].find(widget => this.documents.contextForWidget(widget) === context);
      content.activeCellIndex = 0;
      await content.scrollToItem(0);
    }

    /** What was never saved of a page that makes room for a fresh one. */
    async keep(context) {
      const name = context.path.replace(NOTEBOOK, `$1-unsaved-${Date.now()}.ipynb`);
      const content = { type: "notebook", format: "json", content: context.model.toJSON() };
      await this.services.contents.save(`kept/${name}`, content);
    }

    async follow(context) {
      const file = await this.services.contents.get(context.path, { content: false });
      const isOlder = context.contentsModel && context.contentsModel.last_modified < file.last_modified;
      if (isOlder && !context.model.dirty) {
        await context.revert();
      }
    }

    async ask(request) {
      const { ServerConnection } = this.services.package;
      const settings = this.services.serverSettings;
      const response = await ServerConnection.makeRequest(`${settings.baseUrl}lab-room`, request, settings);
      if (!response.ok) {
        throw new ServerConnection.ResponseError(response);
      }
      return response.status === 204 ? {} : response.json();
    }
  }

  /** One after another, and again as long as the page lives. */
  function repeat(look) {
    let last = Promise.resolve();
    const next = () => (last = last.then(look).catch(tell));
    const again = () => next().then(() => setTimeout(again, LOOK_EVERY));
    again();
    return next;
  }

  async function extension() {
    const [{ ILabShell }, { IDocumentManager }, { Notification }, services] = await Promise.all(
      ["@jupyterlab/application", "@jupyterlab/docmanager", "@jupyterlab/apputils", "@jupyterlab/services"].map(load)
    );
    const activate = (app, shell, documents) => {
      const { contents, serverSettings } = app.serviceManager;
      const room = new Room(shell, documents, { contents, serverSettings, package: services }, Notification);
      app.restored.then(async () => {
        await room.showMapIfEmpty();
        const look = repeat(() => room.look());
        const inTurn = act => act().catch(tell);
        shell.currentChanged.connect(() => inTurn(() => room.tellFront()));
        inTurn(() => room.tellFront());
        window.addEventListener("focus", () => inTurn(() => room.tellFront(true)).then(look));
        window.addEventListener("blur", () => inTurn(() => room.save()));
      });
    };
    return {
      id: "kubernetes-lab-room:plugin",
      autoStart: true,
      requires: [ILabShell, IDocumentManager],
      activate
    };
  }

  return {
    init: scope => {
      shared = scope;
    },
    get: async () => {
      const plugin = await extension();
      return () => ({ __esModule: true, default: plugin });
    }
  };
})();
