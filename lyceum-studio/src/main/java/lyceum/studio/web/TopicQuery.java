package lyceum.studio.web;

import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import lyceum.studio.web.view.TopicRow;

/**
 * What a list of topics is asked for: words, filters, an order and how many. Its address is the state of the page.
 *
 * @param text    what is searched for
 * @param filters wanted values by facet; within a facet any of them, across facets all
 * @param sort    {@code name}, {@code number}, or an empty text for the best first
 * @param show    how many rows
 */
record TopicQuery(String text, Map<String, Set<String>> filters, String sort, int show) {

    static final List<String> FACETS = List.of("status", "area", "kind", "level", "module");
    static final int STEP = 50;
    private static final int LONGEST = 200;

    static TopicQuery of(Context context) {
        var filters = new LinkedHashMap<String, Set<String>>();
        for (var facet : FACETS) {
            var values = new LinkedHashSet<String>();
            context.queryParams(facet).forEach(v -> Arrays.stream(v.split("\\|")).filter(part -> !part.isBlank()).forEach(values::add));
            if (!values.isEmpty()) {
                filters.put(facet, values);
            }
        }
        var sort = context.queryParam("sort");
        return new TopicQuery(words(context.queryParam("q")), filters, "name".equals(sort) || "number".equals(sort) ? sort : "",
                show(context.queryParam("show")));
    }

    /** What somebody typed, as far as it is looked at. */
    static String words(String text) { return text == null ? "" : text.substring(0, Math.min(LONGEST, text.length())).strip(); }

    private static int show(String text) {
        try {
            return text == null ? STEP : Math.clamp(Integer.parseInt(text), 1, 2_000);
        } catch (NumberFormatException e) {
            return STEP;
        }
    }

    /** Whether a topic passes all filters but those of one facet. */
    Predicate<TopicRow> passesAllBut(String facet) {
        return row -> filters.entrySet().stream().allMatch(f -> f.getKey().equals(facet) || f.getValue().contains(value(row, f.getKey())));
    }

    boolean passes(TopicRow row) { return passesAllBut("").test(row); }

    static String value(TopicRow row, String facet) {
        return switch (facet) {
            case "status" -> row.status();
            case "area" -> row.area();
            case "kind" -> row.kind();
            case "level" -> row.level();
            case "module" -> row.module();
            default -> throw new IllegalArgumentException("there is no facet " + facet);
        };
    }

    /** This state's address below {@code path}. */
    String address(String path) { return address(path, filters, show); }

    /** Without any filter. */
    String cleared(String path) { return address(path, Map.of(), STEP); }

    /** Without one value of a facet. */
    String without(String path, String facet, String value) {
        var fewer = new LinkedHashMap<String, Set<String>>(filters);
        var rest = new LinkedHashSet<>(fewer.get(facet));
        rest.remove(value);
        fewer.put(facet, rest);
        return address(path, fewer, STEP);
    }

    /** With {@link #STEP} more rows. */
    String further(String path) { return address(path, filters, show + STEP); }

    private String address(String path, Map<String, Set<String>> chosen, int rows) {
        var values = new LinkedHashMap<String, Collection<String>>();
        values.put("q", List.of(text));
        FACETS.forEach(facet -> values.put(facet, new ArrayList<>(chosen.getOrDefault(facet, Set.of()))));
        values.put("sort", List.of(sort));
        values.put("show", rows == STEP ? List.of() : List.of(String.valueOf(rows)));
        return Queries.address(path, values);
    }
}
