// Starts Swagger UI on the API documentation. What is tried out runs in the session of the page.
const place = document.getElementById("operations");
const csrfToken = document.querySelector("meta[name=csrf-token]").content;

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  validatorUrl: null, // the default sends the document to a server elsewhere
  persistAuthorization: false, // a token typed here is gone with the page
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = csrfToken;
    return request;
  },
});
