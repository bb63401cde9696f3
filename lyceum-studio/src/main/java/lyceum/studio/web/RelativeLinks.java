package lyceum.studio.web;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The studio's addresses as those of files, seen from a folder: {@code /t/svd#clauses} is {@code t/svd.html#clauses}. */
final class RelativeLinks {

    private static final Pattern ADDRESS = Pattern.compile("(href|src|action)=\"/([^\"]*)\"");
    /** What a page without a server has no use for. */
    private static final Pattern SERVED = Pattern
            .compile("<script [^>]*htmx[^>]*></script>\\n?|<meta name=\"htmx-config\"[^>]*>\\n?|<link rel=\"preload\"[^>]*>\\n?");

    private RelativeLinks() {}

    /** A page whose addresses lead from its folder, {@code root} being the way up. */
    static String of(String page, String root) {
        return ADDRESS.matcher(SERVED.matcher(page).replaceAll(""))
                .replaceAll(m -> Matcher.quoteReplacement(m.group(1) + "=\"" + root + file(m.group(2)) + "\""));
    }

    private static String file(String address) {
        int end = address.length();
        for (char mark : new char[] {'?', '#'}) {
            int at = address.indexOf(mark);
            end = at >= 0 ? Math.min(end, at) : end;
        }
        var path = address.substring(0, end);
        var rest = address.substring(end);
        return switch (path) {
            case "", "topics", "areas" -> "index.html" + rest;
            case "api/topics" -> "topics.json";
            default -> path.startsWith("assets/") ? path : path + ".html" + rest;
        };
    }
}
