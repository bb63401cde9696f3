package lyceum.studio.web;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Addresses with a query, built so that one state has one address. */
final class Queries {

    private Queries() {}

    static String encoded(String text) { return URLEncoder.encode(text, StandardCharsets.UTF_8); }

    /** {@code path?a=1&b=2}; names without a value are left out. */
    static String address(String path, Map<String, ? extends Collection<String>> values) {
        List<String> parts = new ArrayList<>();
        values.forEach((name, list) -> list.stream().filter(v -> !v.isBlank()).forEach(v -> parts.add(encoded(name) + "=" + encoded(v))));
        return parts.isEmpty() ? path : path + "?" + String.join("&", parts);
    }
}
