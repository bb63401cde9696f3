package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.sse.SseClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import lyceum.labs.LabEvent;
import lyceum.labs.LabJson;
import lyceum.labs.LabParameterException;
import lyceum.labs.LabRequest;
import lyceum.labs.QueueFullException;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.web.view.RunView;
import tools.jackson.databind.JsonNode;

/** Runs over HTTP: start, follow, look up, stop. */
final class RunsApi {

    private static final int RETRY_SECONDS = 5;
    private static final int LISTENERS = 128;
    private static final long PING_MILLIS = 15_000;

    private final Encyclopedia encyclopedia;
    private final Runs runs;
    private final RunViews views;
    private final Pages pages;
    private final Semaphore listeners = new Semaphore(LISTENERS);

    RunsApi(Encyclopedia encyclopedia, Runs runs, RunViews views, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.runs = runs;
        this.views = views;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) {
        routes.post("/api/runs", this::start);
        routes.get("/api/runs/{id}", this::show);
        routes.delete("/api/runs/{id}", this::stop);
        routes.sse("/api/runs/{id}/events", this::follow);
        routes.post("/t/{slug}/run", this::startFromForm);
    }

    /** {@code {"slug": "lasso", "params": {"alpha": 0.1}, "seed": 1}} starts a run: 202 and its address. */
    private void start(Context context) {
        JsonNode body;
        try {
            body = LabJson.read(context.body(), JsonNode.class);
        } catch (IllegalArgumentException e) {
            throw new Safety.Refused(400, "The body is no JSON: " + e.getMessage() + ".");
        }
        if (body == null || !body.path("slug").isString()) {
            throw new Safety.Refused(400, "The body is an object with slug, and params and seed where they differ from the defaults.");
        }
        var topic = encyclopedia.catalogue().bySlug(body.path("slug").stringValue());
        var params = new LinkedHashMap<String, String>();
        body.path("params").properties().forEach(p -> params.put(p.getKey(), p.getValue().isString() ? p.getValue().stringValue() : p.getValue().toString()));
        var run = begin(context, topic, params, seed(body.path("seed")));
        if (run != null) {
            context.status(202).header("Location", "/api/runs/" + run.id());
            Reply.json(context, summary(run));
        }
    }

    /** The form of a page without JavaScript: starts a run and shows it. */
    private void startFromForm(Context context) {
        var topic = encyclopedia.catalogue().bySlug(context.pathParam("slug"));
        var params = new LinkedHashMap<String, String>();
        context.formParamMap().forEach((name, values) -> {
            if (!name.equals("seed")) {
                params.put(name, values.getLast());
            }
        });
        var run = begin(context, topic, params, seedText(context.formParam("seed")));
        if (run != null) {
            var address = new StringBuilder("/t/" + topic.slug() + "?run=" + run.id());
            context.formParamMap().forEach((name, values) -> address.append('&').append(Queries.encoded(name)).append('=').append(Queries.encoded(values.getLast())));
            context.redirect(address.toString(), io.javalin.http.HttpStatus.SEE_OTHER);
        }
    }

    /** Starts a run; where it cannot, answers and returns null. */
    private LiveRun begin(Context context, Topic topic, Map<String, String> params, long seed) {
        var lab = encyclopedia.lab(topic.slug()).orElse(null);
        if (lab == null) {
            Reply.error(context, 409, topic.title() + " has no lab yet.", Map.of("slug", topic.slug()));
            return null;
        }
        try {
            return runs.start(LabRequest.of(topic.slug(), lab.name()).withParams(params).withSeed(seed).within(Duration.ofSeconds(LabPanel.BUDGET_SECONDS)));
        } catch (LabParameterException e) {
            Reply.error(context, 400, Words.ended(e.getMessage()), Map.of("parameter", e.parameter()));
        } catch (QueueFullException e) {
            context.header("Retry-After", String.valueOf(RETRY_SECONDS));
            Reply.error(context, 429, RunViews.sentence(e.getMessage()), Map.of("retryAfter", RETRY_SECONDS));
        }
        return null;
    }

    private static long seed(JsonNode node) {
        if (node.isMissingNode() || node.isNull()) {
            return 1;
        }
        return seedText(node.isString() ? node.stringValue() : node.toString());
    }

