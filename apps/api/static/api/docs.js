/* Starts Swagger UI on the committed-and-served schema: a file of its own, since the content policy allows no inline script. */
window.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("reference");
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor: (request) => {
      if (new URL(request.url, location.href).origin === location.origin) {
        const token = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/);
        if (token) request.headers["X-CSRFToken"] = decodeURIComponent(token[1]);
      }
      return request;
    },
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
});
