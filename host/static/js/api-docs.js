// Starts Swagger UI on the API documentation. What is tried out runs in the session of the page.
const place = document.getElementById("operations");
const csrfToken = document.querySelector("meta[name=csrf-token]").content;

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: false, // its links lie inside buttons, where no screen reader finds them
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  onComplete: () => document.getElementById("servers")?.setAttribute("aria-label", place.dataset.servers),
  validatorUrl: null, // the default sends the document to a server elsewhere
  persistAuthorization: false, // a token typed here is gone with the page
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = csrfToken;
    return request;
  },
});
