package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import lyceum.labs.LabParameterException;
import lyceum.labs.catalogue.UnknownTopicException;
import lyceum.studio.web.view.TopicLink;

/** What cannot be answered: a page with a search field for people, a sentence in JSON for programs. */
final class Problems {

    private static final System.Logger LOG = System.getLogger(Problems.class.getName());

    private final Encyclopedia encyclopedia;
    private final Pages pages;

    Problems(Encyclopedia encyclopedia, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) {
        routes.exception(Safety.Refused.class, (e, context) -> send(context, e.status(), e.getMessage(), List.of()));
        routes.exception(LabParameterException.class, (e, context) -> send(context, 400, Words.ended(e.getMessage()), List.of()));
        routes.exception(UnknownTopicException.class, (e, context) -> send(context, 404, RunViews.sentence(e.getMessage().split(";")[0]), e.nearest()));
        routes.exception(io.javalin.http.HttpResponseException.class, (e, context) -> send(context, e.getStatus(), e.getStatus() == 413
            ? "The request is too long; at most " + Safety.MAX_BODY + " bytes are read." : e.getMessage(), List.of()));
        routes.exception(Exception.class, (e, context) -> {
            LOG.log(System.Logger.Level.ERROR, "the request for " + context.path() + " failed", e);
            send(context, 500, "The studio failed at this. Its log says why.", List.of());
        });
        routes.error(404, context -> {
            if (context.result() == null || "Not Found".equals(context.result()) || context.attribute("answered") == null) {
                send(context, 404, "There is no page at this address.", List.of());
            }
        });
    }

    private void send(Context context, int status, String sentence, List<String> nearest) {
        context.attribute("answered", true);
        context.status(status);
        if (context.path().startsWith("/api/") || context.path().endsWith("/snippets")) {
            Reply.error(context, status, sentence, nearest.isEmpty() ? Map.of() : Map.of("nearest", nearest));
            return;
        }
        List<TopicLink> links = encyclopedia.links(nearest);
        pages.send(context, "problem", pages.head(context, status == 404 ? "Not found" : "Not answered", sentence).searching(),
            Map.of("heading", sentence, "text", status == 404 ? "It may have another name." : status >= 500 ? "Nothing was lost; other pages go on." : "The request was refused with status " + status + ".", "nearest", links));
    }
}
