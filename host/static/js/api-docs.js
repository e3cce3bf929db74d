// Starts Swagger UI on the API documentation. What is tried out runs in the session of the page.
const place = document.getElementById("operations");
const csrfToken = document.querySelector("meta[name=csrf-token]").content;

// Swagger UI draws its choice of server some time after it says that it is complete, and gives it no name.
const naming = new MutationObserver(() => {
  const servers = document.getElementById("servers");
  if (!servers) return;
  servers.setAttribute("aria-label", place.dataset.servers);
  place.removeAttribute("aria-busy");
  naming.disconnect();
});
naming.observe(place, { childList: true, subtree: true });

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: false, // its links lie inside buttons, where no screen reader finds them
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  validatorUrl: null, // the default sends the document to a server elsewhere
  persistAuthorization: false, // a token typed here is gone with the page
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = csrfToken;
    return request;
  },
});
