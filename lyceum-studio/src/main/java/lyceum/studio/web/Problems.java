package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import lyceum.labs.LabParameterException;
import lyceum.labs.run.QueueFullException;
import lyceum.labs.catalogue.UnknownTopicException;
import lyceum.studio.web.view.TopicLink;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpStatus;

/** What cannot be answered: a page with a search field for people, a sentence in JSON for programs. */
final class Problems {

    private static final int RETRY_SECONDS = 5;
    private static final System.Logger LOG = System.getLogger(Problems.class.getName());

    private final Encyclopedia encyclopedia;
    private final Pages pages;

    Problems(Encyclopedia encyclopedia, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) {
        routes.exception(Safety.Refused.class, (e, context) -> send(context, e.status(), e.getMessage(), Map.of()));
        routes.exception(LabParameterException.class,
                (e, context) -> send(context, 400, Words.ended(e.getMessage()), Map.of("parameter", e.parameter())));
        routes.exception(QueueFullException.class, (e, context) -> {
            context.header("Retry-After", String.valueOf(RETRY_SECONDS));
            send(context, 429, RunViews.sentence(e.getMessage()), Map.of("retryAfter", RETRY_SECONDS));
        });
        routes.exception(UnknownTopicException.class,
                (e, context) -> send(context, 404, RunViews.sentence(e.getMessage().split(";")[0]), Map.of("nearest", e.nearest())));
        routes.exception(HttpResponseException.class,
                (e, context) -> send(context, e.getStatus(), sentence(e.getStatus(), e.getMessage()), Map.of()));
        routes.exception(HttpException.RuntimeException.class,
                (e, context) -> send(context, e.getCode(), sentence(e.getCode(), e.getReason()), Map.of()));
        routes.exception(IOException.class, (e, context) -> {
            LOG.log(System.Logger.Level.DEBUG, "the client of " + context.path() + " is gone", e);
            context.status(400);
        });
        routes.exception(Exception.class, (e, context) -> {
            LOG.log(System.Logger.Level.ERROR, "the request for " + context.path() + " failed", e);
            send(context, 500, "The studio failed at this. Its log says why.", Map.of());
        });
    }

    /** What the server below refuses, in our words. */
    static String sentence(int status, String otherwise) {
        return switch (status) {
            case 404 -> "There is no page at this address.";
            case 413 -> Safety.TOO_LONG;
            default -> RunViews.sentence(otherwise == null || otherwise.isBlank() ? HttpStatus.getMessage(status) : otherwise);
        };
    }

    /** An error of the JVM, such as memory that is used up: little is done beyond saying so. */
    static void broken(HttpServletResponse response, Error error) {
        LOG.log(System.Logger.Level.ERROR, "a request ended in an error", error);
        if (!response.isCommitted()) {
            response.resetBuffer();
            response.setStatus(500);
        }
    }

    /** A program hears what {@code more} names as well. */
    private void send(Context context, int status, String sentence, Map<String, Object> more) {
        context.status(status);
        if (context.path().startsWith("/api/") || context.path().endsWith("/snippets")) {
            Reply.error(context, status, sentence, more);
            return;
        }
        List<TopicLink> links = more.get("nearest") instanceof List<?> slugs
                ? encyclopedia.links(slugs.stream().map(String::valueOf).toList()) : List.of();
        pages.send(context, "problem", pages.head(context, status == 404 ? "Not found" : "Not answered", sentence).searching(),
                Map.of("heading", sentence, "text", status == 404 ? "It may have another name."
                        : status >= 500 ? "Nothing was lost; other pages go on." : "The request was refused with status " + status + ".",
                        "nearest", links));
    }
}
