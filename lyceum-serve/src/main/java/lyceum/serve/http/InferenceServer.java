package lyceum.serve.http;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import lyceum.LyceumException;
import org.eclipse.jetty.server.Handler.Singleton;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import tools.jackson.databind.json.JsonMapper;

/**
 * A language model behind HTTP: OpenAI's chat, completions, responses, embeddings and models, Anthropic's messages, and what servers of models have beside: tokenize,
 * detokenize, apply-template, rerank, health, metrics; and for people two pages, a conversation beside its tokens and the engine at work.
 *
 * {@snippet :
 * var served = ServedModel.of("mine", lyceum.llm.chat.LoadedModel.open(Path.of("model.gguf")), new lyceum.serve.EngineOptions());
 * try (var server = InferenceServer.start(served, new ServerOptions().withPort(8000))) {
 *     server.awaitStop();                       // curl http://127.0.0.1:8000/v1/models
 * }
 * }
 *
 * <p>Fields that nobody knows are ignored; streams go to whoever asks for one, whatever it says that it accepts. A client that goes away stops its stream. The one
 * thread of the {@link lyceum.serve.Engine} computes; those of the server wait, as
 * many as there are requests. A whole answer is written to its end even if its client has gone; only a stream tells.
 */
public final class InferenceServer implements AutoCloseable {
    private static final int THREADS = 64;
    private static final String ID = "X-Request-Id";

    private final Javalin server;
    private final ServedModel served;

    private InferenceServer(Javalin server, ServedModel served) {
        this.server = server;
        this.served = served;
    }

    /** Listens. @throws LyceumException if the address cannot be had */
    public static InferenceServer start(ServedModel served, ServerOptions options) {
        var server = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.startup.showOldJavalinVersionWarning = false;
            config.startup.startupWatcherEnabled = false;
            config.http.compressionStrategy = CompressionStrategy.NONE;
            config.router.ignoreTrailingSlashes = true;
            var threads = new QueuedThreadPool(THREADS, 4);
            threads.setDaemon(true);
            threads.setName("lyceum-serve");
            threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
            config.jetty.threadPool = threads;
            // Javalin's own handler of statistics, which nobody asks, would wrap what each write takes.
            config.jetty.modifyServer(jetty -> jetty.setHandler((Singleton) null));
            config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
            var routes = config.routes;
            routes.before(context -> check(context, options));
            var texts = new TextEndpoints(served, options);
            var grammars = new Grammars(served);
            var messages = new MessagesEndpoint(served, grammars, options);
            post(routes::post, "/v1/chat/completions", new ChatEndpoint(served, grammars, options)::handle);
            post(routes::post, "/v1/completions", new CompletionEndpoint(served, grammars, options)::handle);
            post(routes::post, "/v1/responses", new ResponsesEndpoint(served, grammars, options)::handle);
            post(routes::post, "/v1/messages", messages::handle);
            post(routes::post, "/v1/messages/count_tokens", messages::count);
            post(routes::post, "/v1/embeddings", texts::embeddings);
            for (var path : new String[] {"/v1/rerank", "/rerank", "/v2/rerank"}) post(routes::post, path, texts::rerank);
            post(routes::post, "/tokenize", texts::tokenize);
            post(routes::post, "/detokenize", texts::detokenize);
            post(routes::post, "/apply-template", texts::template);
            new EnginePages(served).routes(routes);
            routes.get("/v1/models", context -> models(context, served));
            routes.get("/health", context -> context.contentType("application/json").result("{\"status\":\"ok\"}"));
            routes.get("/metrics", context -> context.contentType("text/plain; version=0.0.4")
                    .result(MetricsText.of(served.name(), served.engine().metrics())));
            routes.exception(ApiException.class, (e, context) -> answer(context, e));
            routes.exception(HttpResponseException.class,
                    (e, context) -> answer(context, ApiException.of(e.getStatus(), "invalid_request_error", null, e.getMessage())));
            routes.exception(Exception.class, (e, context) -> answer(context, e instanceof RuntimeException r
                    ? (ApiException) Work.translated(r) : ApiException.of(500, "server_error", null, String.valueOf(e.getMessage()))));
        });
        try {
            server.start(options.host(), options.port());
        } catch (RuntimeException e) {
            server.stop();
            throw new LyceumException("the server cannot listen on " + options.host() + ":" + options.port()
                    + "; is something else there? Another --port helps", e);
        }
        return new InferenceServer(server, served);
    }

    private interface Route {
        void at(String path, Handler handler);
    }

    private static void post(Route route, String path, Consumer<Context> handler) { route.at(path, handler::accept); }

    /** Who asks, and by which name. */
    private static void check(Context context, ServerOptions options) {
        var id = context.header(ID);
        context.header(ID, id != null && id.matches("[\\w.-]{1,128}") ? id : UUID.randomUUID().toString());
        var host = context.header("Host");
        if (options.apiKey() == null && (host == null || !ServerOptions.isLoopback(host.replaceFirst(":\\d+$", ""))))
            throw ApiException.of(421, "invalid_request_error", "wrong_host", "this server answers to localhost, not to " + host);
        if (context.header("Origin") != null && options.apiKey() == null
                && !context.header("Origin").matches("https?://(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?"))
            throw ApiException.of(403, "invalid_request_error", "wrong_origin",
                    "a page of " + context.header("Origin") + " asked; start the server with a key to let it");
        if (options.apiKey() == null || context.path().equals("/health") || EnginePages.isOpen(context.path())) return;
        var given = context.header("Authorization");
        if (given == null && context.header("x-api-key") != null) given = "Bearer " + context.header("x-api-key");
        if (given == null || !MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8),
                ("Bearer " + options.apiKey()).getBytes(StandardCharsets.UTF_8)))
            throw ApiException.of(401, "authentication_error", "invalid_api_key",
                    "the key is missing or wrong; send it as Authorization: Bearer KEY");
    }

    private static void answer(Context context, ApiException e) {
        if (context.res().isCommitted()) return;
        if (e.status == 429) context.header("Retry-After", "1");
        var json = e.json();
        if (context.path().startsWith("/v1/messages")) json.put("type", "error"); // as Anthropic's clients read it
        context.status(e.status).contentType("application/json").result(json.toString());
    }

    private static void models(Context context, ServedModel served) {
        var root = JsonMapper.shared().createObjectNode().put("object", "list");
        var data = root.putArray("data");
        long positions = served.engine().model().contextLength();
        data.addObject().put("id", served.name()).put("object", "model").put("owned_by", "lyceum").put("max_model_len", positions);
        for (var tuning : served.engine().adapters())
            data.addObject().put("id", tuning).put("object", "model").put("owned_by", "lyceum").put("parent", served.name())
                    .put("max_model_len", positions);
        context.contentType("application/json").result(root.toString());
    }

    /** The port it listens on. */
    public int port() { return server.port(); }

    public ServedModel served() { return served; }

    /** Waits until somebody closes it, or the thread is interrupted. */
    public void awaitStop() {
        try {
            server.jettyServer().server().join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops listening, and the engine; requests that are not over fail. */
    @Override public void close() {
        boolean interrupted = Thread.interrupted(); // whoever was woken by an interrupt stops the server in order all the same
        served.engine().close();
        server.stop();
        if (interrupted) Thread.currentThread().interrupt();
    }
}
