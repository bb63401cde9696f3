package lyceum.studio.web;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lyceum.labs.run.LabJson;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MimeTypes;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.SizeLimitHandler;
import org.eclipse.jetty.util.Callback;

/**
 * What a request passes before it reaches a page: it is well formed, its body is short, of a kind that is read, and all here, so
 * that a client that sends slowly holds no thread. Whatever is answered, here or behind, carries the headers of {@link Safety}.
 */
final class Frontier extends Handler.Wrapper {

    private static final int CONNECTIONS = 512;
    private static final Set<String> BODIES = Set.of("application/json", "application/x-www-form-urlencoded", "text/plain");
    private static final Pattern BROKEN_PERCENT = Pattern.compile("%(?![0-9a-fA-F]{2})");

    private Frontier(Handler next) { super(next); }

    /** Puts it before whatever the server will handle requests with. */
    static void before(Server server) {
        var whole = new EagerContentHandler(new EagerContentHandler.RetainedContentLoaderFactory(Safety.MAX_BODY, 0, true));
        var limited = new SizeLimitHandler(Safety.MAX_BODY, -1);
        limited.setHandler(whole);
        server.setHandler(new Frontier(limited));
        server.setErrorHandler(new Errors());
        server.addBean(new NetworkConnectionLimit(CONNECTIONS, server));
    }

    @Override public boolean handle(Request request, Response response, Callback callback) throws Exception {
        headers(request, response);
        var uri = request.getHttpURI();
        if (BROKEN_PERCENT.matcher(uri.getPathQuery()).find()) {
            Response.writeError(request, response, callback, HttpStatus.BAD_REQUEST_400,
                    "The address has a % that two hexadecimal digits do not follow.");
            return true;
        }
        var type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        if (type != null && !readable(type)) {
            Response.writeError(request, response, callback, HttpStatus.UNSUPPORTED_MEDIA_TYPE_415, "A body is JSON or a form, in UTF-8.");
            return true;
        }
        return super.handle(request.getMethod().equals("HEAD") ? new AsGet(request) : request, response, callback);
    }

    private static boolean readable(String type) {
        var charset = MimeTypes.getCharsetFromContentType(type);
        return BODIES.contains(type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                && (charset == null || charset.equalsIgnoreCase("utf-8"));
    }

    private static void headers(Request request, Response response) {
        var uri = request.getHttpURI();
        Safety.headers(uri == null || uri.getPath() == null ? "/" : uri.getPath()).forEach(response.getHeaders()::put);
    }

    /** A request for the head of an answer is answered as one for the whole; the server sends no body then. */
    private static final class AsGet extends Request.Wrapper {
        AsGet(Request request) { super(request); }

        @Override public String getMethod() { return HttpMethod.GET.asString(); }
    }

    /** The server's own refusals: a sentence, as text or as JSON. */
    private static final class Errors extends ErrorHandler {

        @Override public boolean handle(Request request, Response response, Callback callback) {
            headers(request, response);
            var sentence = Problems.sentence(response.getStatus(), request.getAttribute(ERROR_MESSAGE) instanceof String text ? text : "");
            boolean program = Request.getPathInContext(request) instanceof String path && path.startsWith("/api/");
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, program ? "application/json" : "text/plain; charset=utf-8");
            response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
            var body = program ? LabJson.write(Map.of("error", sentence)) : sentence + "\n";
            response.write(true, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)), callback);
            return true;
        }
    }
}
