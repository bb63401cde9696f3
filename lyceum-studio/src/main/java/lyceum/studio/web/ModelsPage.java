package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.Semaphore;
import lyceum.studio.web.view.ModelsView;

/**
 * What is in a file of weights that the reader names. A file is read for this machine's own browser alone, from the studio's own page or an address that was typed,
 * and only where its name says that it holds weights; one at a time. Nothing is written, kept or sent elsewhere.
 */
final class ModelsPage {
    private static final Pages.Head HEAD = Pages.head("Models", "What is in a file of weights on this machine.");

    private final Pages pages;
    private final StudioOptions.Talk talk;
    private final Semaphore reading = new Semaphore(1);

    /** @param talk a language model that is served beside the studio, or null */
    ModelsPage(Pages pages, StudioOptions.Talk talk) {
        this.pages = pages;
        this.talk = talk;
    }

    void routes(RoutesConfig routes) {
        routes.get("/models", this::show);
        if (talk == null) return;
        routes.get("/chat", context -> context.redirect(talk.address() + "/"));
        routes.get("/engine", context -> context.redirect(talk.address() + "/engine"));
    }

    private void show(Context context) throws InterruptedException {
        var path = context.queryParam("path");
        if (path == null || path.isBlank()) send(context, ModelsView.of("", ""));
        else {
            permit(context);
            reading.acquire();
            try {
                send(context, ModelFiles.view(path.strip(), context.queryParam("tensor")));
            } finally {
                reading.release();
            }
        }
    }

    /** Even a click on another site's link does not open a file. */
    private static void permit(Context context) {
        var site = context.header("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin") && !site.equals("none"))
            throw new Safety.Refused(403, "A page of another site names a file here. Open /models and name it yourself.");
        // behind a proxy everybody comes from this machine
        if (!isLoopback(context.ip()) || context.header("X-Forwarded-For") != null || context.header("Forwarded") != null)
            throw new Safety.Refused(403, "Files are shown to this machine's own browser alone.");
    }

    static boolean isLoopback(String address) {
        try {
            return InetAddress.ofLiteral(address.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void send(Context context, ModelsView view) {
        if (!view.trouble().isEmpty()) context.status(422);
        pages.send(context, "models", pages.head(context, HEAD.title(), HEAD.description()).styled(),
                Map.of("view", view, "model", talk == null ? "" : talk.name()));
    }
}
