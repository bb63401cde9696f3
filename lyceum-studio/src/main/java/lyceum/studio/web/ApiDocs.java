package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The aggregated Javadoc where it was built. Its files are listed once; a request can only name one of them. */
final class ApiDocs {

    private static final Map<String, String> TYPES = Map.of("html", "text/html; charset=utf-8", "css", "text/css; charset=utf-8", "js",
            "text/javascript; charset=utf-8", "svg", "image/svg+xml", "png", "image/png", "gif", "image/gif", "woff2", "font/woff2", "woff",
            "font/woff", "txt", "text/plain; charset=utf-8", "md", "text/plain; charset=utf-8");

    private final Path folder;
    private final boolean present;
    private Map<String, Path> files;

    ApiDocs(Path folder) {
        this.folder = folder;
        this.present = folder != null && Files.isRegularFile(folder.resolve("index.html"));
    }

    /** Listed at the first question: a thousand files are not needed to start. */
    private synchronized Map<String, Path> files() {
        if (files == null) {
            files = present ? listed(folder) : Map.of();
        }
        return files;
    }

    private static Map<String, Path> listed(Path folder) {
        var files = new TreeMap<String, Path>();
        try (var all = Files.walk(folder)) {
            all.filter(Files::isRegularFile).filter(f -> TYPES.containsKey(extension(f.toString())))
                    .forEach(f -> files.put(folder.relativize(f).toString().replace('\\', '/'), f));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    boolean present() { return present; }

    /** Address of the page of {@code package.Class} or of a method of it; null where there is none. */
    String href(String api) {
        var name = api.strip().replaceFirst("[#(].*", "");
        for (; name.contains("."); name = name.substring(0, name.lastIndexOf('.'))) {
            var page = name.replace('.', '/').replace('$', '.') + ".html";
            if (files().containsKey(page)) return "/api-docs/" + page;
        }
        return null;
    }

    void routes(RoutesConfig routes) {
        routes.get("/api-docs", this::index);
        routes.get("/api-docs/<file>", context -> send(context, context.pathParam("file")));
    }

    /** With a slash at its end, so that the index's own links lead below it. */
    private void index(Context context) throws IOException {
        if (context.path().endsWith("/")) {
            send(context, "index.html");
        } else {
            context.redirect("/api-docs/");
        }
    }

    private void send(Context context, String name) throws IOException {
        var file = files().get(name.endsWith("/") ? name + "index.html" : name);
        if (file == null) {
            throw new Safety.Refused(404, present() ? "The Java API has no page of that name."
                    : "The Java API's pages are not built here. To build them: ./lyceum javadoc.");
        }
        Reply.body(context, TYPES.get(extension(name.endsWith("/") ? "index.html" : name)), Files.readAllBytes(file));
    }

    private static String extension(String name) { return name.substring(name.lastIndexOf('.') + 1); }
}
