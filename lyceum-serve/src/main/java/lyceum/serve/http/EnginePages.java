package lyceum.serve.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Two pages for people: {@code /}, a conversation beside its tokens, each with its probability and what else was likely; {@code /engine}, what the engine does as it does
 * it. They ask the same API as any client, and {@code /engine/state}.
 */
final class EnginePages {
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
    private static final Map<String, String> FILES = Map.of("/", "chat.html", "/engine", "engine.html", "/pages/page.css", "page.css",
            "/pages/page.js", "page.js", "/pages/chat.js", "chat.js", "/pages/engine.js", "engine.js");

    private final ServedModel served;

    EnginePages(ServedModel served) { this.served = served; }

    /** Whether a path needs no key: what it gives holds nothing of the model. */
    static boolean isOpen(String path) { return FILES.containsKey(path); }

    void routes(RoutesConfig routes) {
        FILES.forEach((path, file) -> {
            byte[] bytes = bytes(file);
            var type = file.endsWith("html") ? "text/html" : file.endsWith("css") ? "text/css" : "text/javascript";
            routes.get(path,
                    context -> context.header("Content-Security-Policy", POLICY).header("X-Content-Type-Options", "nosniff")
                            .header("Referrer-Policy", "no-referrer").header("Cache-Control", "no-cache")
                            .contentType(type + "; charset=utf-8").result(bytes));
        });
        routes.get("/engine/state", this::state);
    }

    private static byte[] bytes(String file) {
        try (var in = EnginePages.class.getResourceAsStream(file)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Counts, and the steps from {@code since} on of those that are still known. */
    private void state(Context context) {
        var engine = served.engine();
        var since = context.queryParam("since");
        if (since != null && !since.matches("\\d{1,18}")) throw ApiException.bad("since", "since is " + since + "; it is a step's number");
        long first = since == null ? 0 : Long.parseLong(since);
        var m = engine.metrics();
        var root = JsonMapper.shared().createObjectNode().put("model", served.name()).put("seconds", engine.age())
                .put("context", engine.model().contextLength()).put("parameters", engine.model().config().parameterCount())
                .put("chat", served.template() != null).put("blockSize", engine.options().blockSize())
                .put("blockBytes", (long) engine.positionBytes() * engine.options().blockSize());
        root.putObject("metrics").put("submitted", m.submitted()).put("finished", m.finished()).put("cancelled", m.cancelled())
                .put("failed", m.failed()).put("steps", m.steps()).put("computed", m.computedTokens()).put("generated", m.generatedTokens())
                .put("reused", m.reusedTokens()).put("preemptions", m.preemptions()).put("guessed", m.guessed())
                .put("accepted", m.accepted()).put("running", m.running()).put("waiting", m.waiting()).put("free", m.freeBlocks())
                .put("kept", m.keptBlocks()).put("blocks", m.blocks());
        var steps = root.putArray("steps");
        for (var step : engine.recentSteps()) {
            if (step.number() < first) continue;
            var node = steps.addObject().put("n", step.number()).put("at", step.began()).put("took", step.took())
                    .put("decoded", step.decoded()).put("prefilled", step.prefilled()).put("running", step.running())
                    .put("waiting", step.waiting()).put("free", step.freeBlocks());
            var requests = node.putArray("requests");
            step.requests().forEach(requests::add);
        }
        context.contentType("application/json").result(root.toString());
    }
}
