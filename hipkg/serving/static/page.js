// Open the editor on this endpoint alone: nothing is asked of any other host.
const place = document.getElementById("editor");
Yasgui.Yasqe.defaults.value = place.dataset.query;
Yasgui.Yasqe.defaults.autocompleters = ["variables"];
new Yasgui(place, {
  requestConfig: { endpoint: new URL("sparql", document.baseURI).href, method: "GET" },
  copyEndpointOnNewTab: true,
  persistenceId: null,
});
