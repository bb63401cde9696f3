package lyceum.studio.web;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.UnresolvedAddressException;
import lyceum.LyceumException;
import lyceum.labs.run.LabExecutor;
import lyceum.labs.run.LabRunner;
import lyceum.labs.run.Machine;
import lyceum.labs.run.RunStore;
import lyceum.labs.run.WorkerOptions;
import lyceum.labs.run.WorkerPool;
import lyceum.studio.web.view.Site;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The studio: a web server on this machine that shows the catalogue and runs its labs.
 *
 * <pre>{@code
 * try (var studio = Studio.start(StudioOptions.of(runs, apiDocs).withPort(0))) {
 *     System.out.println("http://127.0.0.1:" + studio.port());
 * }
 * }</pre>
 */
public final class Studio implements AutoCloseable {

    private static final int THREADS = 24;

    private final Javalin server;
    private final Runs runs;

    private Studio(Javalin server, Runs runs) {
        this.server = server;
        this.runs = runs;
    }

    /**
     * Starts a studio over the catalogue that Lyceum ships.
     *
     * @throws PortInUseException if something else listens on the port
     * @throws LyceumException if the address cannot be listened on
     */
    public static Studio start(StudioOptions options) {
        LabExecutor executor = options.workers() ? new WorkerPool(WorkerOptions.defaults()) : new LabRunner();
        return start(options, Encyclopedia.shipped(), executor);
    }

    static Studio start(StudioOptions options, Encyclopedia encyclopedia, LabExecutor executor) {
        var runs = new Runs(executor, new RunStore(options.store()));
        var featured = new Featured(encyclopedia, runs);
        var server = Javalin.create(config -> configure(config, options, encyclopedia, runs, featured));
        try {
            server.start(options.host(), options.port());
        } catch (RuntimeException e) {
            runs.close();
            server.stop();
            throw refused(options, e);
        }
        // What the first page does not need to be sent is made ready behind it.
        Thread.ofPlatform().daemon().name("studio-warm").start(() -> {
            encyclopedia.bibliography();
            encyclopedia.finder().find("what is warmed up before anybody asks");
            featured.fill(options.featured());
        });
        return new Studio(server, runs);
    }

    /**
     * Whether the address can be listened on now: for a caller who has long work to do before it starts a studio there.
     *
     * @throws PortInUseException if something else listens on the port
     * @throws LyceumException if the address cannot be listened on
     */
    public static void requireFree(StudioOptions options) {
        try (var socket = ServerSocketChannel.open()) {
            socket.bind(new InetSocketAddress(options.host(), options.port()));
        } catch (IOException | RuntimeException e) {
            throw refused(options, e);
        }
    }

    private static RuntimeException refused(StudioOptions options, Exception cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof BindException && String.valueOf(t.getMessage()).contains("assign")) {
                return new LyceumException(
                        "this machine has no address " + options.host() + " to listen on; --host takes one of its own, such as 127.0.0.1",
                        cause);
            }
            if (t instanceof UnresolvedAddressException || t instanceof UnknownHostException) {
                return new LyceumException(
                        "no address is known for " + options.host() + "; --host takes an address of this machine, such as 127.0.0.1",
                        cause);
            }
            if (t instanceof BindException) return new PortInUseException(options.host(), options.port(), cause);
        }
        var message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        if (message.contains("Port already in use")) return new PortInUseException(options.host(), options.port(), cause);
        return new LyceumException("the studio cannot listen on " + options.host() + ":" + options.port() + ": " + message, cause);
    }

    private static void configure(JavalinConfig config, StudioOptions options, Encyclopedia encyclopedia, Runs runs, Featured featured) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.maxRequestSize = Safety.MAX_BODY;
        config.http.compressionStrategy = io.javalin.compression.CompressionStrategy.NONE;
        config.router.ignoreTrailingSlashes = true;
        config.router.javaLangErrorHandler(Problems::broken);
        var threads = new QueuedThreadPool(THREADS, 4);
        threads.setDaemon(true);
        threads.setName("studio");
        config.jetty.threadPool = threads;
        config.jetty.modifyServer(Frontier::before);
        config.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setRequestHeaderSize(16 * 1024);
        });

        var assets = new Assets();
        var docs = new ApiDocs(options.apiDocs());
        var version = Machine.version();
        var pages = new Pages(assets::url, new Site(version, runs::backend, Runtime.getRuntime().availableProcessors(),
                () -> encyclopedia.catalogue().topics().size(), docs.present()));
        var views = new RunViews(encyclopedia);
        var topics = new TopicsPage(encyclopedia, pages);
        var safety = new Safety(options.host());
        var routes = config.routes;
        routes.before(safety::check);
        new HomePage(encyclopedia, featured, pages).routes(routes);
        topics.routes(routes);
        new AreasPage(encyclopedia, pages).routes(routes);
        new MapPage(encyclopedia, pages).routes(routes);
        new PathsPage(encyclopedia, pages).routes(routes);
        new SourcesPage(encyclopedia, pages).routes(routes);
        new Guides(pages).routes(routes);
        new ModelsPage(pages, options.talk()).routes(routes);
        new StatusPage(encyclopedia, runs.store(), pages).routes(routes);
        new TopicPage(encyclopedia, pages, new LabPanel(runs, views), new Snippets(version, docs), docs).routes(routes);
        new TopicsApi(encyclopedia, topics).routes(routes);
        new RunsApi(encyclopedia, runs, new RunEvents(runs, views, pages)).routes(routes);
        new RunFiles(runs, views).routes(routes);
        docs.routes(routes);
        routes.get("/assets/{hash}/<name>", context -> Reply.asset(context, assets, context.pathParam("hash"), context.pathParam("name")));
        routes.get("/favicon.ico", context -> context.redirect(assets.url("mark.svg")));
        routes.get("/health", Studio::health);
        new Problems(encyclopedia, pages).routes(routes);
    }

    private static void health(Context context) { context.contentType("text/plain").result("ok"); }

    /** The port it listens on. */
    public int port() { return server.port(); }

    /** Ends the server and every run that goes on. */
    public void stop() {
        runs.close();
        server.stop();
    }

    @Override public void close() { stop(); }
}
