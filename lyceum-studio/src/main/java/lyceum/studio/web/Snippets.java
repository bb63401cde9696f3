package lyceum.studio.web;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import lyceum.studio.web.view.TopicView.Tab;

/** What can be copied from beside a lab: its source, its unit's outline, and this very run in Java, on the command line, and as a link. */
final class Snippets {

    private final String version;
    private final ApiDocs docs;
    /** What does not depend on a form, coloured once. */
    private final Map<String, Optional<String>> sources = new ConcurrentHashMap<>();
    private final Map<String, Optional<String>> outlines = new ConcurrentHashMap<>();

    Snippets(String version, ApiDocs docs) {
        this.version = version;
        this.docs = docs;
    }

    List<Tab> tabs(String slug, String api, LabPanel.Asked asked, String base) {
        var tabs = new ArrayList<Tab>();
        var source = sources.computeIfAbsent(asked.lab().name(), name -> LabSource.find(name).map(JavaSource::html));
        tabs.add(
                new Tab("lab", "Lab source",
                        source.isPresent() ? asked.lab().name() + ", imports left out"
                                : "The source of " + asked.lab().name() + " is not part of this build.",
                        source.orElse(""), false, null, null));
        if (!api.isBlank()) {
            var outline = outlines.computeIfAbsent(api, name -> ApiOutline.of(name).map(JavaSource::html));
            tabs.add(new Tab("api", "API", outline.isPresent() ? "Public methods of " + simple(api) : api, outline.orElse(""), false,
                    docs.href(api), "Javadoc"));
        }
        tabs.add(new Tab("java", "Java", "With lyceum:lyceum-labs:" + version, JavaSource.html(java(slug, asked)), false, null, null));
        tabs.add(new Tab("cli", "CLI", "The same run in a terminal", JavaSource.plain(cli(slug, asked, base)), true, null, null));
        tabs.add(new Tab("link", "Link", "This lab with these values", JavaSource.plain(link(slug, asked, base)), true, null, null));
        return tabs;
    }

    /** The tabs that depend on the form, by id, as HTML. */
    Map<String, String> changing(String slug, LabPanel.Asked asked, String base) {
        return Map.of("java", JavaSource.html(java(slug, asked)), "cli", JavaSource.plain(cli(slug, asked, base)), "link",
                JavaSource.plain(link(slug, asked, base)));
    }

    private static String simple(String api) { return api.substring(api.lastIndexOf('.') + 1); }

    private static Map<String, String> changed(LabPanel.Asked asked) {
        var changed = new LinkedHashMap<String, String>();
        asked.lab().parameters().forEach(p -> {
            var value = asked.params().get(p.name());
            if (!p.parse(value).equals(p.defaultValue())) {
                changed.put(p.name(), value);
            }
        });
        return changed;
    }

    private static String java(String slug, LabPanel.Asked asked) {
        var params = changed(asked).entrySet().stream().map(p -> "\"" + p.getKey() + "\", " + quoted(p.getValue()))
                .collect(Collectors.joining(", "));
        return """
            import java.util.Map;
            import lyceum.labs.run.LabRequest;
            import lyceum.labs.run.LabRunner;

            var request = LabRequest.of("%s", "%s")%s%s;
            try (var runner = new LabRunner()) {
                var result = runner.run(request, event -> { });
                result.checks().forEach(System.out::println);
            }
            """.formatted(slug, asked.lab().name(), params.isEmpty() ? "" : "\n        .withParams(Map.of(" + params + "))",
                asked.seed() == 1 ? "" : "\n        .withSeed(" + asked.seed() + ")");
    }

    private static String cli(String slug, LabPanel.Asked asked, String base) {
        var options = changed(asked).entrySet().stream().map(p -> " --param " + shell(p.getKey() + "=" + p.getValue()))
                .collect(Collectors.joining());
        var json = changed(asked).entrySet().stream().map(p -> "\"" + p.getKey() + "\":" + quoted(p.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        return "./lyceum run " + slug + options + (asked.seed() == 1 ? "" : " --seed " + asked.seed()) + "\n\n# or over HTTP\ncurl " + base
                + "/api/runs -d '{\"slug\":\"" + slug + "\",\"params\":" + json.replace("'", "'\\''") + ",\"seed\":" + asked.seed()
                + "}'\n";
    }

    /** A text as Java and JSON both write it. */
    private static String quoted(String text) { return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"'; }

    /** A word of a command line, between quotes where a shell would read something into it. */
    private static String shell(String word) { return word.matches("[\\w.,=+/@-]*") ? word : "'" + word.replace("'", "'\\''") + "'"; }

    private static String link(String slug, LabPanel.Asked asked, String base) {
        var values = new LinkedHashMap<String, List<String>>();
        changed(asked).forEach((name, value) -> values.put(name, List.of(value)));
        if (asked.seed() != 1) {
            values.put("seed", List.of(String.valueOf(asked.seed())));
        }
        return base + Queries.address("/t/" + slug, values);
    }
}
