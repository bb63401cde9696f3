package lyceum.studio.web;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Keeps other sites out of a server that only this machine should use.
 *
 * <p>A page from elsewhere can make a browser send requests to 127.0.0.1. It cannot set the {@code Host} that a rebound name
 * brings along, and it cannot hide its {@code Origin}: both are looked at here. A link from elsewhere is followed where a
 * person clicked it; what a page asks for by itself, as a picture, a frame or a move to this address, is not computed. The rest
 * is said to the browser in headers.
 */
final class Safety {

    /** Bytes that a request's body may have. */
    static final long MAX_BODY = 64 * 1024;

    static final String TOO_LONG = "The request is too long; at most " + MAX_BODY + " bytes are read.";

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
            + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    /** Javadoc's own pages bring inline scripts. They hold nothing that a user wrote. */
    private static final String DOCS_POLICY = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            + "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    private static final Map<String, String> HEADERS = headersWith(POLICY);
    private static final Map<String, String> DOCS_HEADERS = headersWith(DOCS_POLICY);
    /** Who may ask, as a browser says it: this server's own pages, and a person who typed the address. */
    private static final Set<String> OWN = Set.of("same-origin", "none");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final String host;

    /** {@code host} is the name or address that the server was told to listen on. */
    Safety(String host) { this.host = host.toLowerCase(Locale.ROOT); }

    /** Throws {@link Refused} for a request that another site may have made. */
    void check(Context context) {
        var asked = context.header("Host");
        if (asked == null || !known(asked)) {
            throw new Refused(421,
                    "This server answers to " + (any() ? "addresses" : "localhost") + ", not to the host " + shown(asked) + ".");
        }
        var site = context.header("Sec-Fetch-Site");
        if (context.method() == HandlerType.GET || context.method() == HandlerType.HEAD) {
            if (site != null && !OWN.contains(site) && !"?1".equals(context.header("Sec-Fetch-User"))) {
                throw new Refused(403, "A page of another site asked for this by itself. Open the address yourself to see it.");
            }
            return;
        }
        if (site != null && !OWN.contains(site)) throw new Refused(403, "A page of another site asked for this.");
        var origin = context.header("Origin");
        if (origin != null && !sameOrigin(origin, asked)) {
            throw new Refused(403, "A page of " + shown(origin) + " asked for this; only the studio's own pages may.");
        }
    }

    /** What every answer below {@code path} says to a browser. */
    static Map<String, String> headers(String path) { return path.startsWith("/api-docs/") ? DOCS_HEADERS : HEADERS; }

    private static Map<String, String> headersWith(String policy) {
        return Map.of("Content-Security-Policy", policy, "X-Content-Type-Options", "nosniff", "Referrer-Policy", "same-origin",
                "Cross-Origin-Opener-Policy", "same-origin", "Cross-Origin-Resource-Policy", "same-origin", "Permissions-Policy",
                "camera=(), microphone=(), geolocation=()");
    }

    private boolean any() { return host.equals("0.0.0.0") || host.equals("::") || host.equals("[::]"); }

    private boolean known(String asked) {
        var name = name(asked);
        // A rebound name is a name: where the server listens on every address, addresses are let in and names are not.
        return LOOPBACK.contains(name) || name.equals(host) || name.equals("[" + host + "]")
                || any() && name.matches("[0-9.]+|\\[[0-9a-f:.%]+]");
    }

    private static String name(String hostAndPort) {
        var text = hostAndPort.toLowerCase(Locale.ROOT);
        int colon = text.lastIndexOf(':');
        return colon > text.lastIndexOf(']') ? text.substring(0, colon) : text;
    }

    private static boolean sameOrigin(String origin, String host) {
        try {
            var uri = URI.create(origin);
            return uri.getAuthority() != null && uri.getAuthority().equalsIgnoreCase(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** What a client sent, short enough for a sentence. */
    static String shown(String text) {
        return text == null ? "that is missing" : text.length() > 80 ? text.substring(0, 80) + "..." : text;
    }

    /** A request that is not answered, with the status and the reason in a sentence. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int status;

        Refused(int status, String message) {
            super(message, null, false, false);
            this.status = status;
        }

        int status() { return status; }
    }
}