    static long seedText(String text) {
        if (text == null || text.isBlank()) {
            return 1;
        }
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            throw new LabParameterException("seed", "seed is '" + text + "'; it is a whole number");
        }
    }

    private static Map<String, Object> summary(LiveRun run) {
        var summary = new LinkedHashMap<String, Object>();
        summary.put("id", run.id());
        summary.put("slug", run.request().slug());
        summary.put("state", run.state());
        summary.put("params", run.request().params());
        summary.put("seed", run.request().seed());
        summary.put("events", "/api/runs/" + run.id() + "/events");
        summary.put("page", "/t/" + run.request().slug() + "?run=" + run.id());
        return summary;
    }

    /** A run: its state, and its result once it is done. */
    private void show(Context context) {
        var id = context.pathParam("id");
        var run = runs.live(id);
        if (run.isPresent()) {
            var body = new LinkedHashMap<>(summary(run.get()));
            run.get().events().reversed().stream().map(LiveRun.Numbered::event).filter(LabEvent.Progress.class::isInstance).findFirst().ifPresent(p -> body.put("progress", p));
            switch (run.get().events().isEmpty() ? null : run.get().events().getLast().event()) {
                case LabEvent.Finished(var result) -> body.put("result", result);
                case LabEvent.Failed(var message, _) -> body.put("error", message);
                case LabEvent.Cancelled(var reason) -> body.put("error", reason);
                case null, default -> { }
            }
            Reply.json(context, body);
            return;
        }
        var result = runs.store().find(id);
        if (result.isPresent()) {
            Reply.json(context, Map.of("id", id, "slug", result.get().slug(), "state", "done", "result", result.get()));
        } else {
            unknown(context);
        }
    }

    private void stop(Context context) {
        var run = runs.live(context.pathParam("id"));
        if (run.isEmpty()) {
            unknown(context);
            return;
        }
        run.get().stop();
        context.status(202);
        Reply.json(context, summary(run.get()));
    }

    private static void unknown(Context context) {
        Reply.error(context, 404, "No run of that id is known here.", Map.of());
    }

    /** Events of a run as they come, from the one after {@code Last-Event-ID} or {@code after}; as JSON, or as pieces of a page with {@code as=html}. */
    private void follow(SseClient client) {
        var context = client.ctx();
        var run = runs.live(context.pathParam("id"));
        if (run.isEmpty()) {
            client.sendEvent("gone", "{}");
            client.close();
            return;
        }
        if (!listeners.tryAcquire()) {
            client.sendEvent("busy", "{}");
            client.close();
            return;
        }
        var before = context.header("Last-Event-ID");
        long after = number(before != null ? before : context.queryParam("after"));
        boolean html = "html".equals(context.queryParam("as"));
        client.keepAlive();
        Thread.ofVirtual().name("events-" + run.get().id()).start(() -> {
            try {
                send(client, run.get(), after, html);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                listeners.release();
                client.close();
            }
        });
    }

    private void send(SseClient client, LiveRun run, long after, boolean html) throws InterruptedException {
        long last = after;
        while (!client.terminated()) {
            var fresh = run.after(last, PING_MILLIS);
            if (fresh.isEmpty()) {
                if (run.ended()) {
                    return;
                }
                client.sendComment("still here");
            }
            for (var numbered : fresh) {
                last = numbered.id();
                send(client, run, numbered, html);
                if (numbered.event().last()) {
                    return;
                }
            }
        }
    }

    private void send(SseClient client, LiveRun run, LiveRun.Numbered numbered, boolean html) {
        var id = String.valueOf(numbered.id());
        var event = numbered.event();
        if (!html) {
            client.sendEvent(name(event), LabJson.write(event), id);
            return;
        }
        switch (event) {
            case LabEvent.Started _ -> client.sendEvent("started", "{}", id);
            case LabEvent.Progress p -> client.sendEvent("progress", LabJson.write(p), id);
            case LabEvent.Said(var text) -> piece(client, id, new RunView.Said(text));
            case LabEvent.Table(var table) -> piece(client, id, views.grid(table));
            case LabEvent.Figure(_, var figure) -> piece(client, id, views.figure(run.id(), before(run, numbered, LabEvent.Figure.class), figure));
            case LabEvent.Image(var image) -> piece(client, id, views.picture(run.id(), before(run, numbered, LabEvent.Image.class), image));
            case LabEvent.Check(var check) -> client.sendEvent("piece", LabJson.write(Map.of("slot", "check", "html", pages.fragment("parts/check", Map.of("check", views.check(check))))), id);
            case LabEvent.Finished(var result) -> client.sendEvent("end", LabJson.write(Map.of("state", "done", "made", Words.made(result), "seconds", Words.seconds(result.seconds()))), id);
            case LabEvent.Failed(var message, _) -> client.sendEvent("end", LabJson.write(Map.of("state", "failed", "made", "", "trouble", message)), id);
            case LabEvent.Cancelled(var reason) -> client.sendEvent("end", LabJson.write(Map.of("state", "stopped", "made", "", "trouble", RunViews.sentence(reason))), id);
        }
    }

    private void piece(SseClient client, String id, RunView.Item item) {
        client.sendEvent("piece", LabJson.write(Map.of("slot", "stream", "html", pages.fragment("parts/item", Map.of("item", item)))), id);
    }

    private static int before(LiveRun run, LiveRun.Numbered numbered, Class<? extends LabEvent> kind) {
        return (int) run.events().stream().filter(n -> n.id() < numbered.id() && kind.isInstance(n.event())).count();
    }

    private static String name(LabEvent event) {
        return event.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }

    private static long number(String text) {
        try {
            return text == null ? 0 : Math.max(0, Long.parseLong(text));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
