package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.labs.run.LabEvent;
import lyceum.labs.run.LabJson;
import lyceum.labs.LabParameterException;
import lyceum.labs.run.LabRequest;
import lyceum.labs.catalogue.Topic;
import tools.jackson.databind.JsonNode;

/** Runs over HTTP: start, follow, look up, stop. */
final class RunsApi {

    private final Encyclopedia encyclopedia;
    private final Runs runs;
    private final RunEvents events;

    RunsApi(Encyclopedia encyclopedia, Runs runs, RunEvents events) {
        this.encyclopedia = encyclopedia;
        this.runs = runs;
        this.events = events;
    }

    void routes(RoutesConfig routes) {
        routes.post("/api/runs", this::start);
        routes.get("/api/runs/{id}", this::show);
        routes.delete("/api/runs/{id}", this::stop);
        routes.sse("/api/runs/{id}/events", events::follow);
        routes.post("/t/{slug}/run", this::startFromForm);
    }

    /** {@code {"slug": "lasso", "params": {"alpha": 0.1}, "seed": 1}} starts a run: 202 and its address. */
    private void start(Context context) {
        JsonNode body;
        try {
            body = LabJson.read(context.body(), JsonNode.class);
        } catch (IllegalArgumentException e) {
            throw new Safety.Refused(400, "The body is not valid JSON.");
        }
        if (body == null || !body.path("slug").isString()) {
            throw new Safety.Refused(400, "The body is an object with slug, and params and seed where they differ from the defaults.");
        }
        var topic = encyclopedia.catalogue().bySlug(body.path("slug").stringValue());
        var given = body.path("params");
        if (!given.isMissingNode() && !given.isNull() && !given.isObject()) {
            throw new Safety.Refused(400, "params is " + given + "; it is an object: {\"k\": 3}.");
        }
        var params = new LinkedHashMap<String, String>();
        given.properties()
                .forEach(p -> params.put(p.getKey(), p.getValue().isString() ? p.getValue().stringValue() : p.getValue().toString()));
        var run = begin(topic, params, seed(body.path("seed")));
        context.status(202).header("Location", "/api/runs/" + run.id());
        Reply.json(context, summary(run));
    }

    /** The form of a page without JavaScript: starts a run and shows it. */
    private void startFromForm(Context context) {
        var topic = encyclopedia.catalogue().bySlug(context.pathParam("slug"));
        var form = form(context);
        var params = new LinkedHashMap<>(form);
        params.remove("seed");
        var run = begin(topic, params, seedText(form.get("seed")));
        var address = new StringBuilder("/t/" + topic.slug() + "?run=" + run.id());
        form.forEach((name, value) -> address.append('&').append(Queries.encoded(name)).append('=').append(Queries.encoded(value)));
        context.redirect(address.toString(), HttpStatus.SEE_OTHER);
    }

    /** The fields of a form; of a field that comes twice the last one. */
    private static Map<String, String> form(Context context) {
        var form = new LinkedHashMap<String, String>();
        context.formParamMap().forEach((name, values) -> {
            if (values.isEmpty()) {
                throw new Safety.Refused(400,
                        "The form's field " + Safety.shown(name) + " has a % that two hexadecimal digits do not follow.");
            }
            form.put(name, values.getLast());
        });
        return form;
    }

    private LiveRun begin(Topic topic, Map<String, String> params, long seed) {
        var lab = encyclopedia.lab(topic.slug()).orElseThrow(() -> new Safety.Refused(409, topic.title() + " has no lab yet."));
        return runs.start(LabRequest.of(topic.slug(), lab.name()).withParams(params).withSeed(seed)
                .within(Duration.ofSeconds(LabPanel.BUDGET_SECONDS)));
    }

    private static long seed(JsonNode node) {
        if (node.isMissingNode() || node.isNull()) return 1;
        return seedText(node.isString() ? node.stringValue() : node.toString());
    }

    static long seedText(String text) {
        if (text == null || text.isBlank()) return 1;
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
            run.get().events().reversed().stream().map(LiveRun.Numbered::event).filter(LabEvent.Progress.class::isInstance).findFirst()
                    .ifPresent(p -> body.put("progress", p));
            switch (run.get().events().isEmpty() ? null : run.get().events().getLast().event()) {
                case LabEvent.Finished(var result) -> {
                    body.put("result", result);
                    if (!run.get().warning().isEmpty()) {
                        body.put("warning", run.get().warning());
                    }
                }
                case LabEvent.Failed(var message, _) -> body.put("error", message);
                case LabEvent.Cancelled(var reason) -> body.put("error", reason);
                case null, default -> {}
            }
            Reply.json(context, body);
            return;
        }
        var result = runs.stored(id);
        if (result.isPresent()) {
            Reply.json(context, Map.of("id", id, "slug", result.get().slug(), "state", "done", "result", result.get()));
        } else {
            throw unknown();
        }
    }

    private void stop(Context context) {
        var run = runs.live(context.pathParam("id")).orElseThrow(RunsApi::unknown);
        run.stop();
        context.status(202);
        Reply.json(context, summary(run));
    }

    private static Safety.Refused unknown() { return new Safety.Refused(404, "No run of that id is known here."); }
}
